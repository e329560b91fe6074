import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../../src/main/console/import/decodeText.ts';
import { parseAssessments } from '../../../../src/main/console/import/parseAssessments.ts';
import { hasCode } from '../../../../src/shared/errors.ts';
import { caught } from '../../../support/errors.ts';
import { seededRandom } from '../../../support/encodings.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string, littleEndian: boolean): Uint8Array => {
  const view = new DataView(new ArrayBuffer(2 * text.length + 2));
  view.setUint16(0, 0xfeff, littleEndian);
  for (let at = 0; at < text.length; at++) view.setUint16(2 * at + 2, text.charCodeAt(at), littleEndian);
  return new Uint8Array(view.buffer);
};

describe('the format', () => {
  const CSV = bytesOf('a\n[1]\n');
  const JSON_BYTES = bytesOf('[{"a":1}]');
  const columnsOf = (name: string, bytes: Uint8Array, mediaType?: string): readonly string[] =>
    parseAssessments(mediaType === undefined ? { name, bytes } : { name, bytes, mediaType }).columns;

  it.each<[name: string, mediaType: string | undefined, bytes: Uint8Array]>([
    ['a.csv', undefined, CSV],
    ['A.CSV', 'application/vnd.ms-excel', CSV],
    ['a.tsv', undefined, CSV],
    ['a.tab', undefined, CSV],
    ['a.txt', undefined, CSV],
    ['a.b.json', undefined, JSON_BYTES],
    ['a.JSON', 'text/plain', JSON_BYTES],
    ['a', 'text/csv; charset=utf-8', CSV],
    ['a', 'application/json', JSON_BYTES],
    ['a.data', 'TEXT/CSV', CSV],
    ['a', undefined, CSV],
    ['a', 'application/octet-stream', JSON_BYTES],
    ['a', '', JSON_BYTES],
  ])('of %s with the media type %s is known', (name, mediaType, bytes) => {
    expect(columnsOf(name, bytes, mediaType)).toEqual(['a']);
  });

  it.each<[name: string, mediaType: string | undefined, bytes: Uint8Array]>([
    ['a.xlsx', undefined, bytesOf('PK\u0003\u0004')],
    ['a.csv', undefined, bytesOf('PK\u0003\u0004')],
    ['a.csv', undefined, new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1])],
    ['a', undefined, bytesOf('%PDF-1.7')],
    ['a.xml', undefined, CSV],
    ['a', 'text/html', CSV],
    ['a.docx', 'application/octet-stream', CSV],
  ])('of %s with the media type %s is refused', (name, mediaType, bytes) => {
    expect(caught(() => columnsOf(name, bytes, mediaType))).toMatchObject({
      code: 'import.unsupported',
      data: { name },
    });
  });
});

describe('the encoding', () => {
  const text = 'name,评价\nAda 😀,好\n';
  const table = { columns: ['name', '评价'], records: [['Ada 😀', '好']] };

  it.each([
    ['UTF-8', bytesOf(text)],
    ['UTF-8 with a byte order mark', bytesOf(`\ufeff${text}`)],
    ['UTF-16, little endian', utf16(text, true)],
    ['UTF-16, big endian', utf16(text, false)],
  ])('%s is read', (_what, bytes) => {
    expect(parseAssessments({ name: 'a.csv', bytes })).toEqual(table);
    // Also from the middle of a larger buffer.
    const within = new Uint8Array([1, 2, 3, ...bytes, 4]).subarray(3, -1);
    expect(parseAssessments({ name: 'a.csv', bytes: within })).toEqual(table);
  });

  it.each<[what: string, bytes: number[], offsetBytes: number]>([
    ['Latin-1', [0x61, 0xe9, 0x62], 1],
    ['a lone continuation', [0x61, 0x80], 1],
    ['an overlong form', [0xc0, 0x80], 0],
    ['an overlong form of three bytes', [0x61, 0xe0, 0x80, 0x80], 1],
    ['a surrogate', [0xed, 0xa0, 0x80], 0],
    ['more than U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a sequence that is cut off', [0x61, 0xe5, 0xae], 1],
    ['a sequence that is broken', [0xe5, 0xae, 0x61], 0],
    ['a byte that is never used', [0x61, 0x62, 0xff], 2],
    ['an error behind a byte order mark', [0xef, 0xbb, 0xbf, 0x61, 0xff], 4],
    ['UTF-16 with a byte left over', [0xff, 0xfe, 0x61, 0x00, 0x62], 4],
    ['UTF-16 with a low half alone', [0xff, 0xfe, 0x61, 0x00, 0x00, 0xdc], 4],
    ['UTF-16 with a high half alone', [0xfe, 0xff, 0xd8, 0x00, 0x00, 0x61], 2],
    ['UTF-16 that ends with a high half', [0xfe, 0xff, 0x00, 0x61, 0xd8, 0x00], 4],
  ])('%s is refused, with the place', (_what, bytes, offsetBytes) => {
    expect(caught(() => decodeText('a.csv', Uint8Array.from(bytes)))).toMatchObject({
      code: 'import.encoding',
      data: { name: 'a.csv', offsetBytes },
    });
  });

  it('of any bytes is read as TextDecoder reads it, or refused where the longest good start ends', () => {
    const odd = fc.oneof(fc.nat(255), fc.constantFrom(0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf));
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 24 }), (list) => {
        const bytes = Uint8Array.from([0x61, ...list]);
        const lenient = new TextDecoder().decode(bytes);
        let read: string;
        try {
          read = decodeText('a', bytes);
        } catch (error) {
          if (!hasCode(error, 'import.encoding')) throw error;
          const good = bytes.subarray(0, error.data.offsetBytes);
          expect(lenient.startsWith(`${new TextDecoder('utf-8', { fatal: true }).decode(good)}\ufffd`)).toBe(
            true,
          );
          return;
        }
        expect(read).toBe(lenient);
      }),
      { numRuns: 5_000 },
    );
  });
});

it('no input of a stranger does anything but be read or be refused', { timeout: 60_000 }, () => {
  const random = seededRandom(3);
  const pieces = [
    'a',
    ',',
    ';',
    '\t',
    '|',
    '"',
    '""',
    '\n',
    '\r\n',
    '\r',
    '=',
    '[',
    '{',
    '}',
    ']',
    ':',
    '1',
    '\ufeff',
    '评',
  ];
  const outcomes = new Set<string>();
  for (let input = 0; input < 50_000; input++) {
    const text = Array.from({ length: random(30) }, () => pieces[random(pieces.length)]).join('');
    const name = random(3) === 0 ? 'a.json' : 'a.csv';
    try {
      const { columns, records } = parseAssessments({ name, bytes: bytesOf(text) });
      expect(records.every((cells) => cells.length === columns.length)).toBe(true);
      outcomes.add('read');
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('import.')) throw error;
      outcomes.add(error.message.split(' ')[0]!);
    }
  }
  expect([...outcomes].toSorted()).toEqual([
    'import.cell',
    'import.empty',
    'import.formula',
    'import.header',
    'import.ragged',
    'import.syntax',
    'read',
  ]);
});
