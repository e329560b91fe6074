/**
 * The part of the contract about searching the ledger.
 * @module
 */
import { z } from 'zod';
import { PAYLOAD_KINDS } from '../domain/payload.ts';
import { countSchema, hashSchema, textSchema, timeSchema } from './basics.ts';
import { blockSummarySchema, requestSummarySchema } from './model.ts';

/** Longest text of a search, in UTF-16 code units: more than a hash in groups of four. */
export const SEARCH_TEXT_MAX = 256;
/** Most requests in one page of what was found. */
export const FOUND_PAGE_MAX = 100;

/** Where in a request a text stands. `name`: of its supervisor; `member`: whom a change of the registry is about. */
export const FOUND_FIELDS = ['title', 'name', 'remark', 'file', 'column', 'record', 'member'] as const;

/** Part of a text that matches, from `start` up to but not including `end`, in UTF-16 code units. */
const markSchema = z.strictObject({ start: countSchema, end: countSchema });

/** A place on the chain. What is found next stands before it. */
const placeSchema = z.strictObject({ height: countSchema, index: countSchema });

export const foundRequestSchema = z.strictObject({
  request: requestSummarySchema,
  blockTimeMs: timeSchema,
  /** Final: its block is covered by a stable checkpoint. */
  stable: z.boolean(),
  titleMarks: z.array(markSchema),
  /** The best of what matches beside the title. */
  snippet: z
    .strictObject({
      field: z.enum(FOUND_FIELDS),
      text: textSchema,
      marks: z.array(markSchema),
      /** The text goes on before it, and after it. */
      cutBefore: z.boolean(),
      cutAfter: z.boolean(),
    })
    .nullable(),
});

export const searchInputSchema = z.strictObject({
  /** Words that must all be there, the last one as the beginning of one; or a height, hash or id. May be empty. */
  text: z.string().max(SEARCH_TEXT_MAX),
  supervisor: hashSchema.nullable(),
  /** One of these; empty: any. */
  kinds: z.array(z.enum(PAYLOAD_KINDS)).max(PAYLOAD_KINDS.length),
  /** Time of the block, inclusive. */
  fromMs: timeSchema.nullable(),
  toMs: timeSchema.nullable(),
  /** Height of the block, inclusive. */
  fromHeight: countSchema.nullable(),
  toHeight: countSchema.nullable(),
  /** `next` of the page before; `null` for the first one. */
  before: placeSchema.nullable(),
  limit: z.number().int().min(1).max(FOUND_PAGE_MAX),
});

export const foundSchema = z.strictObject({
  /** Blocks that the text names by height or hash. Only on the first page. */
  blocks: z.array(blockSummarySchema),
  /** Requests that it names by id. Only on the first page. */
  named: z.array(foundRequestSchema),
  /** Requests that match, newest first. */
  requests: z.array(foundRequestSchema),
  next: placeSchema.nullable(),
  /** It took long: what was found until then is here, and there may be more. */
  cutShort: z.boolean(),
  /** How far the index reaches, and the ledger. */
  indexedHeight: countSchema,
  tipHeight: countSchema,
});

export const searchChannels = {
  /** Requests of the ledger by words and filters, and what a height, hash or id names. */
  'search.query': { input: searchInputSchema, output: foundSchema },
} as const;

export type SearchInput = z.infer<typeof searchInputSchema>;
export type Found = z.infer<typeof foundSchema>;
export type FoundRequest = z.infer<typeof foundRequestSchema>;
export type Mark = z.infer<typeof markSchema>;
