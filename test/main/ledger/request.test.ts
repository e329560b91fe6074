import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest } from '../../../src/main/ledger/hash.ts';
import { CELL_CHARS_MAX, COLUMNS_MAX, FILES_MAX, RECORDS_MAX } from '../../../src/main/ledger/payload.ts';
import { NAME_CHARS_MAX, REMARK_CHARS_MAX } from '../../../src/main/ledger/limits.ts';
import {
  REQUEST_BYTES_CEILING,
  decodeRequest,
  encodeDraft,
  requestId,
  requestKey,
  requestSigningDigest,
  signedRequest,
  type Draft,
} from '../../../src/main/ledger/request.ts';
import type { AssessmentsPayload, Cell, DocumentPayload } from '../../../src/shared/domain/payload.ts';
import { fromHex, toHex } from '../../../src/shared/encoding/hex.ts';
import { caught } from '../../support/errors.ts';
import { fuzz } from '../../support/encodings.ts';
import { draftArbitrary } from '../../support/payloads.ts';

const hash = (digit: string): string => digit.repeat(64);
const assessments: AssessmentsPayload = {
  kind: 'assessments',
  title: 'Spring review',
  remark: '评价',
  columns: ['name', 'score', 'passed', 'note'],
  records: [
    ['Ada', { number: '1.10' }, true, null],
    ['Grace', { number: '2' }, false, ''],
  ],
};
const document: DocumentPayload = {
  kind: 'document',
  title: 'Report',
  decision: 'approved',
  remark: '',
  files: [{ name: 'a.pdf', mediaType: 'application/pdf', sizeBytes: 7, sha256: hash('a') }],
};
const draft: Draft = { networkId: hash('1'), timestampMs: 5, supervisor: hash('2'), payload: assessments };
const signature = 'cd'.repeat(64);

/** Every value that differs from `value` in exactly one leaf. */
function variants(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    const elements: unknown[] = value;
    return elements.flatMap((element, index) =>
      variants(element).map((other) => elements.with(index, other)),
    );
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, field]) =>
      variants(field).map((other) => ({ ...value, [name]: other })),
    );
  }
  if (typeof value === 'number') return [value + 1];
  if (typeof value === 'boolean') return [!value, null];
  if (value === null) return ['', false];
  if (typeof value !== 'string') throw new TypeError('the sample holds only JSON values');
  if (/^[0-9a-f]{64}$/.test(value)) return [`${value.slice(0, -1)}f`];
  if (value === 'approved') return ['rejected', 'acknowledged'];
  if (value === '1.10') return ['1.1', '1.100', '-1.10'];
  return [`${value}1`];
}

describe('the id of a request', () => {
  // Defect 1 of the prototype: objects were hashed as "[object Object]".
  it('binds every field, each cell and each file', () => {
    for (const payload of [assessments, document]) {
      const { kind, ...rest } = payload;
      const all = [
        { ...draft, payload, networkId: hash('4') },
        { ...draft, payload, timestampMs: 6 },
        { ...draft, payload, supervisor: hash('3') },
        ...variants(rest).map((changed) => ({ ...draft, payload: { kind, ...(changed as object) } })),
      ] as Draft[];
      const ids = [requestId({ ...draft, payload }), ...all.map(requestId)];
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeGreaterThan(10);
    }
  });

  it('tells cells of different types apart', () => {
    const cells: Cell[] = [null, true, false, '', 'null', 'true', '1', { number: '1' }, { number: '1.0' }];
    const ids = cells.map((cell) =>
      requestId({ ...draft, payload: { ...assessments, columns: ['a'], records: [[cell]] } }),
    );
    expect(new Set(ids).size).toBe(cells.length);
  });

  it('tells apart what reads alike when it is joined', () => {
    const of = (columns: string[], records: Cell[][]): string =>
      requestId({ ...draft, payload: { ...assessments, columns, records } });
    expect(of(['a', 'b'], [['x,y', 'z']])).not.toBe(of(['a', 'b'], [['x', 'y,z']]));
    expect(of(['a', 'b'], [['x', 'y']])).not.toBe(of(['b', 'a'], [['y', 'x']]));
    expect(of(['a'], [['x'], ['y']])).not.toBe(of(['a'], [['y'], ['x']]));
    const shifted = { ...assessments, title: 'a', remark: 'b' };
    expect(requestId({ ...draft, payload: shifted })).not.toBe(
      requestId({ ...draft, payload: { ...shifted, title: 'ab', remark: '' } }),
    );
  });

  it('does not depend on the signature, nor on the order of fields in memory', () => {
    const one = signedRequest(draft, signature);
    const two = signedRequest(draft, 'ab'.repeat(64));
    expect(one.id).toBe(two.id);
    expect(one.bytes).not.toEqual(two.bytes);
    const reversed = Object.fromEntries(Object.entries(draft).toReversed()) as unknown as Draft;
    expect(requestId(reversed)).toBe(one.id);
  });

  it('is a digest in a domain of its own', () => {
    const bytes = encodeDraft(draft);
    expect(requestId(draft)).toBe(toHex(digest('countersign/request/1', bytes)));
    expect(requestId(draft)).not.toBe(toHex(digest('countersign/request/2', bytes)));
    expect(requestKey({ timestampMs: 5, id: hash('a') })).toBe(`5:${hash('a')}`);
  });
});

