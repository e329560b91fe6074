/**
 * How the console shows what a receipt proves: a chain of links from the genesis to the certificate.
 *
 * Times are milliseconds since 1970 in UTC; hashes and keys are lowercase hex.
 * @module
 */
import { z } from 'zod';
import { PROOF_LINKS } from '../domain/proof.ts';
import { countSchema, errorSchema, hashSchema, memberSchema, textSchema, timeSchema } from './basics.ts';

/** One link. `notReached`: what it hangs on does not hold, so that nothing can be said of it. */
export const proofLinkSchema = z.strictObject({
  link: z.enum(PROOF_LINKS),
  state: z.enum(['ok', 'failed', 'notReached']),
  /** Why it breaks; `null` where it does not. */
  error: errorSchema.nullable(),
});

const networkMarkSchema = z.strictObject({
  networkId: hashSchema,
  /** Twelve words that people compare. */
  fingerprint: textSchema,
});

/**
 * What verifying a receipt showed, link by link. The facts are those of a valid one: what another merely says is not
 * told.
 */
export const verificationSchema = z.strictObject({
  valid: z.boolean(),
  /** All links, in order. */
  links: z.array(proofLinkSchema).length(PROOF_LINKS.length),
  /** The network that it was checked against. */
  network: networkMarkSchema.extend({ name: textSchema }),
  /** The network that the receipt names; `null` where it is none. */
  ofNetwork: networkMarkSchema.nullable(),
  requestId: hashSchema.nullable(),
  title: textSchema.nullable(),
  height: countSchema.nullable(),
  /** Time of the block. */
  blockTimeMs: timeSchema.nullable(),
  checkpointHeight: countSchema.nullable(),
  /** The epoch of the block, and how many replicas took part in it. */
  epoch: countSchema.nullable(),
  replicas: countSchema.nullable(),
  /** How many of them certify a checkpoint. */
  quorum: countSchema.nullable(),
  supervisor: memberSchema.nullable(),
  timestampMs: timeSchema.nullable(),
  signers: z.array(memberSchema),
  error: errorSchema.nullable(),
});

export type ProofLinkView = z.infer<typeof proofLinkSchema>;
export type Verification = z.infer<typeof verificationSchema>;
