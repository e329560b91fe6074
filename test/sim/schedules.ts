/**
 * Schedules that are made for one rule of the protocol each: chance alone finds what they show too seldom. They change
 * the plan of a seed, and leave the rest of it to chance.
 * @module
 */
import type { Random } from '../support/simulation/random.ts';
import { EPOCH_SCHEDULES } from './epochSchedules.ts';
import type { Fault, Plan } from './plan.ts';

type Schedule = (plan: Plan, random: Random) => Partial<Plan>;

/** Replicas of a plan, by index. */
function all(plan: Plan): readonly number[] {
  return Array.from({ length: plan.replicas }, (_, index) => index);
}

const SCHEDULES: Readonly<Record<string, Schedule>> = {
  ...EPOCH_SCHEDULES,
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
  /** Certificates reach one faulty replica alone, everything else is fast (M7, G1). */
  hoard: (plan, random) => {
    const faulty = random.integer(0, plan.replicas - 1);
    const others = all(plan).filter((index) => index !== faulty);
    return {
      ...quick(random),
      byzantine: [{ replica: faulty, behaviours: [random.pick(['hoarding', 'silent'] as const)], split: 0 }],
      faults: [
        lost(plan, ['localCommit', 'checkpointVote', 'stable'], others, others),
        ...slices(plan, random, () => ({
          types: random.pick([['newView'], ['newView'], ['viewChange'], ['orderedRequest', 'orders']]),
          from: random.chance(0.5) ? all(plan) : [random.pick(others)],
          to: others.filter(() => random.chance(0.4)),
        })),
      ],
    };
  },
  /**
   * One replica is given an older copy of what it keeps, while messages are lost and views change (RELIABILITY.md,
   * R7). It counts among the f: with four replicas there is no other faulty one.
   */
  restored: (plan, random) => {
    const f = Math.floor((plan.replicas - 1) / 3);
    const replica = random.integer(0, random.chance(0.6) ? 1 : plan.replicas - 1);
    const what = random.pick(['ledger', 'guard', 'both'] as const);
    const faults: Fault[] = [];
    for (let count = random.integer(1, 3); count > 0; count--) {
      const copyAtMs = random.integer(0, plan.safetyMs - 20);
      const atMs = random.integer(copyAtMs, plan.safetyMs - 10);
      faults.push({ kind: 'restore', copyAtMs, atMs, forMs: random.integer(1, 60), replica, what });
    }
    return {
      ...quick(random),
      loss: random.pick([0, 0.05, 0.2]),
      requests: Array.from({ length: 12 }, () => ({ atMs: random.integer(0, plan.safetyMs), to: null })),
      byzantine: plan.byzantine.filter((faulty) => faulty.replica !== replica).slice(0, f - 1),
      faults: [...plan.faults.filter(({ kind }) => kind !== 'stop'), ...faults],
    };
  },
  /**
   * The primary orders what nobody gets to see, and is given an older copy of its ledger: its guard alone knows what it
   * has signed (RELIABILITY.md, R7).
   */
  unseen: (plan, random) => {
    const copyAtMs = random.integer(40, 120);
    const atMs = copyAtMs + random.integer(10, 30);
    const types = ['orderedRequest', 'orders', 'localCommit', 'checkpointVote', 'viewChange', 'newView'];
    return {
      ...slow(random),
      requests: [1, copyAtMs + 1, copyAtMs + 4, atMs + 10].map((at) => ({ atMs: at, to: null })),
      byzantine: [],
      faults: [
        { ...lost(plan, types, [0], all(plan)), atMs: copyAtMs - 5, forMs: atMs + 5 - copyAtMs },
        { kind: 'restore', copyAtMs, atMs, forMs: 2, replica: 0, what: 'ledger' },
      ],
    };
  },
  /**
   * In view 0 a block is certified in secret, and given up, because one never had it and another is not heard. What
   * all answer alike in view 1 is final. Then the certificate is shown (M2).
   */
  givenUp: (plan, random) => {
    const [faulty, behind] = [3, 2];
    const correct = [0, 1, 2];
    const firstMs = random.integer(60, 110);
    return {
      ...slow(random),
      requests: early(random),
      byzantine: [{ replica: faulty, behaviours: ['hoarding'], split: 0 }],
      faults: [
        lost(plan, ['localCommit', 'checkpointVote', 'stable'], correct, correct),
        { ...lost(plan, ['orderedRequest', 'orders'], correct, [behind]), forMs: firstMs },
        { ...lost(plan, ['viewChange'], [0], [1]), forMs: firstMs + random.integer(0, 60) },
        { ...lost(plan, ['viewChange'], [random.integer(0, 1)], [2]), atMs: firstMs + 20 },
      ],
    };
  },
  /**
   * One is left behind with a block of its own; the others certify and vote, and no vote arrives. Then the one that is
   * behind and a faulty one say the same (M6).
   */
  leftBehind: (plan, random) => {
    const [behind, faulty] = [0, 3];
    const others = [1, 2, 3];
    const firstMs = random.integer(60, 110);
    return {
      ...slow(random),
      requests: early(random),
      byzantine: [{ replica: faulty, behaviours: ['supporting', 'copying'], split: 0 }],
      faults: [
        lost(plan, ['checkpointVote', 'stable'], [0, 1, 2, 3], [0, 1, 2, 3]),
        { ...lost(plan, ['orderedRequest', 'orders'], [behind], others), forMs: firstMs },
        { ...lost(plan, ['viewChange'], [behind], [1]), forMs: firstMs + random.integer(20, 60) },
        lost(plan, ['newView', 'orderedRequest', 'orders', 'localCommit'], others, [behind]),
        { ...lost(plan, ['viewChange'], [1], [2]), atMs: firstMs },
      ],
    };
  },
  /**
   * What all answer alike in view 0 is final without a certificate. One enters view 1 with it, and the others do not:
   * in view 2 its supporters come from two views (M7).
   */
  twoViews: (plan, random) => ({
    ...slow(random),
    requests: early(random),
    byzantine: [{ replica: 3, behaviours: ['hoarding'], split: 0 }],
    faults: [
      lost(plan, ['localCommit', 'checkpointVote', 'stable'], [0, 1, 2], [0, 1, 2]),
      { ...lost(plan, ['newView', 'beacon'], [1, 3], [0, 2]), forMs: random.integer(260, 420) },
      { ...lost(plan, ['viewChange'], [random.integer(0, 1)], [2]), atMs: random.integer(100, 150) },
    ],
  }),
  /**
   * A tall chain is certified in view 0, in secret, and given up; a lower block is certified in view 1 and voted for,
   * and no vote arrives. Then the taller certificate is shown (M15).
   */
  tallerButOlder: (plan, random) => {
    const [behind, faulty] = [0, 3];
    const firstMs = random.integer(70, 78);
    const quietMs = random.integer(74, 86);
    return {
      ...slow(random),
      maxBlockRequests: 1,
      checkpointDistance: 4,
      requests: [1, 3, 6, 9].map((atMs) => ({ atMs, to: null })),
      byzantine: [{ replica: faulty, behaviours: ['hoarding', 'supporting'], split: 0 }],
      faults: [
        lost(plan, ['checkpointVote', 'stable'], [0, 1, 2, 3], [0, 1, 2, 3]),
        { ...lost(plan, ['localCommit'], [0, 1, 2], [0, 1, 2]), forMs: firstMs },
        { ...lost(plan, ['orderedRequest', 'orders'], [0, 1, 2], [0, 1, 2]), atMs: quietMs },
        { ...lost(plan, ['orderedRequest', 'orders'], [0, 1, 3], [2]), forMs: firstMs },
        { ...lost(plan, ['viewChange'], [behind], [1]), forMs: firstMs + random.integer(0, 60) },
        lost(plan, ['newView'], [1, 2, 3], [behind]),
        { ...lost(plan, ['viewChange'], [1], [2]), atMs: firstMs },
      ],
    };
  },
  /** A primary with two faces shows the second to one replica alone, and certifies the first with the rest (M6b). */
  oneDeceived: (plan, random) => {
    const [faulty, deceived] = [0, 3];
    return {
      ...slow(random),
      requests: early(random),
      byzantine: [{ replica: faulty, behaviours: ['twoFaced', 'copying'], split: 1 << deceived }],
      faults: [
        lost(plan, ['checkpointVote', 'stable', 'evidence'], [0, 1, 2, 3], [0, 1, 2, 3]),
        lost(plan, ['localCommit', 'orders'], [1, 2], [deceived]),
        lost(plan, ['localCommit', 'orders'], [deceived], [0, 1, 2]),
        { ...lost(plan, ['viewChange'], [2], [1]), forMs: random.integer(100, 700) },
      ],
    };
  },
};

