/**
 * The other replicas as whoever operates this one sees them: connections, traffic, refusals, and who knocked.
 * @module
 */
import { z } from 'zod';
import { countSchema, errorSchema, hashSchema, textSchema, timeSchema } from './basics.ts';

/** Most kinds of trouble that are told of one replica, the latest. */
export const TROUBLES_SHOWN_MAX = 16;
/** Most addresses that were not let in that are kept and shown, the latest. */
export const KNOCKS_MAX = 50;
/** Most members and guests of one answer: `REPLICAS_MAX` and this replica, and `GUESTS_MAX`. */
export const PEERS_SHOWN_MAX = 64;

/**
 * Largest offset of a clock, in ms, that is not warned of: a tenth of the clock skew that a network allows unless told
 * otherwise. A time service leaves less than a second, and the measure is off by half a round trip at most.
 */
export const CLOCK_OFFSET_MAX_MS = 30_000;

/** `outside`: this replica, where it takes no part. `learner`: it only follows. */
export const PEER_ROLES = ['primary', 'backup', 'learner', 'guest', 'outside'] as const;

/** Something that went wrong, as it was the last time, and how often since the start. */
export const troubleSchema = z.strictObject({
  error: errorSchema,
  count: countSchema,
  lastAtMs: timeSchema,
});

export const peerDetailSchema = z.strictObject({
  index: countSchema,
  name: textSchema,
  publicKey: hashSchema,
  address: textSchema,
  self: z.boolean(),
  role: z.enum(PEER_ROLES),
  state: z.enum(['connected', 'connecting', 'refused', 'down']),
  /** Since when it is in this state. */
  sinceMs: timeSchema,
  /** As the replica said last; `null` before it said anything, and of guests. */
  view: countSchema.nullable(),
  tipHeight: countSchema.nullable(),
  stableHeight: countSchema.nullable(),
  roundTripMs: z.number().nonnegative().nullable(),
  /** How far its clock is ahead of this machine's, in ms; `null` while that is not known. */
  clockOffsetMs: z.number().int().nullable(),
  lastMessageAtMs: timeSchema.nullable(),
  /** Of all connections since the start of this epoch. */
  bytesIn: countSchema,
  bytesOut: countSchema,
  messagesIn: countSchema,
  messagesOut: countSchema,
  /** Whether this replica is the one that dials; the other one does where not. */
  dialledHere: z.boolean(),
  /** Attempts that failed since it was last connected. */
  failedDials: countSchema,
  nextDialAtMs: timeSchema.nullable(),
  /** Why it is, or last was, not connected. */
  lastError: errorSchema.nullable(),
  /** Refusals, ended connections and bad messages, the latest first. */
  troubles: z.array(troubleSchema).max(TROUBLES_SHOWN_MAX),
});

/** Somebody who came to the door and was not let in, by address and reason. */
export const knockSchema = z.strictObject({
  /** The IP address, without the port, which is another one each time. */
  host: textSchema,
  firstAtMs: timeSchema,
  ...troubleSchema.shape,
});

export const peersSchema = z.strictObject({
  nowMs: timeSchema,
  /** What "behind" is measured against: see `replicaSchema`. */
  attestedHeight: countSchema,
  /** Members of the epoch, and this replica after them where it is none. */
  members: z.array(peerDetailSchema).max(PEERS_SHOWN_MAX),
  /** Replicas that are no members, and follow. */
  guests: z.array(peerDetailSchema).max(PEERS_SHOWN_MAX),
  /** The latest first. */
  knocks: z.array(knockSchema).max(KNOCKS_MAX),
  /** All that were not let in since the start of this epoch, also those that `knocks` has dropped. */
  refused: countSchema,
  /** Clients connected: supervisors and their programs. */
  clients: countSchema,
});

export const peerChannels = {
  /** What is known of all replicas now. */
  'peers.get': { input: z.strictObject({}), output: peersSchema },
} as const;

export type PeerDetail = z.infer<typeof peerDetailSchema>;
export type PeerRole = (typeof PEER_ROLES)[number];
export type TroubleView = z.infer<typeof troubleSchema>;
export type KnockView = z.infer<typeof knockSchema>;
export type PeersView = z.infer<typeof peersSchema>;
