/**
 * A network of four real replicas, each in a process of its own, on loopback; and a client that keeps sending.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signPayload } from '../../../src/main/client/signRequest.ts';
import { SupervisorClient } from '../../../src/main/client/supervisorClient.ts';
import type { Progress } from '../../../src/main/client/tracking.ts';
import type { StatusMessage } from '../../../src/main/consensus/messages.ts';
import { generateSeed, publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { exportKeyPem } from '../../../src/main/keys/pkcs8.ts';
import { createSigner, type Signer } from '../../../src/main/keys/signer.ts';
import { VerifierPool } from '../../../src/main/keys/verifierPool.ts';
import { createVerifyWorker } from '../../../src/main/keys/verifyWorker.ts';
import { networkIdOf, type Genesis } from '../../../src/main/ledger/genesis.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import { verifyReceipt } from '../../../src/main/ledger/receiptCheck.ts';
import type { Receipt } from '../../../src/main/ledger/receipt.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import {
  forkReplicas,
  readPassphraseFile,
  type ChildReplica,
} from '../../../src/main/replica/childReplica.ts';
import { createEmbeddedNetwork, genesisPath } from '../../../src/main/replica/embeddedNetwork.ts';
import { networkDirectory, replicaDirectory } from '../../../src/main/replica/embeddedLayout.ts';
import { loadSigner } from '../../../src/main/keys/loadSigner.ts';
import { REPLICA_KEY_FILE, readGenesis } from '../../../src/main/replica/node.ts';
import { openLedgerStore, type LedgerStore } from '../../../src/main/storage/index.ts';
import { createStoreWorker } from '../../../src/main/storage/storeWorker.ts';
import { hasCode } from '../../../src/shared/errors.ts';

const ENTRY = fileURLToPath(new URL('../../../src/main/headless/index.ts', import.meta.url));

export class ReplicaProcesses {
  readonly genesis: Genesis;
  readonly signer: Signer;
  readonly #directory: string;
  readonly #children = new Map<number, ChildReplica>();
  readonly #startChild = forkReplicas(ENTRY);

  private constructor(directory: string, genesis: Genesis, signer: Signer) {
    this.#directory = directory;
    this.genesis = genesis;
    this.signer = signer;
  }

  /** Makes a network in a temporary directory, as of `nowMs`, and starts none of its processes yet. */
  static async create(nowMs = Date.now()): Promise<ReplicaProcesses> {
    return await ReplicaProcesses.createIn(await mkdtemp(join(tmpdir(), 'countersign-cluster-')), nowMs);
  }

  /** As `create`, in this directory. `passphrase`: of the supervisor's key, which is kept there only where one is given. */
  static async createIn(directory: string, nowMs: number, passphrase?: string): Promise<ReplicaProcesses> {
    const seed = generateSeed();
    await createEmbeddedNetwork({
      directory,
      networkName: 'Cluster test',
      supervisor: { name: 'Tester', organisation: 'Tests', publicKey: publicKeyOf(seed) },
      supervisorKeyPem: passphrase === undefined ? 'not used here' : await exportKeyPem(seed, passphrase),
      nowMs,
    });
    const genesis = await readGenesis(genesisPath(directory));
    return new ReplicaProcesses(directory, genesis, createSigner(seed));
  }

  /** Makes a network in a temporary directory and starts its four processes. */
  static async start(): Promise<ReplicaProcesses> {
    const processes = await ReplicaProcesses.create();
    await processes.startAll();
    return processes;
  }

  /** Starts all processes. */
  async startAll(): Promise<void> {
    await Promise.all(this.genesis.replicas.map(async (_, index) => await this.startReplica(index)));
  }

  /** Data directory of a replica. */
  directoryOf(index: number): string {
    return replicaDirectory(networkDirectory(this.#directory), index);
  }

  /** A replica's key. */
  async signerOf(index: number): Promise<Signer> {
    const passphrase = await readPassphraseFile(join(networkDirectory(this.#directory), 'passphrase'));
    return await loadSigner(join(this.directoryOf(index), REPLICA_KEY_FILE), passphrase);
  }

  async startReplica(index: number): Promise<void> {
    const network = networkDirectory(this.#directory);
    const child = this.#startChild({
      directory: replicaDirectory(network, index),
      passphraseFile: join(network, 'passphrase'),
    });
    this.#children.set(index, child);
    await child.ready;
  }

  /** SIGKILL. */
  async kill(index: number): Promise<void> {
    await this.#children.get(index)?.kill();
    this.#children.delete(index);
  }

  /** SIGSTOP: it stands still, as on a machine that sleeps, until `wake`. */
  sleep(index: number): void {
    this.#children.get(index)?.pause();
  }

  /** SIGCONT. */
  wake(index: number): void {
    this.#children.get(index)?.resume();
  }

  /** Stops all processes; their stores can be opened then. */
  async stopAll(): Promise<void> {
    await Promise.all(
      [...this.#children.values()].map(async (child) => {
        // One that sleeps would not hear that it is to stop.
        child.resume();
        await child.stop();
      }),
    );
    this.#children.clear();
  }

  /** The store of a replica whose process has ended. */
  async store(index: number): Promise<LedgerStore> {
    const directory = this.directoryOf(index);
    return await openLedgerStore({ directory, genesis: this.genesis, createWorker: createStoreWorker });
  }

  async remove(): Promise<void> {
    await this.stopAll();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The network that a client sends to, and the key that it signs with. */
export type LoadedNetwork = Pick<ReplicaProcesses, 'genesis' | 'signer'>;

/** A client that keeps a number of requests under way, and remembers what it saw as final. */
export class LoadClient {
  readonly finals = new Map<string, Progress>();
  readonly sent: SignedRequest[] = [];
  /** From sending to final, in the order in which requests became final, in milliseconds. */
  readonly latenciesMs: number[] = [];
  readonly #sentAtMs = new Map<string, number>();
  readonly #processes: LoadedNetwork;
  readonly #client: SupervisorClient;
  readonly #verifier: VerifierPool;
  readonly #onSend: (request: SignedRequest) => void;
  #sending = true;

  /** @param onSend - told of each request just before it is sent */
  constructor(processes: LoadedNetwork, onSend: (request: SignedRequest) => void = () => undefined) {
    this.#processes = processes;
    this.#onSend = onSend;
    this.#verifier = new VerifierPool({ createWorker: createVerifyWorker, workers: 1 });
    this.#client = new SupervisorClient({
      genesis: processes.genesis,
      verify: async (signature, digest, publicKey) =>
        await this.#verifier.verify(signature, digest, publicKey),
      onProgress: (progress) => this.#progressed(progress),
    });
  }

  /** Connects with all replicas and keeps `concurrency` requests under way. */
  async start(concurrency: number): Promise<void> {
    this.#client.start();
    await this.#client.waitForReplicas(this.#processes.genesis.replicas.length, 10_000);
    for (let index = 0; index < concurrency; index++) this.sendOneMore();
  }

  /** Resolves when `count` requests in all are final. */
  async untilFinal(count: number, timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    while (this.finals.size < count) {
      if (Date.now() > deadlineMs) {
        throw new Error(`${String(this.finals.size)} of ${String(count)} requests are final`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Sends nothing new, and waits until everything sent is final. */
  async finish(timeoutMs: number): Promise<void> {
    this.#sending = false;
    await this.untilFinal(this.sent.length, timeoutMs);
  }

  /** Sends one request more, and waits until it is final: how long that took, in milliseconds. */
  async finalAfterMs(timeoutMs: number): Promise<number> {
    const sentAtMs = performance.now();
    const { id } = this.sendOneMore();
    while (!this.finals.has(id)) {
      if (performance.now() - sentAtMs > timeoutMs) {
        throw new Error(`a request is not final after ${String(timeoutMs)} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return performance.now() - sentAtMs;
  }

  /** Where a replica says that it stands. */
  async status(index: number): Promise<StatusMessage> {
    return await this.#client.replicaStatus(index);
  }

  /**
   * Waits until all replicas are near one stable height while requests keep coming, and afterwards until everything is
   * stable on all of them: an idle network makes a last checkpoint by itself.
   */
  async inStep(timeoutMs: number): Promise<void> {
    const NEAR_BLOCKS = 64;
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      const statuses = await this.#statuses();
      const heights = statuses.map(({ stableHeight }) => stableHeight);
      const goal = Math.max(...(this.#sending ? heights : statuses.map(({ tipHeight }) => tipHeight)));
      if (Math.min(...heights) >= (this.#sending ? goal - NEAR_BLOCKS : goal)) return;
      if (Date.now() > deadlineMs) {
        throw new Error(`not in step: stable ${heights.join(', ')}, wanted ${String(goal)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async connected(count: number): Promise<void> {
    await this.#client.waitForReplicas(count, 15_000);
  }

  async close(): Promise<void> {
    this.#sending = false;
    await this.#client.close();
    await this.#verifier.close();
  }

  /** Sends a request; when it is final, another one follows. */
  sendOneMore(): SignedRequest {
    const { genesis, signer } = this.#processes;
    const payload = {
      kind: 'assessments',
      title: `Request ${String(this.sent.length)}`,
      remark: '',
      columns: ['subject', 'score'],
      records: [['sample', { number: String(this.sent.length) }]],
    } as const;
    const request = signPayload(payload, networkIdOf(genesis), Date.now(), signer);
    this.send(request);
    return request;
  }

  /** Sends a request that somebody else made. */
  send(request: SignedRequest): void {
    this.sent.push(request);
    this.#sentAtMs.set(request.id, performance.now());
    this.#onSend(request);
    this.#client.track(request);
  }

  /** Waits until a request that was sent is final. */
  async isFinal({ id }: SignedRequest, timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    while (!this.finals.has(id)) {
      if (Date.now() > deadlineMs) throw new Error(`${id} is not final after ${String(timeoutMs)} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /**
   * A receipt of a request that is final, which verifies with the genesis alone. What all replicas have accepted is final
   * before a stable checkpoint covers it: until then there is none.
   */
  async receipt(requestId: string): Promise<Receipt> {
    const { genesis } = this.#processes;
    for (;;) {
      try {
        return await this.#client.receipt(
          requestId,
          async (receipt) => await verifyReceipt(receipt, genesis, verifySync),
        );
      } catch (error) {
        if (!hasCode(error, 'request.notFinal')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #statuses(): Promise<readonly StatusMessage[]> {
    return await Promise.all(
      this.#processes.genesis.replicas.map(async (_, index) => await this.#client.replicaStatus(index)),
    );
  }

  #progressed(progress: Progress): void {
    if (progress.state !== 'final' || this.finals.has(progress.requestId)) return;
    this.finals.set(progress.requestId, progress);
    this.latenciesMs.push(performance.now() - (this.#sentAtMs.get(progress.requestId) ?? 0));
    this.#sentAtMs.delete(progress.requestId);
    if (this.#sending) setImmediate(() => this.sendOneMore());
  }
}
