/**
 * Where one replica of a real network keeps its files within a data directory: `keys/` with its own keys and cards,
 * made first, and `replica/` with the genesis and the ledger, made when it joins. Each appears whole or not at all.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { CountersignError } from '../../shared/errors.ts';
import {
  genesisPath as embeddedGenesisPath,
  supervisorKeyPath as embeddedSupervisorKeyPath,
} from './embeddedLayout.ts';
import { GENESIS_FILE, REPLICA_KEY_FILE } from './node.ts';

const KEYS = 'keys';
const REPLICA = 'replica';
/** The cards of this data directory's own keys. */
export const OWN_CARDS_FILE = 'own.cscard';
/** The supervisor's encrypted key, where there is one. */
export const MEMBER_SUPERVISOR_KEY_FILE = 'supervisor.pem';

/** Paths within a data directory. */
export const memberPaths = {
  keys: (directory: string): string => join(directory, KEYS),
  replicaKey: (directory: string): string => join(directory, KEYS, REPLICA_KEY_FILE),
  supervisorKey: (directory: string): string => join(directory, KEYS, MEMBER_SUPERVISOR_KEY_FILE),
  ownCards: (directory: string): string => join(directory, KEYS, OWN_CARDS_FILE),
  replica: (directory: string): string => join(directory, REPLICA),
  genesis: (directory: string): string => join(directory, REPLICA, GENESIS_FILE),
} as const;

/** What a data directory holds: `keys` are made and have joined no network yet. */
export type DataContents = 'nothing' | 'keys' | 'member' | 'embedded';

/** See `DataContents`. */
export async function contentsOf(directory: string): Promise<DataContents> {
  if (await exists(embeddedGenesisPath(directory))) return 'embedded';
  if (await exists(memberPaths.genesis(directory))) return 'member';
  return (await exists(memberPaths.ownCards(directory))) ? 'keys' : 'nothing';
}

/** Path of the supervisor's key of a member; `null` where it has none. */
export async function memberSupervisorKey(directory: string): Promise<string | null> {
  const path = memberPaths.supervisorKey(directory);
  return (await exists(path)) ? path : null;
}

/** The genesis and the supervisor's key of whatever network a data directory takes part in. */
export async function networkPathsIn(directory: string): Promise<{ genesis: string; supervisorKey: string }> {
  const contents = await contentsOf(directory);
  return contents === 'member'
    ? { genesis: memberPaths.genesis(directory), supervisorKey: memberPaths.supervisorKey(directory) }
    : { genesis: embeddedGenesisPath(directory), supervisorKey: embeddedSupervisorKeyPath(directory) };
}

/** Throws `setup.alreadyDone` unless the data directory holds one of `allowed`. */
export async function requireContents(directory: string, ...allowed: DataContents[]): Promise<void> {
  const contents = await contentsOf(directory);
  if (!allowed.includes(contents)) throw new CountersignError('setup.alreadyDone', { path: directory });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
