/**
 * The embedded network: four replicas on this machine, one in this process and three in processes of their own, for
 * trying Countersign out and for tests. They speak over the same network and keep the same files as any replica.
 * @module
 */
import { join } from 'node:path';
import { CountersignError, type PlainError } from '../../shared/errors.ts';
import type { ChildReplica, StartChild } from './childReplica.ts';
import { readPassphraseFile } from './childReplica.ts';
import { FAULTS, SLOW_DELAY_MAX_MS, SLOW_DELAY_MS, type Fault, type OutgoingFault } from './faults/fault.ts';
import { PASSPHRASE_FILE, genesisPath, networkDirectory, replicaDirectory } from './embeddedLayout.ts';
import { EMBEDDED_REPLICAS } from './createNetwork.ts';
import type { SignatureVerifier } from './inbox.ts';
import type { OnProgress } from '../storage/index.ts';
import { ReplicaNode, readGenesis, type StartPhase } from './node.ts';

export { EMBEDDED_REPLICAS, createEmbeddedNetwork, type CreateNetworkOptions } from './createNetwork.ts';
export { FAULTS, SLOW_DELAY_MAX_MS, SLOW_DELAY_MS, type Fault } from './faults/fault.ts';
export { genesisPath, isEmbeddedNetwork, supervisorKeyPath } from './embeddedLayout.ts';

export interface EmbeddedNetworkOptions {
  readonly directory: string;
  readonly verifier: SignatureVerifier;
  readonly startChild: StartChild;
  readonly onPhase?: (phase: StartPhase | 'replicas') => void;
  /** See `ReplicaNodeOptions`. */
  readonly onProgress?: OnProgress;
  /** Replicas that the own one is connected with while it waits for the others, itself included, of all. */
  readonly onConnected?: (connected: number, total: number) => void;
  /** Told why a replica in a process of its own has halted by itself; it is started again. Must not throw. */
  readonly onHalted?: (index: number, error: PlainError) => void;
}

/**
 * The replica that runs in this process: the last, so that the primaries of the first views have processes of their
 * own and can be stopped.
 */
