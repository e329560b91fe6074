/**
 * An embedded network that registers two supervisors, Ada and Bea, each with a key file of her own.
 * @module
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSeed, publicKeyOf } from '../../src/main/keys/ed25519.ts';
import { GUARD_FILE, createGuardLog } from '../../src/main/keys/guard/openSignGuard.ts';
import { exportKeyPem } from '../../src/main/keys/pkcs8.ts';
import { networkIdOf, sortedGenesis } from '../../src/main/ledger/genesis.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { genesisPath, networkDirectory, replicaDirectory } from '../../src/main/replica/embeddedLayout.ts';
import { createEmbeddedNetwork } from '../../src/main/replica/embeddedNetwork.ts';
import { GENESIS_FILE, readGenesis } from '../../src/main/replica/node.ts';
import { makeDirectory } from '../../src/main/storage/index.ts';
import { LEDGER_FILE, openLedgerStore } from '../../src/main/storage/openLedgerStore.ts';
import { createStoreWorker } from '../../src/main/storage/storeWorker.ts';

export type Who = 'Ada' | 'Bea';
export const PASSPHRASE_OF_BOTH = 'correct horse battery staple';

/** The network and the keys of both, under a directory that it makes. Ada's key is the one kept with the network. */
export interface TwoSupervisors {
  /** Data directory of the embedded network. */
  readonly directory: string;
  readonly genesisFile: string;
  readonly passphraseFile: string;
  readonly keyFile: (who: Who) => string;
}

export async function makeTwoSupervisors(directory: string): Promise<TwoSupervisors> {
  await makeDirectory(directory, 0o700);
  const keyFile = (who: Who): string => join(directory, `${who}.pem`);
  const publicKeys = { Ada: '', Bea: '' };
  const pems = { Ada: '', Bea: '' };
  for (const who of ['Ada', 'Bea'] as const) {
    const seed = generateSeed();
    publicKeys[who] = publicKeyOf(seed);
    pems[who] = await exportKeyPem(seed, PASSPHRASE_OF_BOTH);
    await writeFile(keyFile(who), pems[who], { mode: 0o600 });
  }
  const member = (name: Who) => ({ name, organisation: `House of ${name}`, publicKey: publicKeys[name] });
  await createEmbeddedNetwork({
    directory,
    networkName: 'Two supervisors',
    supervisor: member('Ada'),
    supervisorKeyPem: pems.Ada,
    nowMs: Date.now(),
  });
  await register(directory, member('Bea'));
  const passphraseFile = join(directory, 'supervisor-passphrase');
  await writeFile(passphraseFile, `${PASSPHRASE_OF_BOTH}\n`, { mode: 0o600 });
  return { directory, genesisFile: genesisPath(directory), passphraseFile, keyFile };
}

/**
 * Another supervisor makes another network: each replica gets its genesis, and an empty ledger and guard that belong to it.
 */
async function register(
  directory: string,
  member: { name: string; organisation: string; publicKey: string },
): Promise<void> {
  const before = await readGenesis(genesisPath(directory));
  const genesis = sortedGenesis({ ...before, supervisors: [...before.supervisors, member] });
  const text = renderGenesisFile(genesis);
  await writeFile(genesisPath(directory), text);
  for (const [index, { publicKey }] of genesis.replicas.entries()) {
    const replica = replicaDirectory(networkDirectory(directory), index);
    await writeFile(join(replica, GENESIS_FILE), text);
    await rm(join(replica, LEDGER_FILE));
    await rm(join(replica, GUARD_FILE));
    await createGuardLog(join(replica, GUARD_FILE), { networkId: networkIdOf(genesis), publicKey });
    const store = await openLedgerStore({ directory: replica, genesis, createWorker: createStoreWorker });
    await store.close();
  }
}
