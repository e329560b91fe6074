/**
 * What a console can run: the replicas of a network that is made on this machine, or one replica of a real network.
 * The console knows them by this interface alone.
 * @module
 */
import type { StartChild } from '../../replica/childReplica.ts';
import type { EmbeddedNetwork } from '../../replica/embeddedNetwork.ts';
import type { SignatureVerifier } from '../../replica/inbox.ts';
import type { ReplicaNode, StartPhase } from '../../replica/node.ts';
import type { OnProgress } from '../../storage/index.ts';

/** What a start is given. */
export interface StartContext {
  /** The data directory, locked by the caller. */
  readonly directory: string;
  readonly verifier: SignatureVerifier;
  readonly startChild: StartChild;
  readonly onPhase: (phase: StartPhase | 'replicas') => void;
  /** How far the phase is. */
  readonly onProgress: OnProgress;
  /** Replicas that are connected so far, of all, in the phase `replicas`. */
  readonly onConnected: (connected: number, total: number) => void;
}

/** What runs. */
export interface Hosted {
  /** The replica in this process. */
  readonly node: ReplicaNode;
  /** The network whose replicas all run on this machine; `null` for one replica of a real network. */
  readonly embedded: EmbeddedNetwork | null;
  /** Path of the supervisor's encrypted key; `null` where none is kept here. */
  readonly supervisorKeyPath: string | null;
  /** The machine has slept: see `ReplicaNode.wake`. */
  wake(): void;
  /** Stops it and whatever was started with it. */
  stop(): Promise<void>;
}

/** Starts what a data directory holds. */
export interface Starter {
  /** Throws what keeps it from starting; then nothing of it runs. */
  start(context: StartContext): Promise<Hosted>;
}
