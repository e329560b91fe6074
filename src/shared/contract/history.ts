/**
 * The last quarter of an hour as the local replica saw it, one point a second: what the charts are drawn from.
 * @module
 */
import { z } from 'zod';
import { countSchema, timeSchema } from './basics.ts';

/** Time between two points, in milliseconds. */
export const HISTORY_INTERVAL_MS = 1_000;
/** Most points that are kept, the newest: fifteen minutes of them. */
export const HISTORY_POINTS_MAX = 900;

/** How long something took, in milliseconds: half of all took no longer than the median, 95 % no longer than `p95`. */
export const tookSchema = z.strictObject({
  median: z.number().nonnegative(),
  p95: z.number().nonnegative(),
});

/** One second. A second without a point is one in which no replica ran. */
export const historyPointSchema = z.strictObject({
  atMs: timeSchema,
  /** Requests in the blocks that the local replica accepted since the point before. */
  requestsPerSecond: z.number().nonnegative(),
  /** Height of its newest block minus height of its last stable checkpoint. */
  checkpointDistance: countSchema,
  /**
   * From sending a request here until a quorum of replicas had answered alike, for the requests that came so far
   * in the ten seconds before; `null` where none did.
   */
  acceptedMs: tookSchema.nullable(),
  /** From sending a request here until it was final, in the same way. */
  finalMs: tookSchema.nullable(),
});

export type Took = z.infer<typeof tookSchema>;
export type HistoryPoint = z.infer<typeof historyPointSchema>;
