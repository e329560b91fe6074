import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHashOf } from '../../../src/main/ledger/contentHash.ts';
import {
  DRAFT_FILE_BYTES_MAX,
  EXPECTED_SIGNERS_MAX,
  NOTE_CHARS_MAX,
  checkDraftNetwork,
  draftFileOf,
  parseDraftFile,
  renderDraftFile,
} from '../../../src/main/ledger/draftFile.ts';
import { DEFAULT_LIMITS } from '../../../src/main/ledger/genesis.ts';
import { payloadCodec } from '../../../src/main/ledger/payload.ts';
import type { Payload } from '../../../src/shared/domain/payload.ts';
import { encode } from '../../../src/shared/encoding/codec.ts';
import { caught } from '../../support/errors.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { payloadArbitrary } from '../../support/payloads.ts';

const { genesis, networkId } = makeGenesis();
const [alice, bob] = genesis.supervisors;
const payload: Payload = {
  kind: 'assessments',
  title: 'Grades of May',
  remark: 'two lines\nof remark',
  columns: ['subject', 'grade', 'passed'],
  records: [
    ['algebra', { number: '1.10' }, true],
    ['几何', null, false],
  ],
};
const envelope = {
  networkId,
  networkName: genesis.name,
  expectedSigners: [alice!, bob!].map(({ publicKey, name }) => ({ publicKey, name })),
  note: 'please sign by Friday',
};
const draft = draftFileOf(payload, envelope);
const text = renderDraftFile(draft);
const refusal = (file: string) => caught(() => parseDraftFile(file));

