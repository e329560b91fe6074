/**
 * How late the event loop was over the last minute. A histogram cannot forget, so several run side by side, each begun
 * some time after the other, and the oldest one speaks.
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Over how long, in milliseconds. */
  readonly spanMs: number;
}

/** Time between two looks of a histogram, in milliseconds; what it measures includes it. */
const RESOLUTION_MS = 20;
const STEP_MS = 20_000;
/** Histograms at a time: three steps make a minute, and one more begins. */
const HISTOGRAMS_MAX = 4;
const NS_PER_MS = 1e6;

interface Watch {
  readonly histogram: ReturnType<typeof monitorEventLoopDelay>;
  readonly sinceMs: number;
}

export class LoopDelayWatch {
  #watches: Watch[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#begin();
    this.#timer = setInterval(() => this.#begin(), STEP_MS);
    // Watching is no reason to go on running.
    this.#timer.unref();
  }

  get delay(): LoopDelay {
    const [oldest] = this.#watches;
    // Before the first look there is nothing to say.
    if (oldest === undefined || oldest.histogram.count === 0)
      return { p50Ms: 0, p99Ms: 0, maxMs: 0, spanMs: 0 };
    const { histogram, sinceMs } = oldest;
    return {
      p50Ms: lateness(histogram.percentile(50)),
      p99Ms: lateness(histogram.percentile(99)),
      maxMs: lateness(histogram.max),
      spanMs: Math.round(performance.now() - sinceMs),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { histogram } of this.#watches.splice(0)) histogram.disable();
  }

  #begin(): void {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    this.#watches.push({ histogram, sinceMs: performance.now() });
    if (this.#watches.length > HISTOGRAMS_MAX) this.#watches.shift()?.histogram.disable();
  }
}

function lateness(ns: number): number {
  return Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
}
