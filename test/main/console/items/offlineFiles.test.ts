/** The files of offline signing as items see them. What may stand in a draft file is tried in `ledger/draftFile.test.ts`. */
import { describe, expect, it } from 'vitest';
import { describe as described } from '../../../../src/main/console/items/newItem.ts';
import {
  readDraftFile,
  readRequestFile,
  writeDraftFile,
} from '../../../../src/main/console/items/offlineFiles.ts';
import { payloadBytes } from '../../../../src/main/console/items/payloadBytes.ts';
import { DEFAULT_LIMITS } from '../../../../src/main/ledger/genesis.ts';
import { signedRequest } from '../../../../src/main/ledger/request.ts';
import type { Payload } from '../../../../src/shared/domain/payload.ts';
import { caught } from '../../../support/errors.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const { genesis, networkId } = makeGenesis();
const [alice] = genesis.supervisors;
const payload: Payload = {
  kind: 'assessments',
  title: 'Grades of May',
  remark: '',
  columns: ['name'],
  records: [['艾达'], ['Ada']],
};
const content = payloadBytes(payload, DEFAULT_LIMITS.maxRequestBytes);
const { publicKey, name } = alice!;
const envelope = {
  networkId,
  networkName: genesis.name,
  expectedSigners: [{ publicKey, name }],
  note: 'by Friday',
};
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const withLimit = (maxRequestBytes: number) => ({
  ...genesis,
  limits: { ...genesis.limits, maxRequestBytes },
});

describe('the file of a draft', () => {
  const file = bytesOf(writeDraftFile(content, envelope));

  it('gives back the content, described, and for whom it waits', () => {
    expect(readDraftFile(genesis, file)).toEqual({
      description: described(payload, content),
      bytes: content,
      expectedSigners: envelope.expectedSigners,
      note: 'by Friday',
    });
  });

  it('is refused for another network, where no request could hold it, and where it is not text', () => {
    const other = bytesOf(writeDraftFile(content, { ...envelope, networkId: 'ab'.repeat(32) }));
    expect(caught(() => readDraftFile(genesis, other))).toMatchObject({
      code: 'draftFile.wrongNetwork',
      data: { expected: networkId, actual: 'ab'.repeat(32) },
    });
    // The limit is part of the genesis, and so of the network: a file of its own.
    expect(caught(() => readDraftFile(withLimit(100), file))).toMatchObject({
      code: 'draftFile.wrongNetwork',
    });
    expect(caught(() => readDraftFile(genesis, Uint8Array.of(0xff, 0xfe)))).toMatchObject({
      code: 'draftFile.invalid',
      data: { at: 'the file', problem: 'is not UTF-8 text' },
    });
  });

  it('is not written for a note that hides something', () => {
    expect(caught(() => writeDraftFile(content, { ...envelope, note: 'a\u202eb' }))).toMatchObject({
      code: 'draftFile.invalid',
      data: { at: 'note' },
    });
  });
});

describe('the file of a signed request', () => {
  const draft = { networkId, timestampMs: 1_700_000_000_000, supervisor: publicKey, payload };
  const request = signedRequest(draft, 'ef'.repeat(64));

  it('gives back the content, described, and the request without it', () => {
    const { payload: omitted, ...rest } = request;
    expect(omitted).toEqual(payload);
    expect(readRequestFile(genesis, request.bytes)).toEqual({
      description: described(payload, content),
      bytes: content,
      request: rest,
    });
  });

  it('is refused for another network, beyond its limit, and cut short', () => {
    const other = signedRequest({ ...draft, networkId: 'ab'.repeat(32) }, 'ef'.repeat(64));
    expect(caught(() => readRequestFile(genesis, other.bytes))).toMatchObject({
      code: 'request.wrongNetwork',
      data: { expected: networkId, actual: 'ab'.repeat(32) },
    });
    const sizeBytes = request.bytes.length;
    expect(caught(() => readRequestFile(withLimit(sizeBytes - 1), request.bytes))).toMatchObject({
      code: 'request.tooLarge',
      data: { sizeBytes, maxBytes: sizeBytes - 1 },
    });
    expect(caught(() => readRequestFile(genesis, request.bytes.subarray(0, -1)))).toMatchObject({
      code: 'encoding.invalid',
    });
  });
});
