/**
 * Cutting a failing plan down: whatever can be left out, with the same rule still broken, is left out.
 * @module
 */
import { failureOf } from './failure.ts';
import type { Plan } from './plan.ts';
import { run, type Outcome } from './run.ts';

/** A smaller plan that fails in the same way. */
export interface Shrunk {
  readonly plan: Plan;
  readonly outcome: Outcome;
  /** How many runs it took. */
  readonly runs: number;
}

/** Most runs that are spent on one plan. */
const RUNS_MAX = 400;

/** Changes of single numbers that make a plan simpler. */
const SIMPLER: readonly Partial<Plan>[] = [
  { loss: 0 },
  { duplication: 0 },
  { clockSkewMs: [] },
  { delayMs: [1, 1] },
  { delayMs: [1, 5] },
  { diskMs: 0 },
  { noticeMs: null },
  { maxBlockRequests: 1 },
];

/** The smallest plan found that fails as `plan` does. Throws where it does not fail at all. */
export function shrink(plan: Plan): Shrunk {
  let { outcome } = run(plan);
  const failure = failureOf(outcome);
  if (failure === null) throw new Error(`seed ${String(plan.seed)} does not fail`);
  let best = plan;
  let runs = 1;
  const attempt = (candidate: Plan): boolean => {
    if (runs >= RUNS_MAX) return false;
    runs++;
    const result = run(candidate).outcome;
    if (failureOf(result) !== failure) return false;
    best = candidate;
    outcome = result;
    return true;
  };
  let smaller = true;
  while (smaller && runs < RUNS_MAX) {
    const before = best;
    dropItems(() => best, attempt);
    for (const change of SIMPLER) {
      if (JSON.stringify({ ...best, ...change }) !== JSON.stringify(best)) attempt({ ...best, ...change });
    }
    while (best.safetyMs > 50 && attempt({ ...best, safetyMs: Math.floor(best.safetyMs / 2) }));
    smaller = before !== best;
  }
  return { plan: best, outcome, runs };
}

/** Leaves out halves, and then single items, of each list of the plan. */
function dropItems(best: () => Plan, attempt: (candidate: Plan) => boolean): void {
  for (const name of ['faults', 'clients', 'requests', 'byzantine'] as const) {
    for (
      let size = Math.ceil(best()[name].length / 2);
      size > 0;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let at = 0; at < best()[name].length;) {
        const items = best()[name];
        const without = [...items.slice(0, at), ...items.slice(at + size)];
        if (!attempt({ ...best(), [name]: without })) at += size;
      }
    }
  }
  // Each change is of the set that those before it lead to.
  while (best().changes.length > 0 && attempt({ ...best(), changes: best().changes.slice(0, -1) }));
  for (const [index, { behaviours }] of best().byzantine.entries()) {
    for (const name of behaviours) {
      const byzantine = best().byzantine.map((item, at) =>
        at === index ? { ...item, behaviours: item.behaviours.filter((other) => other !== name) } : item,
      );
      attempt({ ...best(), byzantine });
    }
  }
}
