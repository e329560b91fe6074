/**
 * Once a second, a point of the charts: what the local replica did since the one before, and where it stands.
 * @module
 */
import { HISTORY_INTERVAL_MS, type HistoryPoint } from '../../../shared/contract/model.ts';
import type { LiveFeed } from './feed.ts';
import type { Latency } from './latency.ts';

const SECOND_MS = 1_000;

/** Where a running replica stands. */
export interface Standing {
  /** Requests in all blocks that it has accepted since the program started; only rises. */
  readonly acceptedRequests: number;
  readonly tipHeight: number;
  readonly stableHeight: number;
}

/** What a point is compared with. */
interface Mark {
  /** By a clock that is never set. */
  readonly atMs: number;
  readonly acceptedRequests: number;
}

export interface SamplerOptions {
  readonly feed: Pick<LiveFeed, 'point'>;
  readonly latency: Pick<Latency, 'accepted' | 'final'>;
  /** `null` while the replica does not run: that second has no point. */
  readonly standing: () => Standing | null;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #timer: NodeJS.Timeout;
  #mark: Mark | null;

  /** Takes points until `close`, the first one a second from now. */
  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#mark = markOf(options.standing());
    this.#timer = setInterval(() => this.#sample(), HISTORY_INTERVAL_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const { feed, latency, standing, now } = this.#options;
    const stands = standing();
    const before = this.#mark;
    const after = markOf(stands);
    this.#mark = after;
    // The first second after a pause is not known whole.
    if (stands === null || before === null || after === null || after.atMs <= before.atMs) return;
    const elapsedMs = after.atMs - before.atMs;
    const requests = stands.acceptedRequests - before.acceptedRequests;
    const point: HistoryPoint = {
      atMs: now(),
      requestsPerSecond: (requests * SECOND_MS) / elapsedMs,
      checkpointDistance: Math.max(0, stands.tipHeight - stands.stableHeight),
      acceptedMs: latency.accepted(after.atMs),
      finalMs: latency.final(after.atMs),
    };
    feed.point(point);
  }
}

function markOf(stands: Standing | null): Mark | null {
  return stands && { atMs: performance.now(), acceptedRequests: stands.acceptedRequests };
}