export const SCHEDULE_NAMES: readonly string[] = Object.keys(SCHEDULES);

/** A plan changed by one of the schedules: `wanted`, or any. */
export function directed(plan: Plan, random: Random, wanted?: string): Plan {
  const schedule = wanted ?? random.pick(SCHEDULE_NAMES);
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

/** Four replicas, and view changes at known times: the schedule says what is lost when. */
function slow(random: Random): Partial<Plan> {
  return {
    ...quick(random),
    replicas: 4,
    loss: 0,
    delayMs: [1, 3],
    diskMs: 1,
    clockSkewMs: [],
    clients: [],
    viewTimeoutMs: 60,
    checkpointIdleMs: 10,
    safetyMs: 700,
  };
}

/** Requests at the beginning, and a few later. */
function early(random: Random): Plan['requests'] {
  const times = [1, 5, 20, 120, 160, 300, 450];
  return times.map((atMs) => ({ atMs: atMs + random.integer(0, 5), to: null }));
}

/** Lost during the whole safety phase. */
function lost(
  { safetyMs }: Plan,
  types: readonly string[],
  from: readonly number[],
  to: readonly number[],
): Extract<Fault, { kind: 'hold' }> {
  return { kind: 'hold', atMs: 0, forMs: safetyMs, types, from, to, lose: true };
}

/** Something else is lost or late in each slice of the safety phase. */
function slices(
  plan: Plan,
  random: Random,
  what: () => Pick<Extract<Fault, { kind: 'hold' }>, 'types' | 'from' | 'to'>,
): readonly Fault[] {
  const faults: Fault[] = [];
  for (let atMs = 0; atMs < plan.safetyMs;) {
    const forMs = random.integer(40, 200);
    faults.push({ kind: 'hold', atMs, forMs, ...what(), lose: random.chance(0.7) });
    atMs += forMs;
  }
  return faults;
}
