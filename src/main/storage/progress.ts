/**
 * How far opening and loading a ledger has come: a large one takes a while, and whoever waits is told of what.
 * @module
 */

/**
 * One step and how much of it is done. `log`: frames of the write-ahead log that are checked. `blocks`: blocks above the
 * stable checkpoint at height `fromHeight` that are executed again. `requests`: executed requests at or below it whose
 * ids are read.
 */
export type LoadProgress =
  | { readonly step: 'log'; readonly done: number; readonly total: number }
  | { readonly step: 'blocks'; readonly fromHeight: number; readonly done: number; readonly total: number }
  | { readonly step: 'requests'; readonly done: number; readonly total: number };

/** Told of progress. Must not throw. */
export type OnProgress = (progress: LoadProgress) => void;

/** Least time between two reports, in milliseconds: people see no more. */
export const PROGRESS_INTERVAL_MS = 100;

/** Passes on to `report` what comes at most ten times a second: the first of each step at once. */
export function calmProgress(report: OnProgress, nowMs: () => number = () => performance.now()): OnProgress {
  let step: LoadProgress['step'] | null = null;
  let lastMs = -Infinity;
  return (progress) => {
    const atMs = nowMs();
    if (progress.step === step && atMs - lastMs < PROGRESS_INTERVAL_MS) return;
    ({ step } = progress);
    lastMs = atMs;
    report(progress);
  };
}
