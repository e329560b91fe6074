/**
 * The next key of a replica: made beside the present one, for supervisors to admit in its place. Nothing changes until
 * they have; then the replica goes over to it by itself (`epochs.ts`).
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import { makeCardAndKey, publicKeyOfFile } from '../keys/cardKey.ts';
import { createGuardLog } from '../keys/guard/openSignGuard.ts';
import { makeCard, renderCardFile } from '../ledger/card.ts';
import { networkIdOf } from '../ledger/genesis.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { ownReplicaCard } from './joinNetwork.ts';
import { contentsOf, memberPaths } from './memberLayout.ts';
import { readGenesis } from './node.ts';
import { guardPath, nextKeyNumber, numberedPath } from './ownKeys.ts';

export interface NextKey {
  readonly number: number;
  readonly publicKey: Hex;
  /** Path of the card that proves it. */
  readonly card: string;
}

/**
 * Makes the next key of the replica in a data directory that nobody uses. The key is there when all that belongs to it
 * is. `passphrase`: of the keys that there are, and of the new one. Throws `setup.required` where the directory has
 * joined no network, `key.wrongPassphrase`, `key.tooMany` and `file.*`.
 */
export async function makeNextKey(directory: string, passphrase: string): Promise<NextKey> {
  if ((await contentsOf(directory)) !== 'member') throw new CountersignError('setup.required', {});
  const first = memberPaths.replicaKey(directory);
  await publicKeyOfFile(first, passphrase);
  const number = await nextKeyNumber(first);
  const networkId = networkIdOf(await readGenesis(memberPaths.genesis(directory)));
  const { name, organisation, host, port } = await ownReplicaCard(directory);
  const path = numberedPath(memberPaths.ownCards(directory), number);
  const { card, pem } = await makeCardAndKey(undefined, passphrase, (key) => {
    const content = { kind: 'replica', name, organisation, publicKey: key.publicKey, host, port } as const;
    return makeCard(content, (digest) => key.sign(digest), networkId);
  });
  const { publicKey } = card;
  await createGuardLog(guardPath(memberPaths.replica(directory), number), { networkId, publicKey });
  await writeFileAtomic(path, renderCardFile([card]));
  await writeFileAtomic(numberedPath(first, number), pem);
  return { number, publicKey, card: path };
}