describe('what a supervisor signs', () => {
  it('differs by network and by request, and is not the id', () => {
    const ids = [hash('a'), hash('b')];
    const digests = ids.flatMap((id) => ids.map((network) => toHex(requestSigningDigest(network, id))));
    expect(new Set([...digests, ...ids]).size).toBe(6);
  });

  it('is a digest of network id and request id', () => {
    const expected = digest('countersign/request-signature/1', fromHex(hash('a')), fromHex(hash('b')));
    expect(requestSigningDigest(hash('a'), hash('b'))).toEqual(expected);
  });
});

describe('the bytes of a request', () => {
  it('come back as the request, whatever it says', () => {
    fc.assert(
      fc.property(draftArbitrary, (any) => {
        const request = signedRequest(any, signature);
        expect(decodeRequest(request.bytes, REQUEST_BYTES_CEILING)).toEqual(request);
      }),
    );
  });

  it('survive a fuzzer', { timeout: 60_000 }, () => {
    const seeds = [assessments, document].map(
      (payload) => signedRequest({ ...draft, payload }, signature).bytes,
    );
    const finding = fuzz(
      (bytes) => decodeRequest(bytes, REQUEST_BYTES_CEILING),
      (request) => signedRequest(request, request.signature).bytes,
      seeds,
      100_000,
    );
    expect(finding).toBeUndefined();
  });

  it('are refused when there are too many, before they are read', () => {
    const { bytes } = signedRequest(draft, signature);
    expect(caught(() => decodeRequest(bytes, bytes.length - 1)).code).toBe('encoding.tooLarge');
    expect(decodeRequest(bytes, bytes.length).id).toBe(requestId(draft));
  });
});

describe('what no request can say', () => {
  const long = (chars: number): string => 'x'.repeat(chars);
  const withPayload = (change: object, base: object = assessments): Draft =>
    ({ ...draft, payload: { ...base, ...change } }) as Draft;
  const file = document.files[0]!;
  it.each<[what: string, draft: Draft]>([
    ['a network id that is too short', { ...draft, networkId: 'ab' }],
    ['a supervisor in capitals', { ...draft, supervisor: hash('A') }],
    ['a time before 1970', { ...draft, timestampMs: -1 }],
    ['an unknown kind', withPayload({ kind: 'registryChange' })],
    ['no columns', withPayload({ columns: [], records: [[]] })],
    ['no records', withPayload({ records: [] })],
    ['one column twice', withPayload({ columns: ['a', 'a'], records: [['x', 'y']] })],
    ['a record with a cell too few', withPayload({ records: [['Ada']] })],
    ['a record with a cell too many', withPayload({ records: [['Ada', null, null, null, null]] })],
    ['a number that is not one of JSON', withPayload({ columns: ['a'], records: [[{ number: '01' }]] })],
    ['a number with a plus', withPayload({ columns: ['a'], records: [[{ number: '+1' }]] })],
    ['a number that is infinite', withPayload({ columns: ['a'], records: [[{ number: 'Infinity' }]] })],
    ['a number with a blank', withPayload({ columns: ['a'], records: [[{ number: '1 ' }]] })],
    ['a number with a line feed', withPayload({ columns: ['a'], records: [[{ number: '1\n' }]] })],
    ['a number of too many digits', withPayload({ columns: ['a'], records: [[{ number: '1'.repeat(65) }]] })],
    ['a cell that is too long', withPayload({ columns: ['a'], records: [[long(CELL_CHARS_MAX + 1)]] })],
    ['a title that is too long', withPayload({ title: long(NAME_CHARS_MAX + 1) })],
    ['a remark that is too long', withPayload({ remark: long(REMARK_CHARS_MAX + 1) })],
    [
      'too many columns',
      withPayload({
        columns: Array.from({ length: COLUMNS_MAX + 1 }, (_, index) => String(index)),
        records: [Array.from({ length: COLUMNS_MAX + 1 }, () => null)],
      }),
    ],
    [
      'too many records',
      withPayload({ columns: ['a'], records: Array.from({ length: RECORDS_MAX + 1 }, () => [null]) }),
    ],
    ['a decision that is none', withPayload({ decision: 'maybe' }, document)],
    ['no files', withPayload({ files: [] }, document)],
    ['too many files', withPayload({ files: Array.from({ length: FILES_MAX + 1 }, () => file) }, document)],
    ['a file of a negative size', withPayload({ files: [{ ...file, sizeBytes: -1 }] }, document)],
    ['a file with half a digest', withPayload({ files: [{ ...file, sha256: 'ab' }] }, document)],
  ])('%s', (_what, bad) => {
    expect(caught(() => encodeDraft(bad)).code).toBe('encoding.invalid');
  });
});
