import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makeVectors } from '../../../scripts/vectors/ed25519.mjs';
import { fromHex, toHex } from '../../../src/shared/encoding/hex.ts';
import { DIGEST_BYTES, publicKeyOf, signDigest } from '../../../src/main/keys/ed25519.ts';
import {
  RECORD_BYTES,
  verdictAt,
  verifyMessage,
  verifyRecords,
  verifySync,
  type VerifyJob,
} from '../../../src/main/keys/verifier.ts';
import { VerifierPool } from '../../../src/main/keys/verifierPool.ts';
import { createVerifyWorker } from './helpers.ts';
import { vectorFile, vectorText, type Vector } from './vectors.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const pool = new VerifierPool({ createWorker: createVerifyWorker, workers: 1 });
afterAll(() => pool.close());

function jobOf({ signature, message, publicKey }: Vector): VerifyJob {
  return { signature, digest: fromHex(message), publicKey };
}

describe('test vectors', () => {
  it('are what their script makes', () => {
    expect(vectorText).toBe(`${JSON.stringify(makeVectors(), null, 2)}\n`);
  });

  it('have names that differ, and both verdicts', () => {
    const { vectors } = vectorFile;
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    expect(vectors.filter(({ valid }) => valid).length).toBeGreaterThanOrEqual(8);
    expect(vectors.filter(({ valid }) => !valid).length).toBeGreaterThanOrEqual(40);
  });

  it.each(vectorFile.vectors)('$name: $valid', ({ signature, message, publicKey, valid }) => {
    expect(verifyMessage(fromHex(signature), fromHex(message), fromHex(publicKey))).toBe(valid);
  });

  const overDigests = vectorFile.vectors.filter(({ message }) => message.length === 2 * DIGEST_BYTES);

  it.each(overDigests)('$name, as a job: $valid', async (vector) => {
    const job = jobOf(vector);
    expect(verifySync(job)).toBe(vector.valid);
    expect(await pool.verify(job.signature, job.digest, job.publicKey)).toBe(vector.valid);
  });

  it('get the same verdicts in one batch', async () => {
    expect(overDigests.length).toBe(vectorFile.vectors.length - 4);
    expect(await pool.verifyAll(overDigests.map(jobOf))).toEqual(overDigests.map(({ valid }) => valid));
  });
});

describe('verifySync', () => {
  it('accepts every honest signature', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (seed, digest) => {
        const signature = signDigest(digest, seed);
        expect(verifySync({ signature, digest, publicKey: publicKeyOf(seed) })).toBe(true);
      }),
    );
  });

  it('refuses a signature, a digest or a key with any one bit flipped', () => {
    const seed = new Uint8Array(32).fill(5);
    const digest = new Uint8Array(32).fill(9);
    const honest = Buffer.concat([fromHex(signDigest(digest, seed)), digest, fromHex(publicKeyOf(seed))]);
    expect(verdictAt(verifyRecords(honest), 0)).toBe(true);
    const flipped = Array.from({ length: 8 * RECORD_BYTES }, (_, bit) => {
      const record = Buffer.from(honest);
      record[bit >> 3]! ^= 1 << (bit & 7);
      return record;
    });
    const verdicts = verifyRecords(Buffer.concat(flipped));
    expect(flipped.map((_, index) => verdictAt(verdicts, index))).not.toContain(true);
  });

  it('refuses anything of a wrong length or form, without an error', () => {
    const seed = new Uint8Array(32).fill(5);
    const digest = new Uint8Array(32).fill(9);
    const job = { signature: signDigest(digest, seed), digest, publicKey: publicKeyOf(seed) };
    expect(verifySync(job)).toBe(true);
    const malformed: readonly VerifyJob[] = [
      { ...job, signature: '' },
      { ...job, signature: job.signature.slice(2) },
      { ...job, signature: `${job.signature}00` },
      { ...job, signature: job.signature.toUpperCase() },
      { ...job, signature: `zz${job.signature.slice(2)}` },
      { ...job, digest: new Uint8Array(0) },
      { ...job, digest: digest.subarray(1) },
      { ...job, digest: Uint8Array.of(...digest, 0) },
      { ...job, publicKey: '' },
      { ...job, publicKey: job.publicKey.slice(1) },
      { ...job, publicKey: `${job.publicKey}00` },
      { ...job, publicKey: job.publicKey.toUpperCase() },
    ];
    expect(malformed.map(verifySync)).toEqual(malformed.map(() => false));
  });
});

describe('verifyMessage', () => {
  it('refuses a signature or a key of any wrong length', () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(bytes, bytes, bytes, (signature, message, publicKey) => {
        fc.pre(signature.length !== 64 || publicKey.length !== 32);
        expect(verifyMessage(signature, message, publicKey)).toBe(false);
      }),
    );
  });
});

describe('verifyRecords', () => {
  it('sets the bits of the valid records alone', () => {
    const seed = new Uint8Array(32).fill(3);
    const publicKey = fromHex(publicKeyOf(seed));
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (wanted) => {
        const records = wanted.map((valid, index) => {
          const digest = new Uint8Array(32).fill(index);
          const signature = fromHex(signDigest(digest, seed));
          return Buffer.concat([signature, valid ? digest : new Uint8Array(32).fill(255), publicKey]);
        });
        const verdicts = verifyRecords(Buffer.concat(records));
        expect(verdicts.length).toBe(Math.ceil(wanted.length / 8));
        expect(wanted.map((_, index) => verdictAt(verdicts, index))).toEqual(wanted);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses a batch that is not made of whole records', () => {
    expect(() => verifyRecords(new Uint8Array(RECORD_BYTES + 1))).toThrow(/whole records/);
    expect(toHex(verifyRecords(new Uint8Array(0)))).toBe('');
  });
});
