/**
 * What several commands need: the genesis, the supervisor's key, a verifier, a client.
 * @module
 */
import { CountersignError, fromPlainError } from '../../shared/errors.ts';
import { SupervisorClient, type SupervisorClientOptions } from '../client/supervisorClient.ts';
import { createSigner, type Signer } from '../keys/signer.ts';
import { Vault } from '../keys/vault/vault.ts';
import { VerifierPool } from '../keys/verifierPool.ts';
import { createVerifyWorker } from '../keys/verifyWorker.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { SignatureCheck } from '../ledger/statement.ts';
import { readPassphraseFile } from '../replica/childReplica.ts';
import { vaultPath } from '../replica/embeddedLayout.ts';
import { networkPathsIn } from '../replica/memberLayout.ts';
import { loadSigner } from '../keys/loadSigner.ts';
import { supervisorKeysIn } from './localRegistry.ts';
import { readGenesis } from '../replica/node.ts';

/** Where a command finds the network and the key: named files, or a data directory that holds both. */
export interface Places {
  readonly data?: string;
  readonly genesis?: string;
  readonly key?: string;
  readonly passphraseFile?: string;
}

/** How long to wait for enough replicas, in milliseconds. */
const CONNECT_TIMEOUT_MS = 15_000;

/** The genesis that `--genesis` or `--data` names. */
export async function genesisOf({ genesis, data }: Places): Promise<Genesis> {
  if (genesis !== undefined) return await readGenesis(genesis);
  if (data !== undefined) return await readGenesis((await networkPathsIn(data)).genesis);
  throw new CountersignError('cli.usage', {
    problem: 'say which network: --genesis FILE or --data DIRECTORY',
  });
}

/** The signer of the key that `--key` or `--data` names. */
export async function signerOf({ key, data, passphraseFile }: Places): Promise<Signer> {
  if (key === undefined && data === undefined) {
    throw new CountersignError('cli.usage', { problem: 'say which key: --key FILE or --data DIRECTORY' });
  }
  if (passphraseFile === undefined) {
    throw new CountersignError('cli.usage', {
      problem: 'say where the passphrase is: --passphrase-file FILE',
    });
  }
  const passphrase = await readPassphraseFile(passphraseFile);
  if (key !== undefined) return await loadSigner(key, passphrase);
  return await supervisorSigner(data ?? '', passphrase);
}

/**
 * The signer of the supervisor's key in a data directory: of the vault, where there is one, or of its key file. Of
 * several keys the one that is registered signs, or else the first. Throws `key.*`, `vault.*`, `file.*`.
 */
export async function supervisorSigner(directory: string, passphrase: string): Promise<Signer> {
  const vault = await Vault.open({ path: vaultPath(directory), now: Date.now });
  const paths = await networkPathsIn(directory);
  if (vault === null) return await loadSigner(paths.supervisorKey, passphrase);
  const supervisors = await supervisorKeysIn(directory);
  return await vault.withKeys(passphrase, (keys) => {
    const mine = keys.filter(({ purpose }) => purpose === 'supervisor');
    const registered = mine.find((one) => supervisors.has(one.publicKey));
    const chosen = registered ?? mine[0];
    if (chosen === undefined) throw new CountersignError('key.absent', {});
    return createSigner(chosen.seed);
  });
}

/** Runs `work` with a verifier, and ends the verifier's workers. */
export async function withVerifier<T>(work: (verifier: VerifierPool) => Promise<T>): Promise<T> {
  const verifier = new VerifierPool({ createWorker: createVerifyWorker });
  try {
    return await work(verifier);
  } finally {
    await verifier.close();
  }
}

/** Checks signatures of a receipt with the verifier. */
export function checkWith(verifier: VerifierPool): (check: SignatureCheck) => Promise<boolean> {
  return async ({ signature, digest, publicKey }) => await verifier.verify(signature, digest, publicKey);
}

/**
 * Runs `work` with a client that is connected with at least `replicas` of the network's replicas; for 0 it does not
 * wait for any. Throws `client.noReplica`, `timeout`, or why the replicas will not speak with it (`handshake.*`).
 */
export async function withClient<T>(
  genesis: Genesis,
  replicas: number | 'quorum',
  options: Pick<SupervisorClientOptions, 'onProgress'>,
  work: (client: SupervisorClient, verifier: VerifierPool) => Promise<T>,
): Promise<T> {
  return await withVerifier(async (verifier) => {
    const client = new SupervisorClient({
      genesis,
      verify: async (signature, digest, publicKey) => await verifier.verify(signature, digest, publicKey),
      ...options,
    });
    client.start();
    try {
      await client.waitForReplicas(replicas, CONNECT_TIMEOUT_MS).catch((error: unknown) => {
        throw whyNotConnected(client, genesis) ?? error;
      });
      return await work(client, verifier);
    } finally {
      await client.close();
    }
  });
}

/** What keeps the replicas away, where that says more than that it took too long. */
function whyNotConnected(client: SupervisorClient, genesis: Genesis): CountersignError | undefined {
  const refusal = client.status().find(({ lastError }) => lastError?.code.startsWith('handshake.') === true);
  if (refusal?.lastError) return fromPlainError(refusal.lastError);
  return client.connectedCount === 0
    ? new CountersignError('client.noReplica', { replicas: genesis.replicas.length })
    : undefined;
}
