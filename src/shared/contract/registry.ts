/**
 * The registry and its changes in the console's contract.
 * @module
 */
import { z } from 'zod';
import { PROPOSAL_OUTCOMES } from '../domain/registry.ts';
import { passphraseSchema } from './keys.ts';
import { CARD_TEXT_CHARS_MAX } from './setup.ts';
import {
  countSchema,
  errorSchema,
  hashSchema,
  itemIdSchema,
  memberSchema,
  signatureSchema,
  textSchema,
  timeSchema,
} from './basics.ts';

/** Former members in one view of the registry: the newest ones. The history has all that it keeps. */
export const FORMER_MEMBERS_MAX = 1_000;
/** Names of supervisors who could still approve one proposal; how many there are is said. */
export const APPROVERS_SHOWN_MAX = 100;
/** Most entries in one page of the registry's history. */
export const REGISTRY_HISTORY_PAGE_MAX = 100;

const nameSchema = z.string().trim().min(1).max(255);
const nothing = z.strictObject({});
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

/** Where something happened: the block, and the request in it; `null` for genesis and for what expires. */
export const registryPlaceSchema = z.strictObject({
  height: countSchema,
  timeMs: timeSchema,
  requestId: hashSchema.nullable(),
});

/** Who counts, or counted until `until`. `words`: the fingerprint of the key, for people to compare. */
const standingMember = {
  words: textSchema,
  since: registryPlaceSchema,
  until: registryPlaceSchema.nullable(),
  /** The key that took the place of this one. */
  successor: hashSchema.nullable(),
};
export const registeredSupervisorSchema = memberSchema.extend(standingMember);
export const registeredReplicaSchema = replicaEntrySchema.extend(standingMember);

/** A supervisor, a replica or the policy, before a change or after it. */
export const registryFactsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('supervisor'), ...memberSchema.shape }),
  z.strictObject({ kind: z.literal('replica'), ...replicaEntrySchema.shape }),
  z.strictObject({ kind: z.literal('policy'), ...policySchema.shape }),
]);

/** What a change makes different. `null` before: it is new; `null` after: it goes. */
export const registryDifferenceSchema = z.strictObject({
  before: registryFactsSchema.nullable(),
  after: registryFactsSchema.nullable(),
});

/** A new supervisor or replica, as the card with this key says, in the text of a card file. */
const cardInput = { cardText: z.string().max(CARD_TEXT_CHARS_MAX), cardKey: hashSchema };

/** What a page asks to propose: the main process makes the change of it, and the draft that is reviewed. */
export const proposalInputSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('addSupervisor'), ...cardInput }),
  z.strictObject({ kind: z.literal('revokeSupervisor'), publicKey: hashSchema }),
  z.strictObject({
    kind: z.literal('renameSupervisor'),
    publicKey: hashSchema,
    name: nameSchema,
    organisation: nameSchema,
  }),
  /** Of the supervisor of this machine, whose old key signs: a new key is made in the vault. */
  z.strictObject({ kind: z.literal('rotateSupervisor'), passphrase: passphraseSchema }),
  z.strictObject({ kind: z.literal('addReplica'), ...cardInput }),
  z.strictObject({ kind: z.literal('removeReplica'), publicKey: hashSchema }),
  z.strictObject({
    kind: z.literal('updateReplica'),
    publicKey: hashSchema,
    name: nameSchema,
    organisation: nameSchema,
    host: nameSchema,
    port: portSchema,
  }),
  /** The new key is that of a card: the replica's operator has made it. */
  z.strictObject({ kind: z.literal('rotateReplica'), publicKey: hashSchema, ...cardInput }),
  z.strictObject({ kind: z.literal('setPolicy'), policy: policySchema }),
]);

/** A card as it is shown before anything is proposed of it. */
export const registryCardSchema = z.strictObject({
  kind: z.enum(['replica', 'supervisor']),
  ...memberSchema.shape,
  words: textSchema,
  address: textSchema.nullable(),
});

/** A change that waits for approvals. */
export const proposalSchema = z.strictObject({
  /** Id of the request that proposed it. */
  id: hashSchema,
  proposer: memberSchema,
  change: registryChangeSchema,
  difference: registryDifferenceSchema,
  height: countSchema,
  /** Last height at which it can be approved. */
  lastHeight: countSchema,
  approvals: z.array(memberSchema),
  /** Supervisors who may still approve it, by name, and how many there are. */
  approvers: z.array(memberSchema).max(APPROVERS_SHOWN_MAX),
  approverCount: countSchema,
  /** Approvals that it needs by the policy of now, and those that it lacks. */
  needed: countSchema,
  missing: countSchema,
  /** Why it could not be carried out as things are; `null` where it could. */
  obstacle: errorSchema.nullable(),
});

