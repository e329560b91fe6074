/**
 * Counts equal signed statements of distinct replicas, for the heights of one window. One statement is kept for each
 * replica and height, so the tally is bounded and nobody counts twice (seed note "Why servers must have key pairs";
 * origin.md, defect 8).
 * @module
 */
import type { CheckpointVoteStatement, LocalCommitStatement, ReplicaSignature } from '../ledger/statement.ts';
import type { Hex } from '../../shared/encoding/hex.ts';

/** A statement that is counted, with the signature of the replica that made it. */
export interface Counted<S extends LocalCommitStatement | CheckpointVoteStatement> {
  readonly replica: number;
  readonly statement: S;
  readonly signature: Hex;
}

/** What became of a statement. `conflict`: its replica said something else at that height `before`. */
export type Counting<S extends LocalCommitStatement | CheckpointVoteStatement> =
  { readonly outcome: 'added' | 'known' } | { readonly outcome: 'conflict'; readonly before: Counted<S> };

export class Tally<S extends LocalCommitStatement | CheckpointVoteStatement> {
  readonly #heights = new Map<number, Map<number, Counted<S>>>();

  /** How many statements are kept. */
  get size(): number {
    let size = 0;
    for (const replicas of this.#heights.values()) size += replicas.size;
    return size;
  }

  add(counted: Counted<S>): Counting<S> {
    const { height } = counted.statement;
    const replicas = this.#heights.get(height) ?? new Map<number, Counted<S>>();
    const before = replicas.get(counted.replica);
    if (before !== undefined) {
      return saysTheSame(before.statement, counted.statement)
        ? { outcome: 'known' }
        : { outcome: 'conflict', before };
    }
    replicas.set(counted.replica, counted);
    this.#heights.set(height, replicas);
    return { outcome: 'added' };
  }

  /** The signatures of all replicas that said the same as `statement`, in order of their index. */
  signatures(
    statement: Pick<S, 'height' | 'hash'> & { readonly stateDigest?: Hex },
  ): readonly ReplicaSignature[] {
    const replicas = this.#heights.get(statement.height);
    if (replicas === undefined) return [];
    return [...replicas.values()]
      .filter((counted) => saysTheSame(counted.statement, statement))
      .map(({ replica, signature }) => ({ replica, signature }))
      .sort((left, right) => left.replica - right.replica);
  }

  /** Heights with at least one statement. */
  heights(): readonly number[] {
    return [...this.#heights.keys()];
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

interface Said {
  readonly hash: Hex;
  readonly stateDigest?: Hex;
}

function saysTheSame(one: Said, other: Said): boolean {
  return one.hash === other.hash && (one.stateDigest ?? '') === (other.stateDigest ?? '');
}
