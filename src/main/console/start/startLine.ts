/**
 * How far a start has come: its phases with their times, what is known of the present one, and what it waits for.
 * @module
 */
import {
  START_PHASES,
  type StartingStage,
  type StartPhaseName,
  type StartProgress,
} from '../../../shared/contract/model.ts';

export class StartLine {
  readonly #now: () => number;
  readonly #tookMs = new Map<StartPhaseName, number>();
  #phase: StartPhaseName = 'lock';
  #sinceMs: number;
  #progress: StartProgress | null = null;
  #heldBy: StartingStage['heldBy'] = null;

  /** @param now - milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  get stage(): StartingStage {
    return {
      name: 'starting',
      phase: this.#phase,
      sinceMs: this.#sinceMs,
      done: START_PHASES.flatMap((phase) => {
        const tookMs = this.#tookMs.get(phase);
        return tookMs === undefined ? [] : [{ phase, tookMs }];
      }),
      progress: this.#progress,
      heldBy: this.#heldBy,
    };
  }

  /** Begins from the start: nothing is done. */
  restart(phase: StartPhaseName): void {
    this.#tookMs.clear();
    this.#begin(phase, this.#now());
  }

  /**
   * The present phase is done and the next one begins. One that was done goes on where it ended: the program and its
   * replica have a directory each to lock.
   */
  enter(phase: StartPhaseName): void {
    if (phase === this.#phase) return;
    const nowMs = this.#now();
    this.#tookMs.set(this.#phase, Math.max(0, nowMs - this.#sinceMs));
    const earlierMs = this.#tookMs.get(phase) ?? 0;
    this.#tookMs.delete(phase);
    this.#begin(phase, nowMs - earlierMs);
  }

  progress(progress: StartProgress): void {
    this.#progress = progress;
  }

  /** The data directory is waited for: a process has it. */
  held(pid: number, untilMs: number): void {
    this.#heldBy = { pid, untilMs };
  }

  #begin(phase: StartPhaseName, sinceMs: number): void {
    this.#phase = phase;
    this.#sinceMs = sinceMs;
    this.#progress = null;
    this.#heldBy = null;
  }
}
