/**
 * The faults that a replica of the embedded network can be given, and how its parent tells it.
 * @module
 */
import { z } from 'zod';

/**
 * `stop`: killed, and stays down. `pause`: its process stands still. `silence`: nothing leaves it any more.
 * `equivocate`: it signs what contradicts itself. `slow`: everything leaves it late.
 */
export const FAULTS = ['stop', 'pause', 'silence', 'equivocate', 'slow'] as const;
export type Fault = (typeof FAULTS)[number];

/** By how much a slow replica's messages are held back unless something else is said, in milliseconds. */
export const SLOW_DELAY_MS = 5_000;
/** The most by which they can be held back, in milliseconds: past every timeout. */
export const SLOW_DELAY_MAX_MS = 60_000;

const outgoingFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('silence') }),
  z.strictObject({ kind: z.literal('equivocate') }),
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().int().min(1).max(SLOW_DELAY_MAX_MS) }),
]);

/** A fault that a replica's own process brings about, in what leaves it. */
export type OutgoingFault = z.infer<typeof outgoingFaultSchema>;

/** From the parent: misbehave so, or behave again (`null`). The child answers with `FaultDone`. */
export const faultOrderSchema = z.strictObject({
  type: z.literal('fault'),
  fault: outgoingFaultSchema.nullable(),
});
export type FaultOrder = z.infer<typeof faultOrderSchema>;
