import { expect, it } from 'vitest';
import { contentHashOf } from '../../../src/main/ledger/contentHash.ts';

it('is the hash of the bytes for this purpose alone', () => {
  // SHA-256 of 21, 'countersign/payload/1' and the bytes.
  expect(contentHashOf(new Uint8Array([1, 2, 3]))).toBe(
    'eb761cad315825d169abe5d8947b07aab91e49c36ccf424efe45380a7fb0f28a',
  );
  expect(contentHashOf(new Uint8Array([1, 2, 4]))).not.toBe(contentHashOf(new Uint8Array([1, 2, 3])));
});
