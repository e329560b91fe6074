/**
 * What a request says: a batch of assessments, a decision on documents, or a change of the registry (design:
 * PRODUCT.md, "Words").
 * @module
 */
import {
  bool,
  hexBytes,
  list,
  oneOf,
  record,
  refined,
  text,
  uint,
  union,
  type Codec,
  type Item,
} from '../../shared/encoding/codec.ts';
import type { AssessmentsPayload, Cell, DocumentPayload, Payload } from '../../shared/domain/payload.ts';
import { DECISIONS } from '../../shared/domain/payload.ts';
import { CountersignError } from '../../shared/errors.ts';
import { DIGEST_BYTES } from './hash.ts';
import { NAME_CHARS_MAX, REMARK_CHARS_MAX } from './limits.ts';
import { registryPayloadCodec } from './registry/codec.ts';

/** Most columns that a batch of assessments can have: more than any spreadsheet a person reviews. */
export const COLUMNS_MAX = 256;
/** Most records in one batch of assessments: what a person can review and the console can show in one table. */
export const RECORDS_MAX = 20_000;
/** Longest text of one cell, in UTF-16 code units. */
export const CELL_CHARS_MAX = 32_767;
/** Most files in one document request. */
export const FILES_MAX = 1_000;

/** A number as its literal: `JSON` grammar of RFC 8259, so that 1.10 stays 1.10 and no digit is lost. */
const NUMBER_LITERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const numberLiteral = refined(text(64), (value) =>
  NUMBER_LITERAL.test(value) ? undefined : 'must be a JSON number',
);
const cellText = text(CELL_CHARS_MAX);

/** A cell: null, true, false, text, or a number (an array of its literal alone). */
const cell: Codec<Cell> = {
  toItem: (value, at): Item => {
    if (value === null) return null;
    if (typeof value === 'boolean') return bool.toItem(value, at);
    return typeof value === 'string' ? cellText.toItem(value, at) : [numberLiteral.toItem(value.number, at)];
  },
  fromItem: (item, at): Cell => {
    if (item === null) return null;
    if (typeof item === 'boolean') return item;
    if (typeof item === 'string') return cellText.fromItem(item, at);
    if (Array.isArray(item) && item.length === 1) return { number: numberLiteral.fromItem(item[0], at) };
    throw new CountersignError('encoding.invalid', {
      at,
      problem: 'must be null, true, false, text or a number',
    });
  },
};

const assessments: Codec<Omit<AssessmentsPayload, 'kind'>> = refined(
  record<Omit<AssessmentsPayload, 'kind'>>({
    title: text(NAME_CHARS_MAX),
    remark: text(REMARK_CHARS_MAX),
    columns: list(text(NAME_CHARS_MAX), COLUMNS_MAX, 1),
    records: list(list(cell, COLUMNS_MAX, 1), RECORDS_MAX, 1),
  }),
  ({ columns, records }) => {
    if (new Set(columns).size !== columns.length) return 'names one column twice';
    const ragged = records.findIndex((cells) => cells.length !== columns.length);
    return ragged === -1 ? undefined : `record ${String(ragged)} does not have one cell for each column`;
  },
);

const documents: Codec<Omit<DocumentPayload, 'kind'>> = record<Omit<DocumentPayload, 'kind'>>({
  title: text(NAME_CHARS_MAX),
  decision: oneOf(DECISIONS),
  remark: text(REMARK_CHARS_MAX),
  files: list(
    record<DocumentPayload['files'][number]>({
      name: text(NAME_CHARS_MAX),
      mediaType: text(NAME_CHARS_MAX),
      sizeBytes: uint(),
      sha256: hexBytes(DIGEST_BYTES),
    }),
    FILES_MAX,
    1,
  ),
});

/** The kinds of request. Numbers are for ever: a new kind takes a new one. */
export const payloadCodec: Codec<Payload> = union<Payload, 'kind'>('kind', {
  assessments: [1, assessments],
  document: [2, documents],
  registry: [3, registryPayloadCodec],
});
