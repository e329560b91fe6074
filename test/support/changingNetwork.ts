/**
 * A network whose set of replicas changes: the data directories of an embedded network, and of replicas that join it.
 * @module
 */
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { signPayload } from '../../src/main/client/signRequest.ts';
import { generateSeed, publicKeyOf } from '../../src/main/keys/ed25519.ts';
import { createGuardLog } from '../../src/main/keys/guard/openSignGuard.ts';
import { exportKeyPem } from '../../src/main/keys/pkcs8.ts';
import { createSigner, type Signer } from '../../src/main/keys/signer.ts';
import { networkIdOf, type Genesis } from '../../src/main/ledger/genesis.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { possessionDigest } from '../../src/main/ledger/registry/codec.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import { readPassphraseFile } from '../../src/main/replica/childReplica.ts';
import { makeEmptyLedgers } from '../../src/main/replica/emptyLedger.ts';
import { createEmbeddedNetwork, genesisPath } from '../../src/main/replica/embeddedNetwork.ts';
import { networkDirectory, replicaDirectory } from '../../src/main/replica/embeddedLayout.ts';
import { GENESIS_FILE, REPLICA_KEY_FILE, readGenesis } from '../../src/main/replica/node.ts';
import { guardPath, numberedPath } from '../../src/main/replica/ownKeys.ts';
import { makeDirectory } from '../../src/main/storage/index.ts';
import type { RegistryChange, ReplicaEntry } from '../../src/shared/domain/registry.ts';
import type { Hex } from '../../src/shared/encoding/hex.ts';

/** A replica: its entry in the registry, and where its files are. */
export interface ReplicaPlace {
  readonly entry: ReplicaEntry;
  readonly directory: string;
}

/** A key that was made to be registered. */
export interface NewKey {
  readonly publicKey: Hex;
  /** That it is its owner's, for this network. */
  readonly proof: Hex;
}

export class ChangingNetwork {
  readonly genesis: Genesis;
  readonly networkId: Hex;
  /** The one supervisor: what it proposes takes effect at once. */
  readonly signer: Signer;
  /** Those of the genesis, in the order of their keys. */
  readonly founders: readonly ReplicaPlace[];
  /** Holds the passphrase of all keys. */
  readonly passphraseFile: string;
  readonly passphrase: string;
  readonly #directory: string;

  private constructor(
    directory: string,
    genesis: Genesis,
    signer: Signer,
    passphraseFile: string,
    passphrase: string,
  ) {
    const network = networkDirectory(directory);
    this.#directory = directory;
    this.genesis = genesis;
    this.networkId = networkIdOf(genesis);
    this.signer = signer;
    this.passphraseFile = passphraseFile;
    this.passphrase = passphrase;
    this.founders = genesis.replicas.map((entry, index) => ({
      entry,
      directory: replicaDirectory(network, index),
    }));
  }

  /** Makes a network of four in `directory`; nothing runs yet. */
  static async create(directory: string): Promise<ChangingNetwork> {
    const seed = generateSeed();
    await createEmbeddedNetwork({
      directory,
      networkName: 'Changing',
      supervisor: { name: 'Tester', organisation: 'Tests', publicKey: publicKeyOf(seed) },
      supervisorKeyPem: 'not used here',
      nowMs: Date.now(),
    });
    const passphraseFile = join(networkDirectory(directory), 'passphrase');
    const passphrase = await readPassphraseFile(passphraseFile);
    const genesis = await readGenesis(genesisPath(directory));
    return new ChangingNetwork(directory, genesis, createSigner(seed), passphraseFile, passphrase);
  }

  /** Makes the files of a replica that is to join, and the proof of its key. */
  async newReplica(name: string, port: number): Promise<ReplicaPlace & { readonly key: NewKey }> {
    const directory = join(this.#directory, name);
    await makeDirectory(directory, 0o700);
    await writeFile(join(directory, GENESIS_FILE), renderGenesisFile(this.genesis));
    await makeEmptyLedgers([directory], this.genesis);
    const key = await this.newKey(directory, 1);
    const { publicKey } = key;
    const entry = { name, organisation: 'Joiners', publicKey, host: '127.0.0.1', port };
    return { entry, directory, key };
  }

  /** Makes key number `number` of a replica, with the log of its guard. */
  async newKey(directory: string, number: number): Promise<NewKey> {
    const seed = generateSeed();
    const signer = createSigner(seed);
    const { publicKey } = signer;
    const path = numberedPath(join(directory, REPLICA_KEY_FILE), number);
    await writeFile(path, await exportKeyPem(seed, this.passphrase), { mode: 0o600 });
    await createGuardLog(guardPath(directory, number), { networkId: this.networkId, publicKey });
    return { publicKey, proof: signer.sign(possessionDigest(this.networkId, publicKey)) };
  }

  /** The supervisor's request for a change. */
  propose(change: RegistryChange): SignedRequest {
    return this.sign({ kind: 'registry', remark: '', action: { type: 'propose', change } });
  }

  sign(payload: Parameters<typeof signPayload>[0]): SignedRequest {
    return signPayload(payload, this.networkId, Date.now(), this.signer);
  }
}
