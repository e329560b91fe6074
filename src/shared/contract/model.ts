/**
 * What the console shows: every object that crosses from the main process to a page, as strict schemas. No schema
 * here has a secret in it (SECURITY.md 7).
 *
 * Times are milliseconds since 1970 in UTC; sizes are bytes; hashes, keys and ids are lowercase hex.
 * @module
 */
import { z } from 'zod';
import { DECISIONS, PAYLOAD_KINDS } from '../domain/payload.ts';
import {
  proposalSchema,
  registryActionSchema,
  registryDifferenceSchema,
  registrySummarySchema,
} from './registry.ts';
import { LEARNER_REASONS, evidenceSchema, faultsSchema, viewChangeSchema, viewsSchema } from './agreement.ts';
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
import { checkpointRoundSchema } from './checkpoints.ts';
import { HISTORY_POINTS_MAX, historyPointSchema } from './history.ts';
import { setupSchema } from './setup.ts';
import { clockSchema } from './clock.ts';
import { catchUpSchema, startingSchema } from './starting.ts';

export * from './agreement.ts';
export * from './basics.ts';
export * from './checkpoints.ts';
export * from './proof.ts';
export * from './history.ts';
export * from './setup.ts';
export * from './starting.ts';

/** Most expected signers of one item: as many as a draft file names. */
export const EXPECTED_SIGNERS_VIEW_MAX = 64;
/** Most items in a snapshot: some 320 kB. */
export const ITEMS_SNAPSHOT_MAX = 500;

/** What the main process is doing. `setup`: nothing is configured. `locked`: the passphrase of
 * the replica's key is needed. `failed`: it will not go on by itself. */
export const stageSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('setup') }),
  z.strictObject({ name: z.literal('locked') }),
  startingSchema,
  z.strictObject({ name: z.literal('running'), sinceMs: timeSchema }),
  z.strictObject({ name: z.literal('stopping') }),
  z.strictObject({ name: z.literal('failed'), error: errorSchema }),
]);

export const networkSchema = z.strictObject({
  networkId: hashSchema,
  name: textSchema,
  createdAtMs: timeSchema,
  /** n, f and q = n-f of PROTOCOL.md. */
  n: countSchema,
  f: countSchema,
  q: countSchema,
  replicas: z.array(memberSchema.extend({ index: countSchema, address: textSchema })),
  supervisors: z.array(memberSchema),
  maxRequestBytes: countSchema,
  checkpointDistance: countSchema,
  /** Whether all replicas run on this machine, made by "Try it". */
  embedded: z.boolean(),
});

/** Where the local replica stands. */
/** Where a replica stands to the set of replicas. `unknown`: nobody has proposed it, or its proposal has expired. */
export const ADMISSIONS = ['member', 'proposed', 'removed', 'unknown'] as const;

export const replicaSchema = z.strictObject({
  /** Its index; one that is no member comes after all members. */
  index: countSchema,
  /** Counts the sets of replicas, from 0. */
  epoch: countSchema,
  admission: z.enum(ADMISSIONS),
  tipHeight: countSchema,
  stableHeight: countSchema,
  /** Highest height that a quorum of replicas has attested to this one: what "in step" is measured against. */
  attestedHeight: countSchema,
  /** Set while it lacks more than `ON_THEIR_WAY_MAX` of those blocks. */
  catchUp: catchUpSchema.nullable(),
  lastBlockAtMs: timeSchema.nullable(),
  /** Whether something waits here for the primary: a request that is not ordered, or a block that is not stable. */
  awaiting: z.boolean(),
  view: countSchema,
  primaryIndex: countSchema,
  mode: z.enum(['normal', 'changing']),
  /** Replicas that it is connected with, itself included. */
  connected: countSchema,
  /** Whether it takes part in agreement: it has not stopped, is no learner, and does not listen any more. */
  participating: z.boolean(),
  /** Whether it has just started and asks the others what they have seen of it, before it signs anything. */
  listening: z.boolean(),
  /**
   * Why it only follows: what it had signed is lost, or others know of more, or its key is in use elsewhere. `null`
   * where it takes part.
   */
  learner: z.enum(LEARNER_REASONS).nullable(),
  requests: countSchema,
  requestsPerSecond: z.number().nonnegative(),
  storeBytes: countSchema,
  /** Set where something shows that the clock of this computer is not the network's. */
  clock: clockSchema.nullable(),
});

