/**
 * Counts equal signed statements of distinct replicas, for the heights of one window. One statement is kept for each
 * replica and height, so the tally is bounded and nobody counts twice (seed note "Why servers must have key pairs";
 * origin.md, defect 8).
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { ReplicaSignature } from '../ledger/statement.ts';

/** A statement as it is counted: `key` is equal for statements that say the same. */
export interface Counted {
  readonly replica: number;
  readonly height: number;
  readonly key: string;
  readonly signature: Hex;
}

export class Tally {
  readonly #heights = new Map<number, Map<number, Counted>>();

  /** How many statements are kept. */
  get size(): number {
    return [...this.#heights.values()].reduce((sum, replicas) => sum + replicas.size, 0);
  }

  /** Counts a statement. `conflict`: its replica said something else at that height before. */
  add(counted: Counted): 'added' | 'known' | 'conflict' {
    const replicas = this.#heights.get(counted.height) ?? new Map<number, Counted>();
    const before = replicas.get(counted.replica);
    if (before !== undefined) return before.key === counted.key ? 'known' : 'conflict';
    replicas.set(counted.replica, counted);
    this.#heights.set(counted.height, replicas);
    return 'added';
  }

  /** The signatures of all replicas that said `key` at `height`, in order of their index. */
  signatures(height: number, key: string): readonly ReplicaSignature[] {
    return [...(this.#heights.get(height)?.values() ?? [])]
      .filter((counted) => counted.key === key)
      .map(({ replica, signature }) => ({ replica, signature }))
      .sort((left, right) => left.replica - right.replica);
  }

  /** Heights with at least one statement of the given key, or undefined key for any. */
  heights(): readonly number[] {
    return [...this.#heights.keys()];
  }

  /** The keys said at `height`, each once. */
  keys(height: number): readonly string[] {
    return [...new Set([...(this.#heights.get(height)?.values() ?? [])].map(({ key }) => key))];
  }

  /** Forgets everything at or below `height`. */
  settle(height: number): void {
    for (const counted of this.#heights.keys()) {
      if (counted <= height) this.#heights.delete(counted);
    }
  }

  clear(): void {
    this.#heights.clear();
  }
}
