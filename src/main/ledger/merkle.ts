/**
 * Merkle trees over request ids, by RFC 9162 section 2.1: leaves and inner nodes are hashed in different domains,
 * and a tree of n leaves splits at the largest power of two below n.
 * @module
 */
import { fromHex, toHex, type Hex } from '../../shared/encoding/hex.ts';
import { digest } from './hash.ts';

/** The root over `leaves`, in order. The empty tree has a root of its own. */
export function merkleRoot(leaves: readonly Hex[]): Hex {
  if (leaves.length === 0) return toHex(digest('countersign/merkle-empty/1'));
  return toHex(subtreeHash(leaves.map(leafHash)));
}

/** The inclusion path of the leaf at `index` (RFC 9162 section 2.1.3.1): sibling hashes from the leaf upwards. */
export function merklePath(leaves: readonly Hex[], index: number): readonly Hex[] {
  if (index < 0 || index >= leaves.length) throw new RangeError('index outside the tree');
  return pathWithin(leaves.map(leafHash), index).map(toHex);
}

/** The root to which `leaf` at `index` of `size` leaves leads along `path`; `undefined` where the path does not fit. */
export function rootFromPath(leaf: Hex, index: number, size: number, path: readonly Hex[]): Hex | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined;
  // RFC 9162 section 2.1.3.2. Plain arithmetic, because bit operators would cut to 32 bits.
  let position = index;
  let last = size - 1;
  let hash = leafHash(leaf);
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(fromHex(sibling), hash);
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, fromHex(sibling));
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? toHex(hash) : undefined;
}

function leafHash(leaf: Hex): Uint8Array {
  return digest('countersign/merkle-leaf/1', fromHex(leaf));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return digest('countersign/merkle-node/1', left, right);
}

function subtreeHash(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first !== undefined && hashes.length === 1) return first;
  const split = splitOf(hashes.length);
  return nodeHash(subtreeHash(hashes.slice(0, split)), subtreeHash(hashes.slice(split)));
}

function pathWithin(hashes: readonly Uint8Array[], index: number): Uint8Array[] {
  if (hashes.length <= 1) return [];
  const split = splitOf(hashes.length);
  const left = hashes.slice(0, split);
  const right = hashes.slice(split);
  return index < split
    ? [...pathWithin(left, index), subtreeHash(right)]
    : [...pathWithin(right, index - split), subtreeHash(left)];
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
