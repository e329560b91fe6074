/**
 * What the simulator says: progress on the way, the first failing seed cut down and how to see it again, and figures
 * at the end.
 * @module
 */
import type { Arguments } from './arguments.ts';
import { failureOf } from './failure.ts';
import type { Plan } from './plan.ts';
import type { Pool } from './pool.ts';
import type { Outcome } from './run.ts';

/** Time between two lines of progress, in milliseconds. */
const PROGRESS_MS = 1_000;
/** Most failing seeds that are listed. */
const FAILURES_MAX = 20;
/** Last lines of the shrunk run that are shown. */
const LINES_MAX = 80;

export class Report {
  readonly #args: Arguments;
  readonly #startedMs = performance.now();
  readonly #failing: Outcome[] = [];
  #saidMs = 0;
  #seeds = 0;
  #violations = 0;
  #converged = 0;
  #views = 0;
  #viewsMax = 0;
  #epochs = 0;
  #epochMax = 0;
  #finalBlocks = 0;
  #withEvidence = 0;
  #shrunk: Plan | null = null;

  constructor(args: Arguments) {
    this.#args = args;
  }

  /** The failing run with the lowest seed so far. */
  get firstFailing(): Outcome | null {
    return this.#failing.reduce<Outcome | null>(
      (first, outcome) => (first === null || outcome.seed < first.seed ? outcome : first),
      null,
    );
  }

  add(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      this.#seeds++;
      if (outcome.violation !== null) this.#violations++;
      if (outcome.converged) this.#converged++;
      if (outcome.accused.length > 0) this.#withEvidence++;
      this.#views += outcome.views;
      this.#viewsMax = Math.max(this.#viewsMax, outcome.views);
      this.#epochs += outcome.epoch;
      this.#epochMax = Math.max(this.#epochMax, outcome.epoch);
      this.#finalBlocks += outcome.finalHeight;
      if (failureOf(outcome) !== null) this.#failing.push(outcome);
    }
    if (performance.now() - this.#saidMs < PROGRESS_MS) return;
    this.#saidMs = performance.now();
    this.#progress();
  }

  endProgress(): void {
    this.#progress();
    if (process.stderr.isTTY) process.stderr.write('\n');
  }

  /** Cuts the failing run down and shows it. */
  async showFailure(pool: Pool, { seed }: Outcome): Promise<void> {
    const planned = await pool.ask({ type: 'plan', seed, wanted: this.#args });
    if (planned.type !== 'plan') throw new Error(planned.type);
    const answer = await pool.ask({ type: 'shrink', plan: planned.plan });
    if (answer.type !== 'shrunk') throw new Error(answer.type);
    const { plan, outcome, runs } = answer.shrunk;
    this.#shrunk = plan;
    const again = this.#args.plant === null ? '' : ` --plant ${this.#args.plant}`;
    const { replicas, schedule } = this.#args;
    const of =
      (replicas === null ? '' : ` --replicas ${String(replicas)}`) +
      (schedule === null ? '' : ` --schedule ${schedule}`);
    console.log(`Seed ${String(seed)} failed: ${failureOf(outcome) ?? ''}`);
    console.log(outcome.violation?.message ?? outcome.stuck ?? '');
    console.log(`Options: ${JSON.stringify(planned.plan)}`);
    console.log(`Replay:  npm run sim -- --replay ${String(seed)}${of}${again}`);
    console.log(`Shrunk in ${String(runs)} runs to: ${JSON.stringify(plan)}`);
    console.log(`Replay:  npm run sim -- --replay${again} --options '${JSON.stringify(plan)}'`);
    const replayed = await pool.ask({ type: 'replay', plan });
    if (replayed.type !== 'replayed') throw new Error(replayed.type);
    for (const line of replayed.lines.slice(-LINES_MAX)) console.log(line);
  }

  summary(): void {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const failures = this.#failing
      .toSorted((left, right) => left.seed - right.seed)
      .slice(0, FAILURES_MAX)
      .map((outcome) => ({ seed: outcome.seed, schedule: outcome.schedule, failure: failureOf(outcome) }));
    for (const { seed, schedule, failure } of failures) {
      console.log(`seed ${String(seed)} (${schedule}): ${failure ?? ''}`);
    }
    const seeds = this.#seeds;
    console.log(
      `${String(seeds)} seeds, ${String(this.#violations)} violations, ${String(this.#converged)} converged, ` +
        `${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(0)} seeds/s`,
    );
    if (!this.#args.json) return;
    const result = {
      seeds,
      violations: this.#violations,
      converged: this.#converged,
      firstFailingSeed: this.firstFailing?.seed ?? null,
      from: this.#args.from,
      plant: this.#args.plant,
      failures,
      shrunk: this.#shrunk,
      averageViews: this.#views / Math.max(1, seeds),
      highestView: this.#viewsMax,
      epochsBegun: this.#epochs,
      highestEpoch: this.#epochMax,
      finalBlocks: this.#finalBlocks,
      seedsWithEvidence: this.#withEvidence,
      seconds,
    };
    console.log(JSON.stringify(result));
  }

  #progress(): void {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const rate = this.#seeds / seconds;
    const left = this.#args.seeds - this.#seeds;
    const leftS = rate === 0 ? 0 : left / rate;
    const line =
      `${String(this.#seeds)} of ${String(this.#args.seeds)} seeds, ${rate.toFixed(0)}/s, ` +
      `${leftS.toFixed(0)} s left, ${String(this.#failing.length)} failed`;
    process.stderr.write(process.stderr.isTTY ? `\r${line} ` : `${line}\n`);
  }
}
