/**
 * Schedules that are made for one rule of the protocol each: chance alone finds what they show too seldom. They change
 * the plan of a seed, and leave the rest of it to chance.
 * @module
 */
import type { Random } from '../support/simulation/random.ts';
import type { Fault, Plan } from './plan.ts';

type Schedule = (plan: Plan, random: Random) => Partial<Plan>;

/** Replicas of a plan, by index. */
function all(plan: Plan): readonly number[] {
  return Array.from({ length: plan.replicas }, (_, index) => index);
}

const SCHEDULES: Readonly<Record<string, Schedule>> = {
  /** What certifies reaches few; then the view changes. */
  halfCertified: (plan, random) => {
    const faults: Fault[] = [];
    for (let atMs = 0; atMs < plan.safetyMs; atMs += random.integer(40, 200)) {
      faults.push({
        kind: 'hold',
        atMs,
        forMs: random.integer(40, 400),
        types: random.pick([
          ['localCommit'],
          ['checkpointVote', 'stable'],
          ['localCommit', 'checkpointVote', 'stable'],
        ]),
        from: all(plan),
        to: all(plan).filter(() => random.chance(0.7)),
        lose: random.chance(0.5),
      });
    }
    return { ...quick(random), faults };
  },
  /** Views follow one another: primaries are cut off in turn, and new views reach few. */
  manyViews: (plan, random) => {
    const faults: Fault[] = [];
    for (let atMs = 20; atMs < plan.safetyMs; atMs += random.integer(60, 250)) {
      const primary = random.integer(0, plan.replicas - 1);
      const others = all(plan).filter((index) => index !== primary);
      faults.push({
        kind: 'cut',
        atMs,
        forMs: random.integer(50, 300),
        from: [primary],
        to: others.filter(() => random.chance(0.7)),
        oneWay: random.chance(0.5),
      });
      if (random.chance(0.5)) {
        faults.push({
          kind: 'hold',
          atMs,
          forMs: random.integer(50, 300),
          types: random.pick([['newView'], ['viewChange'], ['orderedRequest', 'orders'], ['localCommit']]),
          from: all(plan),
          to: all(plan).filter(() => random.chance(0.5)),
          lose: random.chance(0.5),
        });
      }
    }
    return { ...quick(random), faults };
  },
  /** Primaries that stop while they open views, and replicas that stop while they leave them. */
  stopsInViewChanges: (plan, random) => ({
    ...quick(random),
    faults: Array.from({ length: random.integer(3, 9) }, (): Fault => ({
      kind: 'stop',
      atMs: random.integer(0, plan.safetyMs),
      forMs: random.integer(1, 150),
      replica: random.integer(0, plan.replicas - 1),
      moment: random.pick(['before', 'after', 'midway'] as const),
      commits: random.integer(0, 4),
    })),
  }),
};

export const SCHEDULE_NAMES: readonly string[] = Object.keys(SCHEDULES);

/** A plan changed by one of the schedules. */
export function directed(plan: Plan, random: Random): Plan {
  const schedule = random.pick(SCHEDULE_NAMES);
  return { ...plan, schedule, ...SCHEDULES[schedule]!(plan, random) };
}

/** Little is lost by chance, and views change soon: what happens is what the schedule wants. */
function quick(random: Random): Partial<Plan> {
  return {
    loss: random.pick([0, 0, 0.05]),
    delayMs: random.pick<[number, number]>([
      [1, 3],
      [1, 10],
    ]),
    viewTimeoutMs: random.pick([40, 80]),
    checkpointIdleMs: random.pick([10, 40]),
    clientTimeoutMs: random.pick([40, 100]),
  };
}
