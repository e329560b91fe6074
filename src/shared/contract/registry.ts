/**
 * The registry and its changes in the console's contract.
 * @module
 */
import { z } from 'zod';
import { hashSchema, memberSchema, signatureSchema, textSchema } from './basics.ts';

const portSchema = z.number().int().min(0).max(65_535);
const positiveSchema = z.number().int().min(1);

export const replicaEntrySchema = memberSchema.extend({ host: textSchema, port: portSchema });
export const policySchema = z.strictObject({
  threshold: positiveSchema.nullable(),
  proposalBlocks: positiveSchema,
});

/** A change of the registry: see `domain/registry.ts`. */
export const registryChangeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('addSupervisor'), supervisor: memberSchema, proof: signatureSchema }),
  z.strictObject({ kind: z.literal('revokeSupervisor'), publicKey: hashSchema }),
  z.strictObject({
    kind: z.literal('renameSupervisor'),
    publicKey: hashSchema,
    name: textSchema,
    organisation: textSchema,
  }),
  z.strictObject({
    kind: z.literal('rotateSupervisor'),
    publicKey: hashSchema,
    newPublicKey: hashSchema,
    proof: signatureSchema,
  }),
  z.strictObject({ kind: z.literal('addReplica'), replica: replicaEntrySchema, proof: signatureSchema }),
  z.strictObject({ kind: z.literal('removeReplica'), publicKey: hashSchema }),
  z.strictObject({ kind: z.literal('updateReplica'), replica: replicaEntrySchema }),
  z.strictObject({
    kind: z.literal('rotateReplica'),
    publicKey: hashSchema,
    newPublicKey: hashSchema,
    proof: signatureSchema,
  }),
  z.strictObject({ kind: z.literal('setPolicy'), policy: policySchema }),
]);

/** What a supervisor does about a change of the registry. */
export const registryActionSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('propose'), change: registryChangeSchema }),
  z.strictObject({ type: z.literal('approve'), proposalId: hashSchema }),
  z.strictObject({ type: z.literal('withdraw'), proposalId: hashSchema }),
]);
