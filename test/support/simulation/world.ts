/**
 * What the parts of a simulation share.
 * @module
 */
import type { ConsensusOptions, Membership } from '../../../src/main/consensus/config.ts';
import type { Consensus } from '../../../src/main/consensus/consensus.ts';
import type { Announcement, OwnStatement, PersistOperation } from '../../../src/main/consensus/effects.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import type { TestNetwork } from '../ledger.ts';
import type { Agenda } from './agenda.ts';
import type { Edge } from './edge.ts';
import type { Packet } from './packet.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
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

/** A replica's key. */
export interface SimulatedNode {
  readonly publicKey: Hex;
  readonly seed: Uint8Array;
}

/** Something at the place of a replica: a correct one, or whatever a test puts there. */
export interface Node {
  readonly index: number;
  receive(from: number, packet: Packet): void;
  receiveFromClient(client: number, bytes: Uint8Array): void;
  /** Whether `replica` can be reached has changed. */
  notice(replica: number, reachable: boolean): void;
}

/** A replica as whoever watches it sees it. */
export interface Watched {
  readonly consensus: Consensus;
  boot(): Consensus;
}

/** Sees every durable write, every signature and every answer, before it leaves. */
export interface Watcher {
  /** A replica starts in the epoch that it stands in, with these members. */
  onStart(replica: number, membership: Membership): void;
  beforeCommit(replica: number, operations: readonly PersistOperation[]): void;
  afterCommit(replica: number, watched: Watched): void;
  afterStep(replica: number, consensus: Consensus, membership: Membership): void;
  onSign(replica: number, statement: OwnStatement): void;
  onRespond(replica: number, height: number, hash: Hex, tag: Hex): void;
  /** A replica tells a client that its request is final in the block. */
  onReport(replica: number, requestId: Hex, height: number, hash: Hex): void;
  /** A client has seen its request final in the block. */
  onFinal(requestId: Hex, height: number, hash: Hex, how: string): void;
  onAnnouncement(by: number, announcement: Announcement): void;
}

export interface World {
  readonly network: TestNetwork;
  readonly options: SimulationOptions;
  readonly agenda: Agenda;
  readonly random: Random;
  readonly transcript: Transcript;
  readonly trace: Trace;
  readonly monitor: Watcher;
  readonly edge: Edge;
  /** Whether messages of correct replicas go round the codec. */
  readonly encodes: boolean;
  /** The replicas of the genesis, and then those that may be admitted: a replica is named by its place among them. */
  readonly nodes: readonly SimulatedNode[];
  /** The members of the newest epoch that a correct replica has begun. */
  readonly newest: Membership;
  /** The place of the replica with this key. */
  nodeOf(publicKey: Hex): number;
  /** A replica has begun another epoch. */
  begun(index: number): void;
  /** Differs at every start of a replica. */
  nextRunToken(): Hex;
  /** The clock of one replica, in milliseconds since 1970. */
  clockMs(index: number): number;
  /** Time that one durable write of a replica takes now. */
  diskMs(index: number): number;
  /** Hands a message to the network, from one replica to another. */
  carry(from: number, to: number, packet: Packet): void;
  carryToClient(from: number, client: number, bytes: Uint8Array): void;
  carryFromClient(client: number, to: number, bytes: Uint8Array): void;
  /** A replica has stopped at a planned moment. */
  stopped(index: number): void;
  /** A replica has thrown: `true` where that is no failure of the run. */
  isExpected(index: number, error: unknown): boolean;
  /** Adds a line to the transcript, where one is kept. */
  say(line: () => string): void;
}