/** A change of the registry in a block that is not final yet. */
export const pendingActionSchema = z.strictObject({
  requestId: hashSchema,
  height: countSchema,
  supervisor: memberSchema,
  action: registryActionSchema,
});

/** The registry at the last stable height, and what is pending above it. */
export const registryViewSchema = z.strictObject({
  height: countSchema,
  policy: policySchema,
  approvalsNeeded: countSchema,
  /** Those who count, by name, and then those who did, the last first. */
  supervisors: z.array(registeredSupervisorSchema),
  replicas: z.array(registeredReplicaSchema),
  proposals: z.array(proposalSchema),
  pending: z.array(pendingActionSchema),
});

/** What the rest of the console needs to know of the registry. */
export const registrySummarySchema = z.strictObject({
  /** Grows with each change, so that a page knows when to look again. */
  revision: countSchema,
  proposals: countSchema,
  /** Those that the supervisor of this machine has not approved. */
  toApprove: countSchema,
});

/** One thing that happened to the registry. */
export const registryHistoryEntrySchema = z.strictObject({
  /** Counts all of them, from 1. */
  number: countSchema,
  place: registryPlaceSchema,
  /** `expire`: nobody did it, time was up. */
  type: z.enum(['propose', 'approve', 'withdraw', 'expire']),
  supervisor: memberSchema.nullable(),
  /** The proposal that it was about, and others that it settled. */
  proposals: z.array(
    z.strictObject({
      id: hashSchema,
      proposer: memberSchema,
      change: registryChangeSchema,
      difference: registryDifferenceSchema,
      outcome: z.enum(PROPOSAL_OUTCOMES),
    }),
  ),
});

/**
 * The channels of the Registry page. Those that end in a draft answer with the id of the item in the inbox: it is
 * reviewed and signed there, like anything else.
 */
export const registryChannels = {
  'registry.get': { input: nothing, output: registryViewSchema },
  /** What happened, newest first, below the entry with a number, or from the newest on. */
  'registry.history': {
    input: z.strictObject({
      before: countSchema.nullable(),
      limit: z.number().int().min(1).max(REGISTRY_HISTORY_PAGE_MAX),
    }),
    output: z.strictObject({ entries: z.array(registryHistoryEntrySchema).max(REGISTRY_HISTORY_PAGE_MAX) }),
  },
  /** The cards in the text of a card file, their proofs verified. Changes nothing. */
  'registry.readCards': {
    input: z.strictObject({ cardText: z.string().max(CARD_TEXT_CHARS_MAX) }),
    output: z.strictObject({ cards: z.array(registryCardSchema) }),
  },
  'registry.propose': {
    input: z.strictObject({ proposal: proposalInputSchema }),
    output: z.strictObject({ itemId: itemIdSchema }),
  },
  /** Approves a proposal, withdraws the own one, or takes the own approval back. */
  'registry.act': {
    input: z.strictObject({ type: z.enum(['approve', 'withdraw']), proposalId: hashSchema }),
    output: z.strictObject({ itemId: itemIdSchema }),
  },
  /** A card of a supervisor's key in the vault, made for this network, as the text of a file. */
  'registry.makeCard': {
    input: z.strictObject({
      publicKey: hashSchema,
      name: nameSchema,
      organisation: nameSchema,
      passphrase: passphraseSchema,
    }),
    output: z.strictObject({ fileName: textSchema, text: z.string().max(CARD_TEXT_CHARS_MAX) }),
  },
} as const;

export type ProposalInput = z.infer<typeof proposalInputSchema>;
export type RegistryCard = z.infer<typeof registryCardSchema>;
export type RegistryView = z.infer<typeof registryViewSchema>;
export type RegistrySummary = z.infer<typeof registrySummarySchema>;
export type RegisteredSupervisor = z.infer<typeof registeredSupervisorSchema>;
export type RegisteredReplica = z.infer<typeof registeredReplicaSchema>;
export type RegistryFactsView = z.infer<typeof registryFactsSchema>;
export type RegistryDifferenceView = z.infer<typeof registryDifferenceSchema>;
export type ProposalView = z.infer<typeof proposalSchema>;
export type PendingAction = z.infer<typeof pendingActionSchema>;
export type RegistryPlace = z.infer<typeof registryPlaceSchema>;
export type RegistryHistoryEntry = z.infer<typeof registryHistoryEntrySchema>;
