/**
 * The clock of this computer, where something shows that it is not the network's.
 * @module
 */
import { z } from 'zod';
import { timeSchema } from './basics.ts';

export const clockSchema = z.strictObject({
  /**
   * `replicas`: more than f of the other replicas have another time, so a correct one among them has. `block`: a block that
   * a quorum has certified bears a later time.
   */
  shownBy: z.enum(['replicas', 'block']),
  /** How far the network's time is ahead of this computer's, in milliseconds, at least; below 0 where it is behind. */
  aheadMs: z.number().int(),
  /** The time of that block; `null` where the replicas show it. */
  blockTimeMs: timeSchema.nullable(),
  /** Whether replicas with that time refuse what is signed by this clock now. */
  refused: z.boolean(),
});

export type ClockView = z.infer<typeof clockSchema>;