export const peerSchema = z.strictObject({
  index: countSchema,
  name: textSchema,
  publicKey: hashSchema,
  address: textSchema,
  self: z.boolean(),
  state: z.enum(['connected', 'connecting', 'refused', 'down']),
  sinceMs: timeSchema,
  roundTripMs: z.number().nonnegative().nullable(),
  lastMessageAtMs: timeSchema.nullable(),
  /** As the peer said last; `null` before it said anything. */
  view: countSchema.nullable(),
  tipHeight: countSchema.nullable(),
  stableHeight: countSchema.nullable(),
  /** Whether it takes part in agreement, as it said last. */
  participating: z.boolean().nullable(),
  bytesIn: countSchema,
  bytesOut: countSchema,
  lastError: errorSchema.nullable(),
});

/** The supervisor's own key on this machine. */
export const keySchema = z.strictObject({
  publicKey: hashSchema,
  name: textSchema,
  registered: z.boolean(),
  /** Height of the block since which it is no supervisor any more; `null` where it is one, or never was. */
  revokedHeight: countSchema.nullable(),
  unlocked: z.boolean(),
  /** When it locks by itself; `null` while locked. */
  unlockedUntilMs: timeSchema.nullable(),
});

/** The life of one item in the inbox (PRODUCT.md, "Inbox"). */
export const ITEM_STATES = [
  'draft',
  'declined',
  /** To be signed as it was shown, as soon as the key is unlocked. */
  'needsUnlock',
  /** Signed elsewhere, and not sent from here yet. */
  'imported',
  'signing',
  'sent',
  'accepted',
  'final',
  'refused',
  'expired',
] as const;

/** Where an item came from: made here, or read from a draft file or the file of a signed request. */
export const ITEM_ORIGINS = ['here', 'draftFile', 'requestFile'] as const;

/** Somebody whose signature is waited for, as a draft names them. */
export const expectedSignerSchema = z.strictObject({ publicKey: hashSchema, name: textSchema });

export const itemSchema = z.strictObject({
  id: itemIdSchema,
  kind: z.enum(PAYLOAD_KINDS),
  title: textSchema,
  /** Name of the file or files that it came from. */
  source: textSchema,
  createdAtMs: timeSchema,
  updatedAtMs: timeSchema,
  state: z.enum(ITEM_STATES),
  /** Hash of the canonical bytes of what would be signed, apart from time and signer. */
  contentHash: hashSchema,
  /**
   * Hash of what it is about, whatever is said of it: of the files, or of the columns and records; `null` for a change of
   * the registry, and for items of earlier versions.
   */
  subject: hashSchema.nullable(),
  /** Of documents alone. */
  decision: z.enum(DECISIONS).nullable(),
  sizeBytes: countSchema,
  /** Records of an assessments batch, or files of a document request. */
  count: countSchema,
  requestId: hashSchema.nullable(),
  signedAtMs: timeSchema.nullable(),
  origin: z.enum(ITEM_ORIGINS),
  /** Key of the supervisor who signed it; `null` before anybody did. */
  signer: hashSchema.nullable(),
  /** Whose signatures on this content are waited for; empty where nobody said. */
  expectedSigners: z.array(expectedSignerSchema).max(EXPECTED_SIGNERS_VIEW_MAX),
  /** A word to the signers, which is not signed. */
  note: textSchema,
  /** Replicas that answered alike (CP), of n. */
  accepted: countSchema,
  replicas: countSchema,
  height: countSchema.nullable(),
  /** `fast`: all n replicas answered alike. `certified`: a stable checkpoint covers it. */
  finality: z.enum(['fast', 'certified']).nullable(),
  finalAtMs: timeSchema.nullable(),
  /** Whether a receipt can be exported now. */
  receiptReady: z.boolean(),
  error: errorSchema.nullable(),
});

/** A value of a record: a number travels as its literal. */
export const cellSchema = z.union([
  z.null(),
  z.boolean(),
  textSchema,
  z.strictObject({ number: z.string().max(64) }),
]);

export const fileSchema = z.strictObject({
  name: textSchema,
  mediaType: textSchema,
  sizeBytes: countSchema,
  sha256: hashSchema,
});

