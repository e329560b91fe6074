/**
 * A file as a batch of assessments: CSV or JSON, by its name, its media type or its content.
 * @module
 */
import { ASSESSMENTS_FILE_BYTES_MAX } from '../../../shared/contract/channels.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { parseCsv } from './csv.ts';
import { decodeText } from './decodeText.ts';
import { parseJsonTable } from './jsonTable.ts';
import type { Table } from './table.ts';

/** A file that was dropped, picked or handed over. */
export interface ImportedFile {
  /** Its name, with the extension, and without folders. */
  readonly name: string;
  /** Where the sender gave one, such as `text/csv`. */
  readonly mediaType?: string;
  readonly bytes: Uint8Array;
}

type Format = 'csv' | 'json';

const FORMAT_BY_EXTENSION: ReadonlyMap<string, Format> = new Map([
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['tab', 'csv'],
  ['txt', 'csv'],
  ['json', 'json'],
]);
const FORMAT_BY_MEDIA_TYPE: ReadonlyMap<string, Format> = new Map([
  ['text/csv', 'csv'],
  ['text/tab-separated-values', 'csv'],
  ['text/plain', 'csv'],
  ['application/json', 'json'],
]);
/** First bytes of what people take for tables: workbooks of spreadsheets (ZIP, and OLE before), and PDF. */
const OTHER_FORMATS = ['504b0304', 'd0cf11e0', '25504446'];
const SIGNATURE_BYTES = 4;

/**
 * The columns and records in `file`, in the file's order. Synchronous: the largest file takes about a second.
 *
 * Throws `import.tooLarge`, `import.empty`, `import.unsupported`, `import.encoding`, `import.syntax`,
 * `import.header`, `import.ragged`, `import.tooManyRows`, `import.cell` or `import.formula`, with the place.
 */
export function parseAssessments(file: ImportedFile): Table {
  const { name, bytes } = file;
  if (bytes.length > ASSESSMENTS_FILE_BYTES_MAX) {
    const data = { name, sizeBytes: bytes.length, maxBytes: ASSESSMENTS_FILE_BYTES_MAX };
    throw new CountersignError('import.tooLarge', data);
  }
  if (OTHER_FORMATS.includes(Buffer.from(bytes.subarray(0, SIGNATURE_BYTES)).toString('hex'))) {
    throw new CountersignError('import.unsupported', { name });
  }
  const declared = declaredFormat(file);
  const text = decodeText(name, bytes);
  if (text.trim() === '') throw new CountersignError('import.empty', { name });
  const format = declared ?? (/^\s*[[{]/.test(text) ? 'json' : 'csv');
  return format === 'json' ? parseJsonTable(name, text) : parseCsv(name, text);
}

/** What the name or the media type says; `undefined` where neither says anything. Refuses what is said to be else. */
function declaredFormat({ name, mediaType = '' }: ImportedFile): Format | undefined {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  const byExtension = extension === undefined ? undefined : FORMAT_BY_EXTENSION.get(extension);
  if (byExtension !== undefined) return byExtension;
  const type = (mediaType.split(';')[0] ?? '').trim().toLowerCase();
  const byMediaType = FORMAT_BY_MEDIA_TYPE.get(type);
  if (byMediaType !== undefined) return byMediaType;
  const saysNothing = type === '' || type === 'application/octet-stream';
  if (extension === undefined && saysNothing) return undefined;
  throw new CountersignError('import.unsupported', { name });
}
