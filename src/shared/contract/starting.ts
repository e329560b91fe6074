/**
 * What the console shows of a start: the phases in their order, how far the present one is, and what it waits for.
 * @module
 */
import { z } from 'zod';
import { countSchema, timeSchema } from './basics.ts';

/**
 * In the order in which they happen. `make`: the first run makes keys and a network. `verifyLog`: the files of the stored
 * ledger are checked. `replay`: what lies above the stable checkpoint is executed again. `join`: it calls the other
 * replicas. `replicas`: those of an embedded network start. `inbox`: what the console keeps is opened.
 */
export const START_PHASES = [
  'again',
  'make',
  'lock',
  'keys',
  'genesis',
  'verifyLog',
  'replay',
  'join',
  'replicas',
  'inbox',
] as const;
export const startPhaseSchema = z.enum(START_PHASES);

/**
 * How far a phase is. `log`: frames of the ledger's write-ahead log. `blocks`: those above the stable checkpoint at height
 * `fromHeight`. `requests`: executed ones whose ids are read. `connected`: replicas, this one included.
 */
export const startProgressSchema = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('log'), done: countSchema, total: countSchema }),
  z.strictObject({
    step: z.literal('blocks'),
    fromHeight: countSchema,
    done: countSchema,
    total: countSchema,
  }),
  z.strictObject({ step: z.literal('requests'), done: countSchema, total: countSchema }),
  z.strictObject({ step: z.literal('connected'), done: countSchema, total: countSchema }),
]);

export const startingSchema = z.strictObject({
  name: z.literal('starting'),
  phase: startPhaseSchema,
  /** When the phase began. */
  sinceMs: timeSchema,
  /** The phases that are done, in their order, and how long they took. */
  done: z.array(z.strictObject({ phase: startPhaseSchema, tookMs: countSchema })).max(START_PHASES.length),
  /** `null` where that is not known. */
  progress: startProgressSchema.nullable(),
  /** The process that has the data directory locked, and is waited for until `untilMs`. */
  heldBy: z.strictObject({ pid: countSchema, untilMs: timeSchema }).nullable(),
});

/**
 * A replica that lacks many blocks: it had `fromHeight` when that began, at `sinceMs`. `restMs`: how long the rest is
 * likely to take, by the pace of the last seconds; `null` while there is none.
 */
export const catchUpSchema = z.strictObject({
  fromHeight: countSchema,
  sinceMs: timeSchema,
  restMs: countSchema.nullable(),
});

/** Blocks that may be on their way while new ones are made, without anyone being behind. */
export const ON_THEIR_WAY_MAX = 8;

export type StartPhaseName = z.infer<typeof startPhaseSchema>;
export type StartProgress = z.infer<typeof startProgressSchema>;
export type StartingStage = z.infer<typeof startingSchema>;
export type CatchUpView = z.infer<typeof catchUpSchema>;
