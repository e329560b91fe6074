/**
 * The one contract between the console's pages and the main process: every channel with the schema of its input and
 * of its output. Both transports (Electron IPC, WebSocket on loopback) carry exactly these channels, and both sides
 * check every value against its schema (SECURITY.md 6).
 * @module
 */
import { z } from 'zod';
import { DECISIONS } from '../domain/payload.ts';
import { checkpointChannels } from './checkpoints.ts';
import { desktopChannels } from './desktop.ts';
import { diagnosticsChannels } from './diagnostics.ts';
import { keyChannels, passphraseSchema } from './keys.ts';
import {
  blockDetailSchema,
  blockSummarySchema,
  checklistSchema,
  EXPECTED_SIGNERS_VIEW_MAX,
  FAULTS,
  countSchema,
  errorSchema,
  hashSchema,
  itemDetailSchema,
  itemIdSchema,
  itemSchema,
  requestDetailSchema,
  snapshotSchema,
  textSchema,
  timeSchema,
  verificationSchema,
} from './model.ts';
import { openingChannels } from './opening.ts';
import { peerChannels } from './peers.ts';
import { registryChannels } from './registry.ts';
import { searchChannels } from './search.ts';
import { settingsChannels } from './settings.ts';
import { CARD_TEXT_CHARS_MAX, GENESIS_TEXT_MAX, SETUP_PATHS } from './setup.ts';
import { updateChannels } from './updates.ts';

/** Largest piece of an uploaded file in one call, in bytes. */
export const UPLOAD_CHUNK_BYTES_MAX = 256 * 1024;
/** Largest file that can be read as a batch of assessments, in bytes. Documents are only hashed: no such limit. */
export const ASSESSMENTS_FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Largest draft file, in bytes (`DRAFT_FILE_BYTES_MAX` of the ledger). */
export const DRAFT_UPLOAD_BYTES_MAX = 32 * 1024 * 1024;
/** Largest file of a signed request, in bytes, whatever the network allows. */
export const REQUEST_UPLOAD_BYTES_MAX = 16 * 1024 * 1024;
/** Longest note to the signers of a draft, in characters. */
export const DRAFT_NOTE_CHARS_MAX = 1_000;
/** Most files in one drop. */
export const UPLOAD_FILES_MAX = 100;
/** Most records in one page of a table. */
export const RECORDS_PAGE_MAX = 500;
/** Most items in one page. */
export const ITEMS_PAGE_VIEW_MAX = 500;
/** Most blocks in one page. */
export const BLOCKS_PAGE_MAX = 200;
/** Most items that are signed at once. */
export const SIGN_BATCH_MAX = 100;
/** Longest time by which the messages of a slow replica can be held back, in milliseconds: past every timeout. */
export const FAULT_DELAY_MAX_MS = 60_000;
/** Largest receipt file that is taken for verification, in characters. */
export const RECEIPT_CHARS_MAX = 48 * 1024 * 1024;

const nothing = z.strictObject({});
const nameSchema = z.string().trim().min(1).max(255);
const recordsPage = {
  firstRecord: countSchema,
  recordCount: z.number().int().min(0).max(RECORDS_PAGE_MAX),
};

/** The outcome of one item of a batch. */
export const signResultSchema = z.strictObject({ id: itemIdSchema, error: errorSchema.nullable() });

