import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, record, list, text, uint } from '../../../src/shared/encoding/codec.ts';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { plainErrorCodec } from '../../../src/shared/encoding/plainError.ts';
import type { PlainError } from '../../../src/shared/errors.ts';
import { caught } from '../../support/errors.ts';
import { fuzz, textArbitrary } from '../../support/encodings.ts';

const MAX_BYTES = 8_192;
const roundTrip = (error: PlainError): PlainError =>
  decode(plainErrorCodec, encode(plainErrorCodec, error), MAX_BYTES);

describe('errors on the wire', () => {
  it('come back, with their data in any order', () => {
    const data = fc.dictionary(
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.oneof(fc.maxSafeNat(), textArbitrary(512)),
      { maxKeys: 8 },
    );
    fc.assert(
      fc.property(data, (fields) => {
        const error: PlainError = { code: 'internal', data: fields };
        expect(roundTrip(error)).toEqual(error);
        const reversed: PlainError = {
          code: 'internal',
          data: Object.fromEntries(Object.entries(fields).toReversed()),
        };
        expect(encode(plainErrorCodec, reversed)).toEqual(encode(plainErrorCodec, error));
      }),
    );
  });

  it('have one encoding', () => {
    const error: PlainError = { code: 'request.tooOld', data: { timestampMs: 5, oldestMs: 6 } };
    expect(toHex(encode(plainErrorCodec, error))).toBe(
      '826e726571756573742e746f6f4f6c648282686f6c646573744d7306826b74696d657374616d704d7305',
    );
  });

  it('are cut to what can be sent, whole characters only', () => {
    const sent = (problem: string): unknown =>
      roundTrip({ code: 'internal', data: { problem } }).data['problem'];
    expect(sent('x'.repeat(600))).toBe('x'.repeat(512));
    expect(sent(`${'x'.repeat(511)}😀`)).toBe(`${'x'.repeat(511)}\ufffd`);
    expect(sent('\ud800')).toBe('\ufffd');
    expect(sent('\ufeff\ufeffx')).toBe('x');
  });

  it('with a name of a prototype stay plain data', () => {
    const data = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, number>;
    const back = roundTrip({ code: 'internal', data });
    expect(Object.entries(back.data).toSorted()).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.getPrototypeOf(back.data)).toBe(Object.prototype);
  });

  it('are refused with names twice or out of order, or too many', () => {
    const wire = record({ code: text(64), pairs: list(record({ name: text(64), value: uint() }), 99) });
    const withNames = (...names: string[]): Uint8Array =>
      encode(wire, { code: 'internal', pairs: names.map((name) => ({ name, value: 1 })) });
    expect(decode(plainErrorCodec, withNames('a', 'b'), MAX_BYTES).data).toEqual({ a: 1, b: 1 });
    for (const names of [['a', 'a'], ['b', 'a'], Array.from('abcdefghi')]) {
      expect(caught(() => decode(plainErrorCodec, withNames(...names), MAX_BYTES)).code).toBe(
        'encoding.invalid',
      );
    }
  });

  it('survive a fuzzer', { timeout: 60_000 }, () => {
    const seeds = [
      encode(plainErrorCodec, { code: 'internal', data: { problem: 'x' } }),
      encode(plainErrorCodec, { code: 'request.tooOld', data: { timestampMs: 5, oldestMs: 600 } }),
    ];
    const finding = fuzz(
      (bytes) => decode(plainErrorCodec, bytes, MAX_BYTES),
      (value) => encode(plainErrorCodec, value),
      seeds,
      100_000,
    );
    expect(finding).toBeUndefined();
  });
});
