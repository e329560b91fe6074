/**
 * The embedded network: four replicas on this machine, one in this process and three in processes of their own, for
 * trying Countersign out and for tests. They speak over the same network and keep the same files as any replica.
 * @module
 */
import { join } from 'node:path';
import { CountersignError } from '../../shared/errors.ts';
import type { ChildReplica, StartChild } from './childReplica.ts';
import { readPassphraseFile } from './childReplica.ts';
import { PASSPHRASE_FILE, genesisPath, networkDirectory, replicaDirectory } from './embeddedLayout.ts';
import type { SignatureVerifier } from './inbox.ts';
import { ReplicaNode, readGenesis, type StartPhase } from './node.ts';

export { createEmbeddedNetwork, type CreateNetworkOptions } from './createNetwork.ts';
export { genesisPath, isEmbeddedNetwork, supervisorKeyPath } from './embeddedLayout.ts';

export interface EmbeddedNetworkOptions {
  readonly directory: string;
  readonly verifier: SignatureVerifier;
  readonly startChild: StartChild;
  readonly onPhase?: (phase: StartPhase | 'replicas') => void;
}

/** The replica that runs in this process: the primary of the first view. */
export const OWN_REPLICA = 0;
/** First pause before a child that ended by itself is started again, in milliseconds; doubles up to the largest. */
const RESTART_AFTER_MS = 500;
const RESTART_MAX_MS = 30_000;
/** A child that ran for so long starts over with the first pause, in milliseconds. */
const STEADY_AFTER_MS = 30_000;
/** How long to wait for the replicas to find one another, in milliseconds: a quorum works without the rest. */
const CONNECT_PATIENCE_MS = 5_000;
const CONNECT_POLL_MS = 20;

export class EmbeddedNetwork {
  readonly node: ReplicaNode;
  readonly #network: string;
  readonly #startChild: StartChild;
  readonly #children: Map<number, ChildReplica>;
  readonly #restarts = new Map<number, NodeJS.Timeout>();
  /** Replicas that are to stay down, because somebody said so. */
  readonly #stopped = new Set<number>();

  private constructor(
    node: ReplicaNode,
    network: string,
    startChild: StartChild,
    children: Map<number, ChildReplica>,
  ) {
    this.node = node;
    this.#network = network;
    this.#startChild = startChild;
    this.#children = children;
    for (const [index, child] of children) this.#watch(index, child, RESTART_AFTER_MS);
  }

  /** Starts all replicas of the network in a data directory. Throws what keeps any of them from starting. */
  static async start(options: EmbeddedNetworkOptions): Promise<EmbeddedNetwork> {
    const { directory, verifier, startChild, onPhase } = options;
    const network = networkDirectory(directory);
    const genesis = await readGenesis(genesisPath(directory));
    const passphrase = await readPassphraseFile(join(network, PASSPHRASE_FILE));
    // The lock of the own replica's directory keeps a second process away before it starts children of its own.
    const node = await ReplicaNode.start({
      directory: replicaDirectory(network, OWN_REPLICA),
      passphrase,
      verifier,
      ...(onPhase === undefined ? {} : { onPhase }),
    });
    onPhase?.('replicas');
    const children = new Map<number, ChildReplica>();
    try {
      for (let index = 0; index < genesis.replicas.length; index++) {
        if (index !== OWN_REPLICA) children.set(index, startChild(childOptions(network, index)));
      }
      await Promise.all([...children.values()].map(async (child) => await child.ready));
      await connected(node);
    } catch (error) {
      await Promise.all([...children.values()].map(async (child) => await child.stop()));
      await node.stop();
      throw error;
    }
    return new EmbeddedNetwork(node, network, startChild, children);
  }

  /** Indexes of the replicas whose processes run. */
  get running(): readonly number[] {
    return [OWN_REPLICA, ...this.#children.keys()].sort((left, right) => left - right);
  }

  /** Ends a replica's process with SIGKILL. It stays down until `restartReplica`. Throws `cli.usage` for the own one. */
  async killReplica(index: number): Promise<void> {
    const child = this.#children.get(index);
    if (child === undefined) {
      throw new CountersignError('cli.usage', {
        problem: `replica ${String(index)} has no process of its own`,
      });
    }
    this.#stopped.add(index);
    await child.kill();
  }

  /** Starts a replica's process again, and waits until it takes part. */
  async restartReplica(index: number): Promise<void> {
    this.#stopped.delete(index);
    clearTimeout(this.#restarts.get(index));
    this.#restarts.delete(index);
    if (this.#children.has(index)) return;
    await this.#start(index, RESTART_AFTER_MS).ready;
  }

  /** Stops all replicas, and waits for their processes to end. */
  async stop(): Promise<void> {
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    for (let index = 0; index < this.node.genesis.replicas.length; index++) this.#stopped.add(index);
    await Promise.all([...this.#children.values()].map(async (child) => await child.stop()));
    await this.node.stop();
  }

  #start(index: number, restartAfterMs: number): ChildReplica {
    const child = this.#startChild(childOptions(this.#network, index));
    this.#children.set(index, child);
    this.#watch(index, child, restartAfterMs);
    return child;
  }

  /** A child that ends by itself is started again, after a pause that grows while it keeps ending. */
  #watch(index: number, child: ChildReplica, restartAfterMs: number): void {
    const startedMs = performance.now();
    void child.exited.then(() => {
      this.#children.delete(index);
      if (this.#stopped.has(index)) return;
      // One that has run for a while was healthy: what ended it now is something new.
      const wasSteady = performance.now() - startedMs >= STEADY_AFTER_MS;
      const delayMs = wasSteady ? RESTART_AFTER_MS : restartAfterMs;
      const timer = setTimeout(() => {
        this.#restarts.delete(index);
        this.#start(index, Math.min(2 * delayMs, RESTART_MAX_MS));
      }, delayMs);
      this.#restarts.set(index, timer);
    });
  }
}

/** Waits, for a while, until the replica is connected with all others: then the first request is a fast one. */
async function connected(node: ReplicaNode): Promise<void> {
  const deadlineMs = Date.now() + CONNECT_PATIENCE_MS;
  while (node.replica.status().connectedReplicas < node.genesis.replicas.length && Date.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, CONNECT_POLL_MS));
  }
}

function childOptions(network: string, index: number): { directory: string; passphraseFile: string } {
  return { directory: replicaDirectory(network, index), passphraseFile: join(network, PASSPHRASE_FILE) };
}
