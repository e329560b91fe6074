import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merklePath, merkleRoot, rootFromPath } from '../../../src/main/ledger/merkle.ts';

const SIZES = 65;
const leaf = (index: number): string => createHash('sha256').update(`leaf ${index}`).digest('hex');
const leavesOf = (size: number): string[] => Array.from({ length: size }, (_, index) => leaf(index));

/** The naive twin: RFC 9162, section 2.1.1, word for word, over byte strings built by hand. */
function twinHash(domain: string, ...parts: Buffer[]): Buffer {
  const prefix = Buffer.concat([Buffer.from([domain.length]), Buffer.from(domain, 'ascii')]);
  return createHash('sha256')
    .update(Buffer.concat([prefix, ...parts]))
    .digest();
}
function twinRoot(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return twinHash('countersign/merkle-empty/1');
  if (leaves.length === 1) return twinHash('countersign/merkle-leaf/1', Buffer.from(leaves[0]!, 'hex'));
  let k = 1;
  while (2 * k < leaves.length) k = 2 * k;
  return twinHash('countersign/merkle-node/1', twinRoot(leaves.slice(0, k)), twinRoot(leaves.slice(k)));
}
/** PATH(m, D_n) of section 2.1.3.1. */
function twinPath(leaves: readonly string[], m: number): string[] {
  if (leaves.length === 1) return [];
  let k = 1;
  while (2 * k < leaves.length) k = 2 * k;
  return m < k
    ? [...twinPath(leaves.slice(0, k), m), twinRoot(leaves.slice(k)).toString('hex')]
    : [...twinPath(leaves.slice(k), m - k), twinRoot(leaves.slice(0, k)).toString('hex')];
}

describe('Merkle trees', () => {
  it('are those of RFC 9162 for every size, with the path of every leaf', () => {
    for (let size = 0; size <= SIZES; size++) {
      const leaves = leavesOf(size);
      const root = merkleRoot(leaves);
      expect(root).toBe(twinRoot(leaves).toString('hex'));
      for (let index = 0; index < size; index++) {
        const path = merklePath(leaves, index);
        expect(path).toEqual(twinPath(leaves, index));
        expect(rootFromPath(leaf(index), index, size, path)).toBe(root);
      }
    }
  });

  it('lead from no other leaf, index or size to the root', () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = leavesOf(size);
      const root = merkleRoot(leaves);
      for (let index = 0; index < size; index++) {
        const path = merklePath(leaves, index);
        expect(rootFromPath(leaf(SIZES + 1), index, size, path)).not.toBe(root);
        for (let other = 0; other < size; other++) {
          if (other === index) continue;
          expect(rootFromPath(leaf(index), other, size, path)).not.toBe(root);
        }
        for (const short of [path.slice(1), path.slice(0, -1), [...path, root], [root, ...path]]) {
          if (short.length === path.length) continue;
          expect(rootFromPath(leaf(index), index, size, short)).toBeUndefined();
        }
        for (let at = 0; at < path.length; at++) {
          expect(rootFromPath(leaf(index), index, size, path.with(at, root))).not.toBe(root);
        }
      }
    }
  });

  it('bind the order and the number of leaves', () => {
    const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(hashes, hashes, (left, right) => {
        const [a, b] = [left, right].map((leaves) =>
          leaves.map((bytes) => Buffer.from(bytes).toString('hex')),
        );
        expect(merkleRoot(a!) === merkleRoot(b!)).toBe(a!.join() === b!.join());
      }),
    );
    expect(merkleRoot([leaf(0), leaf(1)])).not.toBe(merkleRoot([leaf(1), leaf(0)]));
    // The duplication flaw of Bitcoin's trees: repeating the last leaf must not give the same root.
    expect(merkleRoot(leavesOf(3))).not.toBe(merkleRoot([...leavesOf(3), leaf(2)]));
  });

  it('do not take an inner node for a leaf', () => {
    const inner = merkleRoot(leavesOf(2));
    expect(merkleRoot([inner, merkleRoot([leaf(2), leaf(3)])])).not.toBe(merkleRoot(leavesOf(4)));
  });

  it('have no path outside themselves', () => {
    for (const index of [-1, 5, 2 ** 32, Number.NaN]) {
      expect(rootFromPath(leaf(0), index, 5, []), String(index)).toBeUndefined();
    }
    expect(() => merklePath(leavesOf(5), 5)).toThrow(RangeError);
    expect(() => merklePath(leavesOf(5), -1)).toThrow(RangeError);
    expect(rootFromPath(leaf(0), 0, 0, [])).toBeUndefined();
    expect(rootFromPath(leaf(0), 0.5, 5, [])).toBeUndefined();
    expect(rootFromPath(leaf(0), 2 ** 40, 2 ** 41, [leaf(1)])).toBeUndefined();
  });
});
