/**
 * What was found, compared with the whole query and cut to what is shown.
 * @module
 */
import type { PayloadKind } from '../../../shared/domain/payload.ts';
import { joinedMarks, marksOf, type Mark, type Piece } from '../../../shared/text/searchWords.ts';
import {
  SEARCH_FIELDS,
  SNIPPET_CHARS_MAX,
  type FieldText,
  type SearchHit,
  type Snippet,
} from '../searchIndex.ts';
import { RowReader } from './column.ts';
import { decoding, type Database, type Row } from './sqlite.ts';

/** What `hitOf` reads, and from where. */
export const HIT_COLUMNS = `requests.row, requests.id, requests.height, requests.kind, requests.timestamp_ms,
  requests.count, requests.size_bytes, requests.texts, supervisors.public_key, blocks.time_ms, blocks.first_row
  FROM requests JOIN supervisors ON supervisors.number = requests.supervisor
  JOIN blocks ON blocks.height = requests.height`;

/** Characters shown before what matches. */
const LEAD_CHARS = 40;

/** The request of a row read with `HIT_COLUMNS`; `null` where one of `pieces` is not in it. */
export function hitOf(database: Database, row: Row, pieces: readonly Piece[]): SearchHit | null {
  const reader = new RowReader(database.path, 'a request of the index');
  const texts = textsOf(database, reader.text(row, 'texts'));
  const marks = texts.map(({ text }) => marksOf(text, pieces));
  const isWhole = pieces.every((_, piece) => marks.some((ofText) => (ofText[piece]?.length ?? 0) > 0));
  if (!isWhole) return null;
  const joined = marks.map((ofText) => joinedMarks(ofText.flat()));
  return {
    id: reader.hex(row, 'id'),
    supervisor: reader.hex(row, 'public_key'),
    // Written from the type.
    kind: reader.text(row, 'kind') as PayloadKind,
    timestampMs: reader.integer(row, 'timestamp_ms'),
    count: reader.integer(row, 'count'),
    sizeBytes: reader.integer(row, 'size_bytes'),
    height: reader.integer(row, 'height'),
    index: reader.integer(row, 'row') - reader.integer(row, 'first_row'),
    blockTimeMs: reader.integer(row, 'time_ms'),
    title: texts[0]?.text ?? '',
    titleMarks: joined[0] ?? [],
    snippet: snippetOf(texts, marks, joined),
  };
}

function textsOf(database: Database, json: string): readonly FieldText[] {
  return decoding(database.path, 'a request of the index', () =>
    (JSON.parse(json) as [string, string][]).map(([name, text]) => ({
      field: SEARCH_FIELDS.find((field) => field === name) ?? 'record',
      text,
    })),
  );
}

/** The text beside the title in which most of the query stands; the first of several. */
function snippetOf(
  texts: readonly FieldText[],
  marks: readonly (readonly (readonly Mark[])[])[],
  joined: readonly (readonly Mark[])[],
): Snippet | null {
  const found = marks.map((ofText) => ofText.filter((ofPiece) => ofPiece.length > 0).length);
  const most = Math.max(0, ...found.slice(1));
  if (most === 0) return null;
  const index = found.indexOf(most, 1);
  const chosen = texts[index];
  return chosen === undefined ? null : cut(chosen, joined[index] ?? []);
}

function cut({ field, text }: FieldText, marks: readonly Mark[]): Snippet {
  const firstMark = marks[0]?.start ?? 0;
  const fits = text.length <= SNIPPET_CHARS_MAX;
  const start = fits ? 0 : whole(text, Math.max(0, firstMark - LEAD_CHARS));
  const end = fits ? text.length : whole(text, Math.min(text.length, start + SNIPPET_CHARS_MAX));
  return {
    field,
    text: text.slice(start, end),
    marks: marks
      .filter((mark) => mark.start < end && mark.end > start)
      .map((mark) => ({ start: Math.max(0, mark.start - start), end: Math.min(end, mark.end) - start })),
    isCut: { before: start > 0, after: end < text.length },
  };
}

/** `at`, or one less where it would part a pair of surrogates. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return at > 0 && code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