/** The file with one part of its text replaced. */
function replaced(from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe('a draft file', () => {
  it('comes back as it was, for every payload', () => {
    fc.assert(
      fc.property(payloadArbitrary, (any) => {
        const made = draftFileOf(any, envelope);
        expect(parseDraftFile(renderDraftFile(made))).toEqual(made);
        expect(made.contentHash).toBe(contentHashOf(encode(payloadCodec, any)));
      }),
    );
  });

  it('says what is to be signed, one record to a line', () => {
    expect(text).toContain('\n      ["algebra",{"number":"1.10"},true],\n      ["几何",null,false]\n');
    expect(JSON.parse(text)).toMatchObject({
      format: 'countersign-draft',
      version: 1,
      network_id: networkId,
      network_name: genesis.name,
      content_hash: draft.contentHash,
      expected_signers: [
        { name: alice!.name, public_key: alice!.publicKey },
        { name: bob!.name, public_key: bob!.publicKey },
      ],
      note: 'please sign by Friday',
      content: payload,
    });
  });

  it('need not expect anybody, or say anything', () => {
    const bare = draftFileOf(payload, { ...envelope, expectedSigners: [], note: '' });
    expect(parseDraftFile(renderDraftFile(bare))).toEqual(bare);
  });

  it('has room for every draft of a network with the default limits', () => {
    // Text that takes the most room: each character becomes six in JSON, and two in hex.
    const cells = DEFAULT_LIMITS.maxRequestBytes / 32_000;
    const worst: Payload = {
      ...payload,
      columns: ['c'],
      records: Array.from({ length: Math.floor(cells) }, () => ['\u0001'.repeat(31_990)]),
    };
    const signers = Array.from({ length: EXPECTED_SIGNERS_MAX }, (_, index) => ({
      publicKey: index.toString(16).padStart(64, '0'),
      name: '漢'.repeat(255),
    }));
    const largest = { ...envelope, expectedSigners: signers, note: '漢'.repeat(NOTE_CHARS_MAX) };
    const file = renderDraftFile(draftFileOf(worst, largest));
    expect(parseDraftFile(file).expectedSigners).toEqual(signers);
  });
});

describe('a draft that no file may hold', () => {
  const signer = { publicKey: alice!.publicKey, name: 'Alice' };
  it.each([
    [
      'a signer twice',
      { expectedSigners: [signer, { ...signer, name: 'Other' }] },
      'expected_signers[1].public_key',
    ],
    ['a signer without a name', { expectedSigners: [{ ...signer, name: '' }] }, 'expected_signers[0].name'],
    [
      'a name that turns the writing',
      { expectedSigners: [{ ...signer, name: 'A\u202Eecila' }] },
      'expected_signers[0].name',
    ],
    [
      'a key that is none',
      { expectedSigners: [{ ...signer, publicKey: 'ab' }] },
      'expectedSigners[0].publicKey',
    ],
    ['a note that hides something', { note: 'sign\u200Bthis' }, 'note'],
    ['a note that is too long', { note: 'x'.repeat(NOTE_CHARS_MAX + 1) }, 'note'],
  ])('%s', (_, change, at) => {
    const error = caught(() => draftFileOf(payload, { ...envelope, ...change }));
    expect(error).toMatchObject({ code: 'draftFile.invalid', data: { at } });
  });

  it('more signers than a file has room for', () => {
    const many = Array.from({ length: EXPECTED_SIGNERS_MAX + 1 }, (_, index) => ({
      publicKey: index.toString(16).padStart(64, '0'),
      name: 'name',
    }));
    const error = caught(() => draftFileOf(payload, { ...envelope, expectedSigners: many }));
    expect(error.code).toBe('draftFile.invalid');
  });
});

describe('a file that is refused', () => {
  it('with any one bit turned', () => {
    const small = { ...payload, remark: '', records: [['几', { number: '0' }, true]] } as const;
    const bytes = new TextEncoder().encode(renderDraftFile(draftFileOf(small, { ...envelope, note: 'n' })));
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const turned = Uint8Array.from(bytes);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      let file: string;
      try {
        file = decoder.decode(turned);
      } catch {
        // No text any more: the file is refused when it is read.
        continue;
      }
      expect(refusal(file).code).toBe('draftFile.invalid');
    }
  }, 60_000);

  it('with any bits turned, of any draft', () => {
    fc.assert(
      fc.property(payloadArbitrary, fc.nat(), fc.integer({ min: 1, max: 0x7f }), (any, place, mask) => {
        const file = renderDraftFile(draftFileOf(any, envelope));
        const at = place % file.length;
        const turned = String.fromCharCode(file.charCodeAt(at) ^ mask);
        expect(refusal(file.slice(0, at) + turned + file.slice(at + 1)).code).toBe('draftFile.invalid');
      }),
    );
  });

  it.each([
    ['no JSON', () => text.slice(0, -4), 'the file'],
    ['nothing', () => '', 'the file'],
    ['another format', () => replaced('countersign-draft', 'countersign-receipt'), 'format'],
    ['a later version', () => replaced('"version": 1', '"version": 2'), 'version'],
    ['the key __proto__', () => replaced('"note"', '"__proto__"'), 'the file'],
    ['the key __proto__ in the content', () => replaced('"title"', '"__proto__"'), 'the file'],
    ['another key', () => replaced('"note"', '"extra": 1,\n  "note"'), 'the file'],
    ['a key missing', () => replaced('  "note": "please sign by Friday",\n', ''), 'note'],
    ['another hash', () => replaced(draft.contentHash, '0'.repeat(64)), 'content_hash'],
    ['another network', () => replaced(networkId, '0'.repeat(64)), 'checksum'],
    ['another note', () => replaced('Friday', 'Monday'), 'checksum'],
    ['another name of a signer', () => replaced('supervisor 0', 'supervisor 1'), 'checksum'],
    ['other words than the payload', () => replaced('Grades of May', 'Grades of Mai'), 'the file'],
    ['another cell than the payload', () => replaced('"1.10"', '"1.1"'), 'the file'],
    ['a payload that is no hex', () => replaced('"payload": [\n    "', '"payload": [\n    "x'), 'payload'],
    ['line ends of another system', () => text.replaceAll('\n', '\r\n'), 'the file'],
    ['a blank at the end', () => `${text} `, 'the file'],
    ['a byte order mark', () => `\uFEFF${text}`, 'the file'],
    ['more characters than there can be', () => ' '.repeat(DRAFT_FILE_BYTES_MAX) + text, 'the file'],
  ])('%s', (_, change, at) => {
    expect(refusal(change())).toMatchObject({ code: 'draftFile.invalid', data: { at } });
  });

  it('names the line where the words are not what the payload says', () => {
    const line = text.split('\n').findIndex((words) => words.includes('Grades of May')) + 1;
    const error = refusal(replaced('Grades of May', 'Grades of Mai'));
    expect(error.data).toMatchObject({
      problem: `was changed: line ${String(line)} is not what its payload says`,
    });
  });

  it('whose payload is another one, with its hash', () => {
    const other = draftFileOf({ ...payload, title: 'Other' }, envelope);
    const file = renderDraftFile({ ...other, payload });
    expect(refusal(file)).toMatchObject({ code: 'draftFile.invalid', data: { at: 'the file' } });
  });
});

describe('the network of a draft', () => {
  it('must be one’s own, under its own name', () => {
    expect(() => checkDraftNetwork(draft, genesis)).not.toThrow();
    const other = makeGenesis({ name: 'another network' });
    expect(caught(() => checkDraftNetwork(draft, other.genesis))).toMatchObject({
      code: 'draftFile.wrongNetwork',
      data: { expected: other.networkId, actual: networkId },
    });
    const renamed = draftFileOf(payload, { ...envelope, networkName: 'Nicer name' });
    expect(caught(() => checkDraftNetwork(renamed, genesis))).toMatchObject({
      code: 'draftFile.invalid',
      data: { at: 'network_name' },
    });
  });
});
