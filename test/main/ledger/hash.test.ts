import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { digest, digestHex } from '../../../src/main/ledger/hash.ts';

it('a digest is SHA-256 over the length of the domain, the domain and the parts', () => {
  const expected = createHash('sha256').update('\u0015countersign/example/1ab').digest('hex');
  const [a, b] = ['a', 'b'].map((letter) => new TextEncoder().encode(letter));
  expect('countersign/example/1').toHaveLength(0x15);
  expect(digestHex('countersign/example/1', a!, b!)).toBe(expected);
  expect(Buffer.from(digest('countersign/example/1', a!, b!)).toString('hex')).toBe(expected);
});

it('the same bytes in another domain have another digest', () => {
  const bytes = new Uint8Array(32);
  const domains = ['countersign/a/1', 'countersign/b/1', 'countersign/a/2', 'countersign/a/11'] as const;
  expect(new Set(domains.map((domain) => digestHex(domain, bytes))).size).toBe(domains.length);
});
