import { encode as cborEncode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BYTES_SHOWN_MAX,
  CANONICAL_TEXT_CHARS_MAX,
  bytesHex,
  canonicalText,
} from '../../../../src/main/console/items/canonicalText.ts';
import { payloadBytes, REQUEST_ENVELOPE_BYTES } from '../../../../src/main/console/items/payloadBytes.ts';
import { payloadCodec } from '../../../../src/main/ledger/payload.ts';
import { signedRequest } from '../../../../src/main/ledger/request.ts';
import type { Item } from '../../../../src/shared/encoding/codec.ts';
import { fromHex } from '../../../../src/shared/encoding/hex.ts';
import { hidesSomething } from '../../../../src/shared/text/visible.ts';
import type { Payload } from '../../../../src/shared/domain/payload.ts';

/** The item that diagnostic notation stands for, read by a parser of its own. */
function parsed(text: string): unknown {
  return JSON.parse(text.replace(/h'([0-9a-f]*)'/g, '{"bytes":"$1"}'), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'bytes' in value ? fromHex(String(value.bytes)) : value,
  );
}

const leaf = fc.oneof(
  fc.nat(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes("h'")),
  fc.uint8Array({ maxLength: 40 }),
);
const item = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('item'), { maxLength: 5 })),
})).item;

const payload: Payload = {
  kind: 'document',
  title: 'Report',
  decision: 'approved',
  remark: 'line one\nline two\u202e',
  files: [{ name: 'a.pdf', mediaType: 'application/pdf', sizeBytes: 12, sha256: 'ab'.repeat(32) }],
};

describe('canonical text', () => {
  it('says exactly what the bytes say', () => {
    fc.assert(
      fc.property(item, (value) => {
        const { text, cut } = canonicalText(value);
        expect(cut).toBe(false);
        expect(cborEncode(parsed(text))).toEqual(cborEncode(value));
        expect(hidesSomething(text, { layout: true })).toBe(false);
      }),
    );
  });

  it('is indented', () => {
    expect(canonicalText(payloadCodec.toItem(payload, '')).text).toBe(
      [
        '[',
        '  2,',
        '  "Report",',
        '  "approved",',
        '  "line one\\nline two\\u202e",',
        '  [',
        '    [',
        '      "a.pdf",',
        '      "application/pdf",',
        '      12,',
        `      h'${'ab'.repeat(32)}'`,
        '    ]',
        '  ]',
        ']',
      ].join('\n'),
    );
  });

  it('is cut, and says so', () => {
    const { text, cut } = canonicalText(Array.from({ length: 50_000 }, (_, index) => index));
    expect([text.length, cut]).toEqual([CANONICAL_TEXT_CHARS_MAX, true]);
    expect(bytesHex(new Uint8Array(10_000)).length).toBe(2 * BYTES_SHOWN_MAX);
  });
});

describe('the envelope of a request', () => {
  it('is never larger than what is reckoned with', () => {
    const bytes = payloadBytes(payload, 10_000);
    const draft = { networkId: 'aa'.repeat(32), supervisor: 'bb'.repeat(32), payload };
    const largest = signedRequest({ ...draft, timestampMs: Number.MAX_SAFE_INTEGER }, 'cc'.repeat(64));
    expect(largest.bytes.length - bytes.length).toBe(REQUEST_ENVELOPE_BYTES);
  });
});
