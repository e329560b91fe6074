/**
 * How the console shows agreement when something goes wrong: view changes, evidence against replicas, and the faults
 * that can be tried out on an embedded network.
 *
 * Times are milliseconds since 1970 in UTC; hashes, keys and signatures are lowercase hex.
 * @module
 */
import { z } from 'zod';
import { countSchema, hashSchema, memberSchema, signatureSchema, timeSchema } from './basics.ts';

/** Why a replica only follows the others and signs nothing. */
export const LEARNER_REASONS = ['stateLost', 'stateOld', 'keyInUse', 'notMember'] as const;

/** What a replica signed, field by field: a field that a statement of this kind lacks is `null`. */
export const statementSchema = z.strictObject({
  epoch: countSchema,
  view: countSchema,
  height: countSchema.nullable(),
  hash: hashSchema.nullable(),
  stateDigest: hashSchema.nullable(),
  contentDigest: hashSchema.nullable(),
  /** The 32 bytes that the signature is over. */
  digest: hashSchema,
  signature: signatureSchema,
});

/** Kinds of statements that replicas sign. */
export const STATEMENT_KINDS = ['order', 'localCommit', 'checkpointVote', 'viewChange', 'newView'] as const;

/** Two contradicting statements of one replica: one piece for each accused replica of an epoch. */
export const evidenceSchema = z.strictObject({
  /** In which the accused has its index, and made both statements. */
  epoch: countSchema,
  accused: memberSchema.extend({ index: countSchema }),
  kind: z.enum(STATEMENT_KINDS),
  statements: z.tuple([statementSchema, statementSchema]),
  /** When this replica learnt of it; `null` where that was before the program started. */
  learntAtMs: timeSchema.nullable(),
  /** Height of the block that records it; `null` while none does. */
  recordedHeight: countSchema.nullable(),
});

/** What a replica does during a view change, in order. */
export const VIEW_PHASES = ['suspected', 'viewChange', 'newView', 'entered'] as const;
/** What made this replica leave a view. */
export const VIEW_CHANGE_CAUSES = ['timeout', 'others', 'equivocation'] as const;

/** Where this replica stands among the views. */
export const viewsSchema = z.strictObject({
  view: countSchema,
  primaryIndex: countSchema,
  mode: z.enum(['normal', 'changing']),
  /** The view that it wants, while changing. Otherwise the view that it is in. */
  target: countSchema,
  /** Since when it is in this view, or without one. */
  sinceMs: timeSchema,
  /** Whether `sinceMs` is only when the program started: it was so before. */
  sinceStart: z.boolean(),
  /** Replicas that find the primary of this view too slow. */
  suspicions: z.array(z.strictObject({ replica: countSchema, atMs: timeSchema })),
  /** Replicas that want a later view, while this one still works in its own: the last wish of each. */
  wishes: z.array(z.strictObject({ replica: countSchema, view: countSchema, atMs: timeSchema })),
});

/** One try to get from one view into another, as this replica saw it. */
export const viewChangeSchema = z.strictObject({
  /** Counts the tries since the program started, from 1. */
  id: countSchema,
  fromView: countSchema,
  toView: countSchema,
  fromPrimary: countSchema,
  toPrimary: countSchema,
  /** `null` where this replica did not leave its view by itself, but was taken along. */
  cause: z.enum(VIEW_CHANGE_CAUSES).nullable(),
  /** `givenUp`: a later view was tried instead. */
  outcome: z.enum(['changing', 'entered', 'givenUp']),
  startedAtMs: timeSchema,
  endedAtMs: timeSchema.nullable(),
  /** Each replica's steps as they were seen here, in the order in which they were. */
  votes: z.array(z.strictObject({ replica: countSchema, phase: z.enum(VIEW_PHASES), atMs: timeSchema })),
  /** Where it ended in the new view. */
  result: z
    .strictObject({
      how: z.enum(['newView', 'certificate']),
      baseHeight: countSchema,
      /** The highest block that stayed: those put back stood right above it. */
      forkHeight: countSchema,
      keptBlocks: countSchema,
      putBackBlocks: countSchema,
    })
    .nullable(),
});

/** What can be made to go wrong with a replica of the embedded network. */
export const FAULTS = ['stop', 'pause', 'silence', 'equivocate', 'slow'] as const;

/** One fault that somebody brought about. */
export const faultRunSchema = z.strictObject({
  /** Counts the faults since the program started, from 1. */
  id: countSchema,
  replica: countSchema,
  fault: z.enum(FAULTS),
  /** By how much a slow replica's messages are held back. */
  delayMs: countSchema.nullable(),
  startedAtMs: timeSchema,
  /** When it was healed; `null` while it lasts. */
  endedAtMs: timeSchema.nullable(),
});

/** The fault panel of an embedded network. */
export const faultsSchema = z.strictObject({
  /** For each replica, the faults that it can be given. */
  possible: z.array(z.array(z.enum(FAULTS))),
  /** The faults that last, and the last ones that were healed, newest first. */
  runs: z.array(faultRunSchema),
});

export type LearnerReason = (typeof LEARNER_REASONS)[number];
export type StatementView = z.infer<typeof statementSchema>;
export type StatementKind = (typeof STATEMENT_KINDS)[number];
export type EvidenceView = z.infer<typeof evidenceSchema>;
export type ViewsView = z.infer<typeof viewsSchema>;
export type ViewPhase = (typeof VIEW_PHASES)[number];
export type ViewChangeView = z.infer<typeof viewChangeSchema>;
export type Fault = (typeof FAULTS)[number];
export type FaultRun = z.infer<typeof faultRunSchema>;
export type FaultsView = z.infer<typeof faultsSchema>;
