/**
 * How the console shows checkpoints: the one that is being voted on, and all that are stable.
 *
 * Times are milliseconds since 1970 in UTC, as this replica saw them; hashes are lowercase hex.
 * @module
 */
import { z } from 'zod';
import { countSchema, hashSchema, memberSchema, timeSchema } from './basics.ts';

/** Most checkpoints in one page. */
export const CHECKPOINTS_PAGE_MAX = 100;

/** What a replica does towards a checkpoint, in order. Only the primary of the view orders. */
export const CHECKPOINT_PHASES = ['order', 'localCommit', 'checkpointVote'] as const;

/** What one replica did towards a checkpoint, and when this replica saw it. */
export const checkpointVoteSchema = z.strictObject({
  replica: countSchema,
  phase: z.enum(CHECKPOINT_PHASES),
  atMs: timeSchema,
});

/** How a checkpoint came about, as this replica saw it. */
const seenFields = {
  epoch: countSchema,
  height: countSchema,
  hash: hashSchema,
  /** When its block was accepted here; `null` where that was not seen, or where a certificate brought it. */
  acceptedAtMs: timeSchema.nullable(),
  /** `null` while it is not stable, or where that was not seen. */
  stableAtMs: timeSchema.nullable(),
  /** In the order in which they were seen. */
  votes: z.array(checkpointVoteSchema),
};

/** The newest checkpoint under vote; the last stable one where none is. */
export const checkpointRoundSchema = z.strictObject(seenFields);

/** A stable checkpoint. */
export const checkpointEntrySchema = z.strictObject({
  ...seenFields,
  blockTimeMs: timeSchema,
  /** The view in which it was certified. */
  view: countSchema,
  /** Height of the stable checkpoint before it; 0: genesis. */
  previousHeight: countSchema,
  /** Whether the epoch ends with its block. */
  endsEpoch: z.boolean(),
  /** Whose signatures its certificate has: their places among the replicas of the epoch. */
  signers: z.array(countSchema),
});

/** The channels of the Checkpoints page. */
export const checkpointChannels = {
  /** Stable checkpoints below a height (or the newest, for `null`), newest first, without genesis. */
  'checkpoint.page': {
    input: z.strictObject({
      beforeHeight: countSchema.nullable(),
      limit: z.number().int().min(1).max(CHECKPOINTS_PAGE_MAX),
    }),
    output: z.strictObject({
      checkpoints: z.array(checkpointEntrySchema).max(CHECKPOINTS_PAGE_MAX),
      /** The replicas of each epoch that a checkpoint of this page is of. */
      epochs: z.array(z.strictObject({ epoch: countSchema, replicas: z.array(memberSchema) })),
    }),
  },
} as const;

export type CheckpointPhase = (typeof CHECKPOINT_PHASES)[number];
export type CheckpointVote = z.infer<typeof checkpointVoteSchema>;
export type CheckpointRound = z.infer<typeof checkpointRoundSchema>;
export type CheckpointEntry = z.infer<typeof checkpointEntrySchema>;
export type CheckpointPage = z.infer<(typeof checkpointChannels)['checkpoint.page']['output']>;
