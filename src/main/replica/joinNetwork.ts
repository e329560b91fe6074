/**
 * The second step into a real network: a data directory that has keys gets a genesis, and with it an empty ledger and
 * an empty log of its sign guard: what is missing later has been lost, and then the replica only learns (`node.ts`).
 * @module
 */
import { join } from 'node:path';
import { CountersignError } from '../../shared/errors.ts';
import { GUARD_FILE, createGuardLog } from '../keys/guard/openSignGuard.ts';
import { loadSigner } from '../keys/loadSigner.ts';
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
}

/**
 * Joins: afterwards the replica of this data directory can start. All is laid out or nothing is.
 *
 * Throws `setup.required` where there are no keys, `setup.alreadyDone`, `key.wrongPassphrase`, `genesis.ownKeyMissing`,
 * `genesis.ownCardChanged`, and the errors of files.
 */
export async function joinNetwork({ directory, genesis, passphrase }: JoinOptions): Promise<void> {
  await requireContents(directory, 'keys', 'nothing');
  const own = await checkOwnCard(directory, genesis);
  const signer = await loadSigner(memberPaths.replicaKey(directory), passphrase);
  signer.dispose();
  if (signer.publicKey !== own.publicKey) {
    throw new CountersignError('key.invalid', { problem: 'it is not the key of this replica’s card' });
  }
  await buildAside(memberPaths.replica(directory), async (replica) => {
    await makeEmptyLedgers([replica], genesis);
    const owner = { networkId: networkIdOf(genesis), publicKey: own.publicKey };
    await createGuardLog(join(replica, GUARD_FILE), owner);
    await writeFileAtomic(join(replica, GENESIS_FILE), renderGenesisFile(genesis));
  });
}

/**
 * The own replica as the genesis has it. Throws `setup.required` where there are no keys, `genesis.ownKeyMissing`, and
 * `genesis.ownCardChanged` where the genesis says something else than the card that was given away.
 */
export async function checkOwnCard(directory: string, genesis: Genesis): Promise<GenesisReplica> {
  const cards = await readOwnCards(directory).catch((error: unknown) => {
    if (error instanceof CountersignError && error.code === 'file.notFound') {
      throw new CountersignError('setup.required', {});
    }
    throw error;
  });
  const card = cards.find(({ kind }) => kind === 'replica');
  if (card?.kind !== 'replica') throw new CountersignError('setup.required', {});
  const { publicKey } = card;
  const found = genesis.replicas.find((replica) => replica.publicKey === publicKey);
  if (found === undefined) throw new CountersignError('genesis.ownKeyMissing', { publicKey });
  const [expected, actual] = [card, found].map(
    (replica) => `${replica.name}, ${replica.organisation}, ${addressText(replica)}`,
  );
  if (expected !== actual) {
    throw new CountersignError('genesis.ownCardChanged', { expected: expected ?? '', actual: actual ?? '' });
  }
  return found;
}
