/**
 * How the program itself fares: versions, files, memory, queues, counters, its log, and a report of all that. None of it
 * comes from a passphrase, a private key or what a request says (SECURITY.md 7).
 * @module
 */
import { z } from 'zod';
import { countSchema, textSchema, timeSchema } from './basics.ts';

/** Most lines of the log that are kept, the newest. */
export const LOG_ENTRIES_MAX = 1_000;
/** Most fields of one line. */
export const LOG_FIELDS_MAX = 12;
/** Longest text of a field, in characters. */
export const LOG_TEXT_CHARS_MAX = 200;
/** Most files of the data directory that are listed, the largest. */
export const FILES_LISTED_MAX = 100;
/** Longest report, in characters: a full log and the rest. */
export const REPORT_CHARS_MAX = 8 * 1024 * 1024;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export const logEntrySchema = z.strictObject({
  /** Counts from 1, without a gap. */
  number: countSchema,
  atMs: timeSchema,
  level: z.enum(LOG_LEVELS),
  /** What happened, as a code: `stage.running`, `peer.up`. */
  event: z.string().max(64),
  fields: z.record(z.string().max(64), z.union([z.string().max(LOG_TEXT_CHARS_MAX + 1), z.number()])),
});

export const VERSIONED = [
  'countersign',
  'protocol',
  'node',
  'electron',
  'chromium',
  'v8',
  'sqlite',
  'sodium',
  'openssl',
] as const;

/** What has a length: agreement's memory, the verifier, the replica's inputs. */
export const QUEUES = [
  'inputs',
  'pendingRequests',
  'orderedRequests',
  'orders',
  'localCommits',
  'votes',
  'earlyMessages',
  'rolledBackBlocks',
  'verifierQueued',
  'verifierRunning',
] as const;

const codeCountsSchema = z.array(z.strictObject({ code: z.string().max(64), count: countSchema }));

export const diagnosticsSchema = z.strictObject({
  nowMs: timeSchema,
  versions: z.array(z.strictObject({ name: z.enum(VERSIONED), version: textSchema })),
  platform: z.strictObject({
    system: textSchema,
    release: textSchema,
    architecture: textSchema,
    processors: countSchema,
    memoryBytes: countSchema,
  }),
  process: z.strictObject({
    startedAtMs: timeSchema,
    residentBytes: countSchema,
    heapUsedBytes: countSchema,
    heapTotalBytes: countSchema,
    externalBytes: countSchema,
  }),
  /** How late the event loop was, over the last minute or a little more. */
  loop: z.strictObject({
    p50Ms: z.number().nonnegative(),
    p99Ms: z.number().nonnegative(),
    maxMs: z.number().nonnegative(),
    spanMs: countSchema,
  }),
  storage: z.strictObject({
    directory: textSchema,
    /** Paths within the directory, the largest first. */
    files: z.array(z.strictObject({ path: textSchema, sizeBytes: countSchema })).max(FILES_LISTED_MAX),
    /** Files that are there and not listed. */
    more: countSchema,
    totalBytes: countSchema,
    /** Of the files of databases, and of what was written ahead of them. */
    databaseBytes: countSchema,
    writeAheadBytes: countSchema,
    /** What the file system has left for this program; `null` where it does not say. */
    freeBytes: countSchema.nullable(),
  }),
  queues: z.array(z.strictObject({ name: z.enum(QUEUES), length: countSchema })),
  counters: z.strictObject({
    /** Connections that were not let in, and that have ended, by the code of the reason. */
    refusals: codeCountsSchema,
    closings: codeCountsSchema,
    /** Messages that no correct side sends. */
    badMessages: codeCountsSchema,
    /** Signatures that were not verified because too many waited, and workers that died. */
    verifierRefused: countSchema,
    verifierDeaths: countSchema,
  }),
});

export const diagnosticsChannels = {
  'diagnostics.get': { input: z.strictObject({}), output: diagnosticsSchema },
  /** Lines of the log above a number, oldest first. What is known of another log is of a program that has ended. */
  'diagnostics.log': {
    input: z.strictObject({ after: countSchema }),
    output: z.strictObject({
      /** Which log it is: each start of the program begins one. */
      log: z.uuid(),
      entries: z.array(logEntrySchema).max(LOG_ENTRIES_MAX),
      /** Lines that were left out because one thing happened too often. */
      dropped: countSchema,
    }),
  },
  /** Everything above as the text of a file. Names of hosts and people become placeholders unless asked for. */
  'diagnostics.report': {
    input: z.strictObject({ withNames: z.boolean() }),
    output: z.strictObject({ fileName: textSchema, text: z.string().max(REPORT_CHARS_MAX) }),
  },
} as const;

export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogEntry = z.infer<typeof logEntrySchema>;
export type DiagnosticsView = z.infer<typeof diagnosticsSchema>;
export type QueueName = (typeof QUEUES)[number];
export type VersionedName = (typeof VERSIONED)[number];