export const OWN_REPLICA = EMBEDDED_REPLICAS - 1;
/** A fault that a replica has. */
export interface ActiveFault {
  readonly fault: Fault;
  /** By how much everything leaves a slow replica late, in milliseconds; `null` for the other faults. */
  readonly delayMs: number | null;
}

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
  readonly #onHalted: EmbeddedNetworkOptions['onHalted'];
  readonly #children: Map<number, ChildReplica>;
  readonly #restarts = new Map<number, NodeJS.Timeout>();
  /** A stopped one is to stay down. */
  readonly #faults = new Map<number, ActiveFault>();
  /** Faults come and go one after another. */
  #faultWork: Promise<void> = Promise.resolve();
  #isEnding = false;

  private constructor(
    node: ReplicaNode,
    network: string,
    { startChild, onHalted }: EmbeddedNetworkOptions,
    children: Map<number, ChildReplica>,
  ) {
    this.node = node;
    this.#network = network;
    this.#startChild = startChild;
    this.#onHalted = onHalted;
    this.#children = children;
    for (const [index, child] of children) this.#watch(index, child, RESTART_AFTER_MS);
  }

  /** Starts all replicas of the network in a data directory. Throws what keeps any of them from starting. */
  static async start(options: EmbeddedNetworkOptions): Promise<EmbeddedNetwork> {
    const { directory, verifier, startChild, onPhase, onProgress, onConnected } = options;
    const network = networkDirectory(directory);
    const genesis = await readGenesis(genesisPath(directory));
    const passphrase = await readPassphraseFile(join(network, PASSPHRASE_FILE));
    // The lock of the own replica's directory keeps a second process away before it starts children of its own.
    const node = await ReplicaNode.start({
      directory: replicaDirectory(network, OWN_REPLICA),
      passphrase,
      verifier,
      ...(onPhase === undefined ? {} : { onPhase }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    onPhase?.('replicas');
    const children = new Map<number, ChildReplica>();
    try {
      for (let index = 0; index < genesis.replicas.length; index++) {
        if (index !== OWN_REPLICA) children.set(index, startChild(childOptions(network, index)));
      }
      const stopTelling = tellConnected(node, onConnected);
      try {
        await Promise.all([...children.values()].map(async (child) => await child.ready));
        await connected(node);
      } finally {
        stopTelling();
      }
    } catch (error) {
      await Promise.all([...children.values()].map(async (child) => await child.stop()));
      await node.stop();
      throw error;
    }
    return new EmbeddedNetwork(node, network, options, children);
  }

  /** Indexes of the replicas whose processes run. */
  get running(): readonly number[] {
    return [OWN_REPLICA, ...this.#children.keys()].sort((left, right) => left - right);
  }

  /** The faults that a replica can be given: none for the one in this process. */
  possibleFaults(index: number): readonly Fault[] {
    const isChild = index !== OWN_REPLICA && index in this.node.genesis.replicas;
    if (!isChild) return [];
    // Windows cannot halt a process.
    return process.platform === 'win32' ? FAULTS.filter((fault) => fault !== 'pause') : FAULTS;
  }

  /** The fault that each replica has now, of those that have one. */
  get faults(): ReadonlyMap<number, ActiveFault> {
    return this.#faults;
  }

  /**
   * Gives a replica a fault, in place of the one it has; resolves when it has it. `delayMs` counts for `slow` alone:
   * from 1 to `SLOW_DELAY_MAX_MS`, `SLOW_DELAY_MS` unless given. A replica that ends by itself is rid of its fault.
   * Throws `fault.unavailable`.
   */
  async injectFault(index: number, fault: Fault, delayMs = SLOW_DELAY_MS): Promise<void> {
    const isDelay = Number.isInteger(delayMs) && delayMs >= 1 && delayMs <= SLOW_DELAY_MAX_MS;
    if (!this.possibleFaults(index).includes(fault) || !isDelay) throw unavailable(index, fault);
    await this.#oneAfterAnother(async () => {
      await this.#heal(index);
      await this.#inject(index, { fault, delayMs: fault === 'slow' ? delayMs : null });
    });
  }

  /** Ends a replica's fault, where it has one; one that was stopped takes part again when this resolves. */
  async healFault(index: number): Promise<void> {
    await this.#oneAfterAnother(async () => await this.#heal(index));
  }

  /** Ends a replica's process with SIGKILL. It stays down until `restartReplica`. Throws `fault.unavailable`. */
  async killReplica(index: number): Promise<void> {
    await this.injectFault(index, 'stop');
  }

  /** Starts a replica's process again, where it does not run, and waits until it takes part. */
  async restartReplica(index: number): Promise<void> {
    await this.#oneAfterAnother(async () => await this.#restart(index));
  }

  /** Tells all replicas that the machine has slept: see `ReplicaNode.wake`. */
  wake(): void {
    this.node.wake();
    for (const child of this.#children.values()) child.wake();
  }

  /** Stops all replicas, and waits for their processes to end. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    await Promise.all(
      [...this.#children.values()].map(async (child) => {
        // One that stands still would not hear that it is to stop.
        child.resume();
        await child.stop();
      }),
    );
    await this.node.stop();
  }

  async #oneAfterAnother(work: () => Promise<void>): Promise<void> {
    const result = this.#faultWork.then(async () => {
      if (this.#isEnding) throw new CountersignError('stopped', { what: 'the network' });
      await work();
    });
    this.#faultWork = result.catch(() => undefined);
    await result;
  }

  async #inject(index: number, active: ActiveFault): Promise<void> {
    const child = this.#children.get(index);
    if (active.fault === 'stop') {
      clearTimeout(this.#restarts.get(index));
      this.#restarts.delete(index);
      this.#faults.set(index, active);
      await child?.kill();
      return;
    }
    // One that is about to be started again has no process to give a fault to.
    if (child === undefined) throw unavailable(index, active.fault);
    if (active.fault === 'pause') child.pause();
    else {
      await child.ready;
      await child.setFault(outgoingFault(active));
    }
    if (this.#children.get(index) === child) this.#faults.set(index, active);
  }

  async #heal(index: number): Promise<void> {
    const active = this.#faults.get(index);
    this.#faults.delete(index);
    if (active === undefined) return;
    const child = this.#children.get(index);
    if (active.fault === 'stop') await this.#restart(index);
    else if (active.fault === 'pause') child?.resume();
    else await child?.setFault(null);
  }

  async #restart(index: number): Promise<void> {
    if (this.#faults.get(index)?.fault === 'stop') this.#faults.delete(index);
    clearTimeout(this.#restarts.get(index));
    this.#restarts.delete(index);
    if (!this.#children.has(index)) await this.#start(index, RESTART_AFTER_MS).ready;
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
    void child.exited.then((error) => {
      this.#children.delete(index);
      if (error !== undefined && !this.#isEnding) this.#onHalted?.(index, error);
      if (this.#isEnding || this.#faults.get(index)?.fault === 'stop') return;
      // What it was made to do ended with it.
      this.#faults.delete(index);
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

function outgoingFault({ fault, delayMs }: ActiveFault): OutgoingFault {
  if (fault === 'slow') return { kind: 'slow', delayMs: delayMs ?? SLOW_DELAY_MS };
  return { kind: fault === 'equivocate' ? 'equivocate' : 'silence' };
}

function unavailable(replica: number, fault: string): CountersignError {
  return new CountersignError('fault.unavailable', { replica, fault });
}

/** Tells of the connections as they come; returns a function that ends it. */
function tellConnected(node: ReplicaNode, tell: EmbeddedNetworkOptions['onConnected']): () => void {
  if (tell === undefined) return () => undefined;
  const look = (): void => {
    const { connectedReplicas, membership } = node.replica.status();
    tell(connectedReplicas, membership.sizes.n);
  };
  look();
  return node.subscribe(({ type }) => {
    if (type === 'peer') look();
  });
}

/** Waits, for a while, until the replica is connected with all others: then the first request is a fast one. */
async function connected(node: ReplicaNode): Promise<void> {
  const deadlineMs = performance.now() + CONNECT_PATIENCE_MS;
  const isWhole = (): boolean => {
    const { connectedReplicas, membership } = node.replica.status();
    return connectedReplicas >= membership.sizes.n;
  };
  while (!isWhole() && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, CONNECT_POLL_MS));
  }
}

function childOptions(network: string, index: number): { directory: string; passphraseFile: string } {
  return { directory: replicaDirectory(network, index), passphraseFile: join(network, PASSPHRASE_FILE) };
}
