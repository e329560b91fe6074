/**
 * The supervisor of an embedded network at work: a client that is connected, and the key that signs for it.
 * @module
 */
import { SupervisorClient, type SupervisorClientOptions } from '../client/supervisorClient.ts';
import type { Signer } from '../keys/signer.ts';
import type { VerifierPool } from '../keys/verifierPool.ts';
import { quorumSizes, type Genesis } from '../ledger/genesis.ts';
import { readPassphraseFile } from '../replica/childReplica.ts';
import { supervisorSigner } from './session.ts';

export interface DemoSupervisor {
  readonly genesis: Genesis;
  readonly verifier: VerifierPool;
  /** Data directory of the embedded network. */
  readonly directory: string;
  readonly passphraseFile: string;
}

/** How long to wait for a quorum of replicas, in milliseconds. */
const CONNECT_TIMEOUT_MS = 60_000;

/** Runs `work` with the supervisor's client and key, and closes both, also where `interrupted` rejects meanwhile. */
export async function withDemoClient<T>(
  { genesis, verifier, directory, passphraseFile }: DemoSupervisor,
  onProgress: NonNullable<SupervisorClientOptions['onProgress']>,
  work: (client: SupervisorClient, signer: Signer) => Promise<T>,
  interrupted: Promise<never>,
): Promise<T> {
  const signer = await supervisorSigner(directory, await readPassphraseFile(passphraseFile));
  const client = new SupervisorClient({
    genesis,
    verify: async (signature, digest, publicKey) => await verifier.verify(signature, digest, publicKey),
    onProgress,
  });
  client.start();
  try {
    const { q } = quorumSizes(genesis.replicas.length);
    await Promise.race([client.waitForReplicas(q, CONNECT_TIMEOUT_MS), interrupted]);
    return await Promise.race([work(client, signer), interrupted]);
  } finally {
    signer.dispose();
    await client.close();
  }
}
