/**
 * The second step into a real network: a data directory that has keys gets a genesis, and with it an empty ledger and
 * an empty log of its sign guard: what is missing later has been lost, and then the replica only learns (`node.ts`).
 * @module
 */
import { join } from 'node:path';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import { GUARD_FILE, createGuardLog } from '../keys/guard/openSignGuard.ts';
import { withKeyOfFile, type CardKey } from '../keys/cardKey.ts';
import { makeCard, renderCardFile, type Card } from '../ledger/card.ts';
import { networkIdOf, type Genesis, type GenesisReplica } from '../ledger/genesis.ts';
import { renderGenesisFile } from '../ledger/genesisFile.ts';
import { addressText } from '../network/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { buildAside } from './buildAside.ts';
import { makeEmptyLedgers } from './emptyLedger.ts';
import { memberPaths, requireContents } from './memberLayout.ts';
import { GENESIS_FILE } from './node.ts';
import { readOwnCards } from './ownCards.ts';

export interface JoinOptions {
  readonly directory: string;
  readonly genesis: Genesis;
  /** Of the replica's key: proves that the key is here and can be used. */
  readonly passphrase: string;
  /** Takes a network that runs already and does not name this replica: it follows until supervisors admit it. */
  readonly follow?: boolean;
}

async function writeAdmissionCard(directory: string, networkId: Hex, key: CardKey): Promise<void> {
  const cards = await readOwnCards(directory);
  const admitted = cards.map((card) => {
    if (card.kind !== 'replica') return card;
    const { kind, name, organisation, publicKey, host, port } = card;
    const content = { kind, name, organisation, publicKey, host, port } as const;
    return makeCard(content, (digest) => key.sign(digest), networkId);
  });
  await writeFileAtomic(memberPaths.ownCards(directory), renderCardFile(admitted));
}

/** Whether a replica takes part from the beginning, or follows until it is admitted. */
export type JoinedAs = 'member' | 'follower';

/**
 * Joins: afterwards the replica of this data directory can start. All is laid out or nothing is.
 *
 * Throws `setup.required` where there are no keys, `setup.alreadyDone`, `key.wrongPassphrase`, `genesis.ownKeyMissing`,
 * `genesis.ownCardChanged`, and the errors of files.
 */
export async function joinNetwork(options: JoinOptions): Promise<JoinedAs> {
  const { directory, genesis, passphrase, follow = false } = options;
  await requireContents(directory, 'keys', 'nothing');
  const own = await ownCardFor(directory, genesis);
  if (own.as === 'follower' && !follow) {
    throw new CountersignError('genesis.ownKeyMissing', { publicKey: own.publicKey });
  }
  await withKeyOfFile(memberPaths.replicaKey(directory), passphrase, async (key) => {
    if (key.publicKey !== own.publicKey) {
      throw new CountersignError('key.invalid', { problem: 'it is not the key of this replica’s card' });
    }
    // What the registry of this network asks for, so that supervisors can propose the card.
    if (own.as === 'follower') await writeAdmissionCard(directory, networkIdOf(genesis), key);
  });
  await buildAside(memberPaths.replica(directory), async (replica) => {
    await makeEmptyLedgers([replica], genesis);
    const owner = { networkId: networkIdOf(genesis), publicKey: own.publicKey };
    await createGuardLog(join(replica, GUARD_FILE), owner);
    await writeFileAtomic(join(replica, GENESIS_FILE), renderGenesisFile(genesis));
  });
  return own.as;
}

/**
 * The own replica as the genesis has it. Throws `setup.required` where there are no keys, `genesis.ownKeyMissing`, and
 * `genesis.ownCardChanged` where the genesis says something else than the card that was given away.
 */
export async function checkOwnCard(directory: string, genesis: Genesis): Promise<GenesisReplica> {
  const own = await ownCardFor(directory, genesis);
  if (own.as === 'member') return own.found;
  throw new CountersignError('genesis.ownKeyMissing', { publicKey: own.publicKey });
}

type OwnCardFor =
  | { readonly as: 'member'; readonly publicKey: Hex; readonly found: GenesisReplica }
  | { readonly as: 'follower'; readonly publicKey: Hex };

async function ownCardFor(directory: string, genesis: Genesis): Promise<OwnCardFor> {
  const card = await ownReplicaCard(directory);
  const { publicKey } = card;
  const found = genesis.replicas.find((replica) => replica.publicKey === publicKey);
  if (found === undefined) return { as: 'follower', publicKey };
  const [expected, actual] = [card, found].map(
    (replica) => `${replica.name}, ${replica.organisation}, ${addressText(replica)}`,
  );
  if (expected !== actual) {
    throw new CountersignError('genesis.ownCardChanged', { expected: expected ?? '', actual: actual ?? '' });
  }
  return { as: 'member', publicKey, found };
}

/** The name and address on the own replica's card. Throws `setup.required`, `card.invalid`, `file.*`. */
export async function ownAddress(
  directory: string,
): Promise<{ readonly name: string; readonly host: string; readonly port: number }> {
  const { name, host, port } = await ownReplicaCard(directory);
  return { name, host, port };
}

/** The card of the own replica. Throws `setup.required`, `card.invalid`, `file.*`. */
export async function ownReplicaCard(
  directory: string,
): Promise<Extract<Card, { readonly kind: 'replica' }>> {
  const cards = await readOwnCards(directory).catch((error: unknown) => {
    if (error instanceof CountersignError && error.code === 'file.notFound') {
      throw new CountersignError('setup.required', {});
    }
    throw error;
  });
  const card = cards.find(({ kind }) => kind === 'replica');
  if (card?.kind !== 'replica') throw new CountersignError('setup.required', {});
  return card;
}
