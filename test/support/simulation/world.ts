/**
 * What the parts of a simulation share.
 * @module
 */
import type { ConsensusOptions, Membership } from '../../../src/main/consensus/config.ts';
import type { TestNetwork } from '../ledger.ts';
import type { Agenda } from './agenda.ts';
import type { Monitor } from './monitor.ts';
import type { Random } from './random.ts';
import type { Transcript } from './transcript.ts';

/** How replicas and the network between them behave. Times are milliseconds of virtual time. */
export interface SimulationOptions {
  readonly seed: number;
  /** Least and greatest time that a message takes. */
  readonly delayMs: readonly [number, number];
  /** Probability that a message is lost, 0 to 1. */
  readonly loss: number;
  /** Probability that a message arrives twice. */
  readonly duplication: number;
  /** Time from a step to its effects: one durable write. */
  readonly diskMs: number;
  /** Time after which the others notice that a replica has stopped; `null` if they never do. */
  readonly noticeMs: number | null;
  /** How long a client waits before it commits, or sends its request again. */
  readonly clientTimeoutMs: number;
  /** Clock of each replica against true time. */
  readonly clockSkewMs: readonly number[];
  readonly consensus: Partial<ConsensusOptions>;
}

export const DEFAULT_SIMULATION: SimulationOptions = {
  seed: 1,
  delayMs: [1, 1],
  loss: 0,
  duplication: 0,
  diskMs: 1,
  noticeMs: null,
  clientTimeoutMs: 200,
  clockSkewMs: [],
  consensus: {},
};

/** Something at the place of a replica: a correct one, or whatever a test puts there. */
export interface Node {
  readonly index: number;
  receive(from: number, bytes: Uint8Array): void;
  receiveFromClient(client: number, bytes: Uint8Array): void;
  /** Whether `replica` can be reached has changed. */
  notice(replica: number, reachable: boolean): void;
}

export interface World {
  readonly network: TestNetwork;
  readonly options: SimulationOptions;
  readonly agenda: Agenda;
  readonly random: Random;
  readonly transcript: Transcript;
  readonly monitor: Monitor;
  membership(index: number): Membership;
  /** The clock of one replica, in milliseconds since 1970. */
  clockMs(index: number): number;
  /** Hands bytes to the network, from one replica to another. */
  carry(from: number, to: number, bytes: Uint8Array): void;
  carryToClient(from: number, client: number, bytes: Uint8Array): void;
  carryFromClient(client: number, to: number, bytes: Uint8Array): void;
  /** A replica has stopped at a planned moment. */
  stopped(index: number): void;
  say(line: string): void;
}
