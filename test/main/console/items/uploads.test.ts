import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { caught } from '../../../support/errors.ts';
import { UPLOADS_MAX, UPLOAD_BYTES_MAX, Uploads } from '../../../../src/main/console/items/uploads.ts';
import {
  ASSESSMENTS_FILE_BYTES_MAX,
  UPLOAD_CHUNK_BYTES_MAX,
  channels,
} from '../../../../src/shared/contract/channels.ts';

const all: Uploads[] = [];
function make(idleMs?: number): Uploads {
  const uploads = new Uploads(idleMs);
  all.push(uploads);
  return uploads;
}
afterEach(() => {
  for (const uploads of all.splice(0)) uploads.close();
});

const begin = (uploads: Uploads, sizeBytes: number, purpose: 'assessments' | 'document' = 'document') =>
  uploads.begin({ name: 'a.csv', mediaType: '', sizeBytes, purpose });

describe('uploads', () => {
  it('put together what came in pieces, and hash what is only hashed', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 });
    fc.assert(
      fc.property(pieces, fc.constantFrom('assessments' as const, 'document' as const), (parts, purpose) => {
        const whole = Buffer.concat(parts);
        fc.pre(whole.length > 0);
        const uploads = make();
        const uploadId = begin(uploads, whole.length, purpose);
        let offsetBytes = 0;
        for (const part of parts) {
          const data = Buffer.from(part).toString('base64');
          offsetBytes = uploads.chunk({ uploadId, offsetBytes, data });
        }
        const [uploaded] = uploads.take([uploadId]);
        if (uploaded?.purpose !== 'document') expect(Buffer.from(uploaded!.bytes)).toEqual(whole);
        else expect(uploaded.file.sha256).toBe(createHash('sha256').update(whole).digest('hex'));
        expect(uploads.size).toBe(0);
      }),
    );
  });

  it('take the largest piece that the contract allows', () => {
    const uploads = make();
    const data = Buffer.alloc(UPLOAD_CHUNK_BYTES_MAX, 1).toString('base64');
    const uploadId = begin(uploads, UPLOAD_CHUNK_BYTES_MAX);
    const input = channels['upload.chunk'].input.parse({ uploadId, offsetBytes: 0, data });
    expect(uploads.chunk(input)).toBe(UPLOAD_CHUNK_BYTES_MAX);
    expect(channels['upload.chunk'].input.safeParse({ ...input, data: `${data}AAAA` }).success).toBe(false);
  });

  it('take pieces in order only, and no more than was announced', () => {
    const uploads = make();
    const uploadId = begin(uploads, 4);
    const at = (offsetBytes: number, text: string) => () =>
      uploads.chunk({ uploadId, offsetBytes, data: Buffer.from(text).toString('base64') });
    expect(caught(at(1, 'a')).data).toMatchObject({ at: 'offsetBytes', problem: 'must be 0' });
    expect(caught(at(0, 'abcde')).data).toMatchObject({ at: 'data' });
    expect(at(0, 'ab')()).toBe(2);
    expect(caught(at(0, 'ab')).data).toMatchObject({ at: 'offsetBytes', problem: 'must be 2' });
    const incomplete = caught(() => uploads.take([uploadId]));
    expect([incomplete.code, incomplete.data]).toEqual([
      'import.incomplete',
      { name: 'a.csv', receivedBytes: 2, expectedBytes: 4 },
    ]);
    expect(caught(() => uploads.take([uploadId, uploadId])).code).toBe('console.badInput');
    expect(at(2, 'cd')()).toBe(4);
    expect(uploads.take([uploadId])).toHaveLength(1);
    expect(caught(() => uploads.take([uploadId])).code).toBe('console.badInput');
  });

  it('are refused by their size alone', () => {
    const uploads = make();
    expect(caught(() => begin(uploads, ASSESSMENTS_FILE_BYTES_MAX + 1, 'assessments')).code).toBe(
      'import.tooLarge',
    );
    expect(caught(() => begin(uploads, 0, 'assessments')).code).toBe('import.empty');
    expect(begin(uploads, Number.MAX_SAFE_INTEGER)).not.toBe('');
    expect(begin(uploads, 0)).not.toBe('');
  });

  it('are bounded in number and in memory', () => {
    const uploads = make();
    const tables = UPLOAD_BYTES_MAX / ASSESSMENTS_FILE_BYTES_MAX;
    for (let count = 0; count < tables; count++) begin(uploads, ASSESSMENTS_FILE_BYTES_MAX, 'assessments');
    expect(caught(() => begin(uploads, 1, 'assessments')).code).toBe('import.tooLarge');
    while (uploads.size < UPLOADS_MAX) begin(uploads, 1);
    expect(caught(() => begin(uploads, 1)).code).toBe('import.tooManyFiles');
  });

  it('are forgotten when they are cancelled, or rest for too long', async () => {
    const uploads = make(1);
    const cancelled = begin(uploads, 1);
    uploads.cancel(cancelled);
    expect(uploads.size).toBe(0);
    begin(uploads, 1);
    while (uploads.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  });
});