/** What a request says, with one page of its records. */
export const contentSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('assessments'),
    title: textSchema,
    remark: textSchema,
    columns: z.array(textSchema),
    recordCount: countSchema,
    /** Index of the first record in `records`. */
    firstRecord: countSchema,
    records: z.array(z.array(cellSchema)),
  }),
  z.strictObject({
    kind: z.literal('document'),
    title: textSchema,
    remark: textSchema,
    decision: z.enum(DECISIONS),
    files: z.array(fileSchema),
  }),
  z.strictObject({
    kind: z.literal('registry'),
    remark: textSchema,
    action: registryActionSchema,
    /** Before and after; `null` where the ledger of this machine does not know what is changed. */
    difference: registryDifferenceSchema.nullable(),
    /** What is proposed, approved or withdrawn, as this machine's ledger has it; `null` where it does not. */
    proposal: proposalSchema.nullable(),
  }),
]);

/** All of one item, for the review page. */
export const itemDetailSchema = z.strictObject({
  item: itemSchema,
  content: contentSchema,
  /** The canonical bytes of the content, as indented diagnostic text. Cut after 64 KiB, and marked as cut. */
  canonicalText: z.string().max(70_000),
  canonicalCut: z.boolean(),
  /** The first canonical bytes in hex, at most 4 KiB of them. */
  bytesHex: z.string().max(8_192),
});

/** Who has signed one content, as far as this machine knows: from its inbox and the newest blocks of its ledger. */
export const checklistSchema = z.strictObject({
  contentHash: hashSchema,
  signers: z.array(
    z.strictObject({
      signer: memberSchema,
      /** Whether the draft waits for this signature. */
      expected: z.boolean(),
      /** One supervisor may have signed more than once. */
      requests: z.array(
        z.strictObject({
          requestId: hashSchema,
          signedAtMs: timeSchema,
          /** The item of the inbox; `null` for a request that is known from the ledger alone. */
          itemId: itemIdSchema.nullable(),
          /** `null` where it is in no block yet. */
          height: countSchema.nullable(),
          state: z.enum(ITEM_STATES),
        }),
      ),
    }),
  ),
  /** Expected signers of whom no signature is known. */
  missing: z.array(memberSchema),
  /** The ledger was searched from this height on. */
  searchedFromHeight: countSchema,
});

export const requestSummarySchema = z.strictObject({
  id: hashSchema,
  kind: z.enum(PAYLOAD_KINDS),
  title: textSchema,
  count: countSchema,
  timestampMs: timeSchema,
  supervisor: memberSchema,
  height: countSchema,
  /** Place within its block, from 0. */
  index: countSchema,
  sizeBytes: countSchema,
});

export const blockSummarySchema = z.strictObject({
  height: countSchema,
  hash: hashSchema,
  timeMs: timeSchema,
  requestCount: countSchema,
  /** Final: covered by a stable checkpoint. */
  stable: z.boolean(),
});

export const certificateSchema = z.strictObject({
  height: countSchema,
  hash: hashSchema,
  view: countSchema,
  stateDigest: hashSchema,
  signers: z.array(memberSchema.extend({ index: countSchema })),
});

export const blockDetailSchema = z.strictObject({
  block: blockSummarySchema,
  previousHash: hashSchema,
  requestsRoot: hashSchema,
  evidenceDigest: hashSchema,
  stateDigest: hashSchema,
  epoch: countSchema,
  requests: z.array(requestSummarySchema),
  /** What the block records against replicas. */
  evidence: z.array(evidenceSchema),
  /** The stable checkpoint that covers the block; `null` while none does. */
  certificate: certificateSchema.nullable(),
});

export const requestDetailSchema = z.strictObject({
  request: requestSummarySchema,
  signature: signatureSchema,
  content: contentSchema,
  block: blockSummarySchema,
  receiptReady: z.boolean(),
});

export const checkpointSchema = z.strictObject({
  height: countSchema,
  hash: hashSchema,
  atMs: timeSchema,
});

