/**
 * Counts what others sent that no correct one sends, and says when a replica has done so too often.
 * @module
 */
import type { ErrorCode } from '../../shared/errors.ts';
import type { CodeCounts } from '../network/index.ts';
import { TokenBucket } from '../network/tokenBucket.ts';

/**
 * Bad messages of one replica in a minute before it is shut out. A correct one sends none; a few may come of two
 * versions that differ, and are better seen and counted than cut off.
 */
export const BAD_MESSAGES_PER_MINUTE_MAX = 20;
/** How long a replica that sent too many is shut out, in milliseconds: what it sends costs next to nothing then. */
export const SHUT_OUT_MS = 30_000;

const SECONDS_PER_MINUTE = 60;

/** How often what went wrong since the start. A client is closed at the first, so clients are counted together. */
export interface BadMessageCounts {
  /** By the index of the replica that sent it. */
  readonly replicas: ReadonlyMap<number, CodeCounts>;
  readonly clients: CodeCounts;
}

interface Culprit {
  readonly counts: CodeCounts;
  readonly allowance: TokenBucket;
}

export class BadMessages {
  readonly #replicas = new Map<number, Culprit>();
  readonly #clients: CodeCounts = {};
  readonly #nowMs: () => number;

  /** @param nowMs - a clock that never goes back, such as `performance.now` */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Counts one of the replica's; whether it is one too many. */
  ofReplica(index: number, code: ErrorCode): boolean {
    let culprit = this.#replicas.get(index);
    if (culprit === undefined) {
      const perSecond = BAD_MESSAGES_PER_MINUTE_MAX / SECONDS_PER_MINUTE;
      const allowance = new TokenBucket(perSecond, BAD_MESSAGES_PER_MINUTE_MAX, this.#nowMs);
      culprit = { counts: {}, allowance };
      this.#replicas.set(index, culprit);
    }
    count(culprit.counts, code);
    return !culprit.allowance.take(1);
  }

  /** The replica has gone for good, and its index with it. */
  forget(index: number): void {
    this.#replicas.delete(index);
  }

  /** Counts one of a client's. */
  ofClient(code: ErrorCode): void {
    count(this.#clients, code);
  }

  get counts(): BadMessageCounts {
    const replicas = [...this.#replicas].map(([index, { counts }]) => [index, { ...counts }] as const);
    return { replicas: new Map(replicas), clients: { ...this.#clients } };
  }
}

function count(counts: CodeCounts, code: ErrorCode): void {
  counts[code] = (counts[code] ?? 0) + 1;
}
