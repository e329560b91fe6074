/**
 * The simulator: real replicas in virtual time, with everything going wrong that may (RELIABILITY.md, R2 to R4).
 * `npm run sim -- --help` says how to use it.
 * @module
 */
import { argumentsOf, USAGE, UsageError, type Arguments } from './arguments.ts';
import type { Plan } from './plan.ts';
import { Pool } from './pool.ts';
import { Report } from './report.ts';
import { failureOf } from './failure.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const args = argumentsOf(process.argv.slice(2));
    if (args.help) {
      console.log(USAGE);
      return 0;
    }
    return args.replay ? await replay(args) : await explore(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
}

/** Runs many seeds; the first that fails is cut down and shown. */
async function explore(args: Arguments): Promise<number> {
  const pool = new Pool(args.plant);
  const report = new Report(args);
  try {
    await pool.run(args.from, args.seeds, args, ({ outcomes }) => {
      report.add(outcomes);
      return !(args.first && report.firstFailing !== null);
    });
    report.endProgress();
    const failing = report.firstFailing;
    if (failing !== null) await report.showFailure(pool, failing);
  } finally {
    await pool.close();
  }
  report.summary();
  return report.firstFailing === null ? 0 : EXIT_FAILED;
}

/** Shows one run event by event. */
async function replay(args: Arguments): Promise<number> {
  const pool = new Pool(args.plant, 1);
  try {
    const plan = args.options === null ? await planOf(pool, args) : parsePlan(args.options);
    const answer = await pool.ask({ type: 'replay', plan });
    if (answer.type !== 'replayed') throw new Error(answer.type);
    for (const line of answer.lines) console.log(line);
    const failure = failureOf(answer.outcome);
    console.log(failure === null ? 'nothing is wrong, and all came right' : `failed: ${failure}`);
    if (answer.outcome.stuck !== null) console.log(answer.outcome.stuck);
    if (args.json) console.log(JSON.stringify({ ...answer.outcome, plan }));
    return failure === null ? 0 : EXIT_FAILED;
  } finally {
    await pool.close();
  }
}

async function planOf(pool: Pool, { from, replicas, schedule }: Arguments): Promise<Plan> {
  const answer = await pool.ask({ type: 'plan', seed: from, wanted: { replicas, schedule } });
  if (answer.type !== 'plan') throw new Error(answer.type);
  return answer.plan;
}

function parsePlan(text: string): Plan {
  const problem = new UsageError('--options: the JSON that a failing seed prints');
  try {
    const plan: unknown = JSON.parse(text);
    if (typeof plan !== 'object' || plan === null || !('seed' in plan) || !('faults' in plan)) throw problem;
    return plan as Plan;
  } catch {
    throw problem;
  }
}