/** Everything that a page needs to start, as of delta number `sequence`. */
export const snapshotSchema = z.strictObject({
  sequence: countSchema,
  nowMs: timeSchema,
  version: textSchema,
  dataDirectory: textSchema,
  /** Who asks a person before anything is signed or unlocked: the page, or the program in a window of its own. */
  confirmation: z.enum(['page', 'window']),
  stage: stageSchema,
  /** How far making or joining a network has come; `null` where that is done. */
  setup: setupSchema.nullable(),
  network: networkSchema.nullable(),
  replica: replicaSchema.nullable(),
  peers: z.array(peerSchema),
  key: keySchema.nullable(),
  /** The newest `ITEMS_SNAPSHOT_MAX` items, newest first; `item.page` gives the others. */
  items: z.array(itemSchema).max(ITEMS_SNAPSHOT_MAX),
  /** Of all items. */
  itemCount: countSchema,
  /** The newest blocks, newest first. */
  blocks: z.array(blockSummarySchema),
  checkpoints: z.array(checkpointSchema),
  /** The checkpoint that is voted on; the last stable one where none is. `null` where neither was seen. */
  round: checkpointRoundSchema.nullable(),
  /** Oldest first. */
  history: z.array(historyPointSchema).max(HISTORY_POINTS_MAX),
  views: viewsSchema.nullable(),
  /** The last tries, newest first. */
  viewChanges: z.array(viewChangeSchema),
  /** One for each accused replica of an epoch. */
  evidence: z.array(evidenceSchema),
  /** `null` where this program hosts no embedded network. */
  faults: faultsSchema.nullable(),
  registry: registrySummarySchema.nullable(),
});

/** One change of the snapshot. */
export const changeSchema = z.discriminatedUnion('topic', [
  z.strictObject({ topic: z.literal('stage'), value: stageSchema }),
  z.strictObject({ topic: z.literal('setup'), value: setupSchema.nullable() }),
  z.strictObject({ topic: z.literal('network'), value: networkSchema.nullable() }),
  z.strictObject({ topic: z.literal('replica'), value: replicaSchema.nullable() }),
  z.strictObject({ topic: z.literal('peers'), value: z.array(peerSchema) }),
  z.strictObject({ topic: z.literal('key'), value: keySchema.nullable() }),
  z.strictObject({ topic: z.literal('item'), value: itemSchema }),
  z.strictObject({ topic: z.literal('itemRemoved'), id: itemIdSchema }),
  /** The blocks above this height have been taken off the chain. */
  z.strictObject({ topic: z.literal('rolledBack'), height: countSchema }),
  z.strictObject({ topic: z.literal('blocks'), value: z.array(blockSummarySchema) }),
  /** All blocks up to this height are stable. */
  z.strictObject({ topic: z.literal('checkpoint'), value: checkpointSchema }),
  z.strictObject({ topic: z.literal('round'), value: checkpointRoundSchema.nullable() }),
  /** One more point: none was at its time or after it. */
  z.strictObject({ topic: z.literal('history'), value: historyPointSchema }),
  z.strictObject({ topic: z.literal('views'), value: viewsSchema.nullable() }),
  /** A try that is new, or known by its id and changed. */
  z.strictObject({ topic: z.literal('viewChange'), value: viewChangeSchema }),
  /** Evidence that is new, or known by whom it accuses and changed. */
  z.strictObject({ topic: z.literal('evidence'), value: evidenceSchema }),
  z.strictObject({ topic: z.literal('faults'), value: faultsSchema.nullable() }),
  z.strictObject({ topic: z.literal('registry'), value: registrySummarySchema.nullable() }),
]);

/** Numbered changes, at most ten a second. A gap in the numbers means: ask for a snapshot. */
export const deltaSchema = z.strictObject({ sequence: countSchema, changes: z.array(changeSchema) });

export type Stage = z.infer<typeof stageSchema>;
export type NetworkView = z.infer<typeof networkSchema>;
export type Admission = (typeof ADMISSIONS)[number];
export type ReplicaView = z.infer<typeof replicaSchema>;
export type PeerView = z.infer<typeof peerSchema>;
export type KeyView = z.infer<typeof keySchema>;
export type ItemState = (typeof ITEM_STATES)[number];
export type ItemView = z.infer<typeof itemSchema>;
export type ContentView = z.infer<typeof contentSchema>;
export type ItemOrigin = (typeof ITEM_ORIGINS)[number];
export type Checklist = z.infer<typeof checklistSchema>;
export type ItemDetail = z.infer<typeof itemDetailSchema>;
export type RequestSummary = z.infer<typeof requestSummarySchema>;
export type BlockSummary = z.infer<typeof blockSummarySchema>;
export type BlockDetail = z.infer<typeof blockDetailSchema>;
export type CertificateView = z.infer<typeof certificateSchema>;
export type RequestDetail = z.infer<typeof requestDetailSchema>;
export type CheckpointView = z.infer<typeof checkpointSchema>;
export type Snapshot = z.infer<typeof snapshotSchema>;
export type Change = z.infer<typeof changeSchema>;
export type Delta = z.infer<typeof deltaSchema>;
