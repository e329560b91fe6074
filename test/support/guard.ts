/** The sign guard of a replica of a test network, on a disk of memory. */
import { SignGuard } from '../../src/main/keys/guard/signGuard.ts';
import { createSigner } from '../../src/main/keys/signer.ts';
import { windowOf } from '../../src/main/ledger/genesis.ts';
import { GuardDisk } from './guardDisk.ts';
import type { TestNetwork } from './ledger.ts';

/** A guard that has never signed, unless `disk` says otherwise. */
export async function openGuard(
  { genesis, networkId, replicaSeeds }: TestNetwork,
  index: number,
  disk = new GuardDisk(),
): Promise<SignGuard> {
  const signer = createSigner(replicaSeeds[index]!);
  const owner = { networkId, publicKey: signer.publicKey };
  if ((await disk.read()) === null) await SignGuard.create(owner, disk);
  return await SignGuard.open({ signer, networkId, windowBlocks: windowOf(genesis.limits), file: disk });
}