export const channels = {
  /** The whole picture; deltas with greater numbers follow. */
  'session.snapshot': { input: nothing, output: snapshotSchema },

  /** "Try it": makes a key and an embedded network of four replicas in the data directory, and starts it. */
  'setup.try': {
    input: z.strictObject({
      supervisorName: nameSchema,
      organisation: nameSchema,
      networkName: nameSchema,
      passphrase: passphraseSchema,
    }),
    output: nothing,
  },

  /** Turns to making a network or joining one, or back to the choice. A genesis that was there is dropped. */
  'setup.choose': { input: z.strictObject({ path: z.enum(SETUP_PATHS).nullable() }), output: nothing },
  /** Makes the keys and the card of this data directory. */
  'setup.makeCard': {
    input: z.strictObject({
      replicaName: nameSchema,
      organisation: nameSchema,
      host: nameSchema,
      port: countSchema,
      supervisorName: nameSchema.nullable(),
      passphrase: passphraseSchema,
    }),
    output: nothing,
  },
  /** The card of this data directory, as the text of a file. */
  'setup.card': {
    input: nothing,
    output: z.strictObject({ fileName: textSchema, text: z.string().max(CARD_TEXT_CHARS_MAX) }),
  },
  /** Takes the cards in the text of a card file: all or none. */
  'setup.addCards': { input: z.strictObject({ text: z.string().max(CARD_TEXT_CHARS_MAX) }), output: nothing },
  'setup.removeCard': { input: z.strictObject({ publicKey: hashSchema }), output: nothing },
  /** Makes a genesis of the own and the collected cards. */
  'setup.makeGenesis': {
    input: z.strictObject({
      networkName: nameSchema,
      /** Supervisors that must approve a change of the registry; `null`: a majority. */
      threshold: countSchema.nullable(),
      proposalBlocks: countSchema,
    }),
    output: nothing,
  },
  /** Takes a genesis file or an invitation. */
  'setup.importGenesis': {
    input: z.strictObject({ text: z.string().max(GENESIS_TEXT_MAX) }),
    output: nothing,
  },
  'setup.dropGenesis': { input: nothing, output: nothing },
  'setup.genesis': {
    input: nothing,
    output: z.strictObject({ fileName: textSchema, text: z.string().max(GENESIS_TEXT_MAX) }),
  },
  'setup.invitation': { input: nothing, output: z.strictObject({ text: z.string().max(GENESIS_TEXT_MAX) }) },
  /**
   * Joins and starts. The page names the network whose fingerprint a person has compared; another one is refused with
   * `genesis.mismatch`.
   */
  'setup.join': {
    input: z.strictObject({ networkId: hashSchema, passphrase: passphraseSchema }),
    output: nothing,
  },
  /** Opens the key of the replica, where the stage is `locked`, and starts it. */
  'setup.unlock': { input: z.strictObject({ passphrase: passphraseSchema }), output: nothing },

  /** Announces a file. Refused at once where its size alone forbids it. */
  'upload.begin': {
    input: z.strictObject({
      name: z.string().min(1).max(255),
      mediaType: z.string().max(255),
      sizeBytes: countSchema,
      /** `draft`: a draft file (.csdraft). `request`: a signed request (.csreq). */
      purpose: z.enum(['assessments', 'document', 'draft', 'request']),
    }),
    output: z.strictObject({ uploadId: itemIdSchema }),
  },
  /** The next piece of a file, in base64. Pieces come in order. */
  'upload.chunk': {
    input: z.strictObject({
      uploadId: itemIdSchema,
      offsetBytes: countSchema,
      data: z.base64().max(Math.ceil(UPLOAD_CHUNK_BYTES_MAX / 3) * 4),
    }),
    output: z.strictObject({ receivedBytes: countSchema }),
  },
  'upload.cancel': { input: z.strictObject({ uploadId: itemIdSchema }), output: nothing },
  /**
   * Makes one draft of one uploaded table, of one or more uploaded documents or of a draft file; or takes in one signed
   * request, which is not sent before `item.submit`.
   */
  'upload.finish': {
    input: z.strictObject({ uploadIds: z.array(itemIdSchema).min(1).max(UPLOAD_FILES_MAX) }),
    output: itemSchema,
  },

  /** Items older than `before` (or the newest, for `null`), newest first. */
  'item.page': {
    input: z.strictObject({
      before: z.strictObject({ createdAtMs: timeSchema, id: itemIdSchema }).nullable(),
      limit: z.number().int().min(1).max(ITEMS_PAGE_VIEW_MAX),
    }),
    output: z.strictObject({ items: z.array(itemSchema).max(ITEMS_PAGE_VIEW_MAX) }),
  },
  /** One item with a page of its records. */
  'item.get': {
    input: z.strictObject({ id: itemIdSchema, ...recordsPage }),
    output: itemDetailSchema,
  },
  /**
   * Changes what a draft says about its content. Fields left out stay. With `shownHash` only where the content is still
   * the one that the page has shown: otherwise throws `draft.changed`.
   */
  'item.edit': {
    input: z.strictObject({
      id: itemIdSchema,
      shownHash: hashSchema.optional(),
      title: z.string().max(255).optional(),
      remark: z.string().max(10_000).optional(),
      decision: z.enum(DECISIONS).optional(),
    }),
    output: itemSchema,
  },
  'item.decline': { input: z.strictObject({ id: itemIdSchema }), output: itemSchema },
  /** Takes back a decline. */
  'item.restore': { input: z.strictObject({ id: itemIdSchema }), output: itemSchema },
  /**
   * A draft of the same content as an item that was refused or has expired, which stays as it was; one that there is
   * already, where nobody has changed it since.
   */
  'item.again': { input: z.strictObject({ id: itemIdSchema }), output: itemSchema },
  /** Forgets a draft, a declined, a refused or an expired item, or a final one (the ledger keeps its request). */
  'item.remove': { input: z.strictObject({ id: itemIdSchema }), output: nothing },
  /**
   * Signs and sends. The page names what it showed by its hash; the main process signs its own copy, and refuses
   * with `draft.changed` where the two differ (SECURITY.md 8). Without a passphrase and while the key is locked, the
   * items wait as they were shown, and are signed when it is unlocked.
   *
   * Where the snapshot says `confirmation: 'window'`, a passphrase is refused with `confirm.passphraseHere`, and the
   * answer comes when a person has answered in the confirmation's own window: items that they left out have no result.
   * Rejects with `confirm.*` where it was not confirmed.
   */
  'item.sign': {
    input: z.strictObject({
      items: z
        .array(z.strictObject({ id: itemIdSchema, shownHash: hashSchema }))
        .min(1)
        .max(SIGN_BATCH_MAX),
      /** Unlocks the key; `null` where it is asked for in a window of its own. */
      passphrase: passphraseSchema.nullable(),
    }),
    output: z.strictObject({ results: z.array(signResultSchema) }),
  },

  /** Sends an imported request, which others signed, on behalf of whoever has reviewed it here. */
  'item.submit': {
    input: z.strictObject({ id: itemIdSchema, shownHash: hashSchema }),
    output: itemSchema,
  },
  /** Who has signed the content of an item, and who is still missing. */
  'item.checklist': { input: z.strictObject({ id: itemIdSchema }), output: checklistSchema },
  /** The draft file of an item's content, for others to sign without a network. A draft remembers whom it waits for. */
  'item.exportDraft': {
    input: z.strictObject({
      id: itemIdSchema,
      shownHash: hashSchema,
      /** Keys of registered supervisors. */
      signers: z.array(hashSchema).max(EXPECTED_SIGNERS_VIEW_MAX),
      note: z.string().max(DRAFT_NOTE_CHARS_MAX),
    }),
    output: z.strictObject({ fileName: textSchema, text: z.string().max(DRAFT_UPLOAD_BYTES_MAX) }),
  },

  ...keyChannels,
  ...registryChannels,
  ...peerChannels,
  ...searchChannels,
  ...diagnosticsChannels,
  ...settingsChannels,
  ...desktopChannels,
  ...openingChannels,
  ...updateChannels,

  /** Blocks below a height (or the newest, for `null`), newest first. */
  'block.page': {
    input: z.strictObject({
      beforeHeight: countSchema.nullable(),
      limit: z.number().int().min(1).max(BLOCKS_PAGE_MAX),
    }),
    output: z.strictObject({ blocks: z.array(blockSummarySchema) }),
  },
  'block.get': { input: z.strictObject({ height: countSchema }), output: blockDetailSchema },
  'request.get': {
    input: z.strictObject({ id: hashSchema, ...recordsPage }),
    output: requestDetailSchema,
  },

  ...checkpointChannels,

  /** The receipt of a final request, as the text of a file. */
  'receipt.export': {
    input: z.strictObject({ requestId: hashSchema }),
    output: z.strictObject({ fileName: textSchema, text: z.string().max(RECEIPT_CHARS_MAX) }),
  },
  'receipt.verify': {
    input: z.strictObject({ text: z.string().max(RECEIPT_CHARS_MAX) }),
    output: verificationSchema,
  },
  /** The evidence against a replica of an epoch, as the text of a file that anybody can check with the genesis. */
  'evidence.export': {
    input: z.strictObject({ epoch: countSchema, replica: countSchema }),
    output: z.strictObject({ fileName: textSchema, text: z.string().max(RECEIPT_CHARS_MAX) }),
  },

  /** Makes something go wrong with a replica of the embedded network; replaces the fault that it had. */
  'faults.inject': {
    input: z.strictObject({
      replica: countSchema,
      fault: z.enum(FAULTS),
      /** Needed for `slow`, and for nothing else. */
      delayMs: z.number().int().min(1).max(FAULT_DELAY_MAX_MS).optional(),
    }),
    output: nothing,
  },
  /** Ends what was made to go wrong with a replica. */
  'faults.heal': { input: z.strictObject({ replica: countSchema }), output: nothing },

  /** The genesis file: all that is needed, beside a receipt, to verify it anywhere. */
  'genesis.export': {
    input: nothing,
    output: z.strictObject({ fileName: textSchema, text: z.string().max(8 * 1024 * 1024) }),
  },
} as const;

export type Channels = typeof channels;
export type Channel = keyof Channels;
export type Input<C extends Channel> = z.input<Channels[C]['input']>;
export type Output<C extends Channel> = z.output<Channels[C]['output']>;

/** Names of all channels. */
export const CHANNEL_NAMES = Object.keys(channels) as Channel[];
