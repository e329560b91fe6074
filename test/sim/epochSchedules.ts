/**
 * Schedules in which the set of replicas changes while everything else goes wrong (PROTOCOL.md, rules, 10).
 * @module
 */
import { someBehaviours } from '../support/simulation/byzantine/index.ts';
import type { PlannedChange } from '../support/simulation/changes.ts';
import type { Random } from '../support/simulation/random.ts';
import { anyFault } from './anyFault.ts';
import type { Fault, Plan } from './plan.ts';

/** Fewest replicas that a network has. */
const LEAST = 4;

/** Who is in and who is out, as the changes leave it. */
class Members {
  readonly changes: PlannedChange[] = [];
  readonly #random: Random;
  readonly #stepMs: number;
  readonly #in: number[];
  readonly #out: number[];
  #atMs: number;

  constructor(random: Random, replicas: number, joiners: number, stepMs: number) {
    this.#random = random;
    this.#stepMs = stepMs;
    this.#in = Array.from({ length: replicas }, (_, index) => index);
    this.#out = Array.from({ length: joiners }, (_, index) => replicas + index);
    this.#atMs = random.integer(0, 60);
  }

  get size(): number {
    return this.#in.length;
  }

  add(): void {
    const replica = this.#take(this.#out);
    this.#in.push(replica);
    this.#plan({ kind: 'add', replica });
  }

  remove(): void {
    const replica = this.#take(this.#in);
    this.#out.push(replica);
    this.#plan({ kind: 'remove', replica });
  }

  rotate(): void {
    const replica = this.#take(this.#in);
    const next = this.#take(this.#out);
    this.#in.push(next);
    this.#out.push(replica);
    this.#plan({ kind: 'rotate', replica, next });
  }

  update(): void {
    this.#plan({ kind: 'update', replica: this.#random.pick(this.#in) });
  }

  /** A change that begins no epoch. */
  other(): void {
    this.#plan({ kind: this.#random.pick(['rename', 'policy'] as const), replica: 0 });
  }

  /** Any change that keeps the number of members from `LEAST` to `most`. */
  any(most: number): void {
    const kinds: (() => void)[] = [() => this.update(), () => this.other()];
    if (this.size > LEAST) kinds.push(() => this.remove());
    if (this.#out.length > 0) kinds.push(() => this.rotate());
    if (this.#out.length > 0 && this.size < most) kinds.push(() => this.add());
    this.#random.pick(kinds)();
  }

  #take(from: number[]): number {
    return from.splice(this.#random.integer(0, from.length - 1), 1)[0]!;
  }

  #plan(change: Omit<PlannedChange, 'atMs'>): void {
    this.changes.push({ atMs: this.#atMs, ...change });
    this.#atMs += this.#random.integer(0, this.#stepMs);
  }
}

type Schedule = (plan: Plan, random: Random) => Partial<Plan>;

export const EPOCH_SCHEDULES: Readonly<Record<string, Schedule>> = {
  /** From four to seven and back, one by one. */
  upAndDown: (plan, random) => {
    const members = new Members(random, 4, 3, 120);
    for (let count = 0; count < 3; count++) members.add();
    for (let count = 0; count < 3; count++) members.remove();
    return withChanges(plan, random, 4, 3, members);
  },
  /** From seven to four and back, or as far as the run comes. */
  downAndUp: (plan, random) => {
    const members = new Members(random, 7, 1, 120);
    for (let count = 0; count < 3; count++) members.remove();
    for (let count = random.integer(0, 3); count > 0; count--) members.add();
    return withChanges(plan, random, 7, 1, members);
  },
  /** Everybody gets a new key, or a new address. */
  replacing: (plan, random) => {
    const members = new Members(random, 4, 2, 100);
    for (let count = random.integer(2, 5); count > 0; count--) {
      if (random.chance(0.8)) members.rotate();
      else members.update();
    }
    return withChanges(plan, random, 4, 2, members);
  },
  /** Changes of any kind, some of them close together. */
  anyChanges: (plan, random) => {
    const replicas = random.integer(4, 7);
    const members = new Members(random, replicas, 2, random.pick([0, 60, 300]));
    for (let count = random.integer(1, 6); count > 0; count--) members.any(8);
    return withChanges(plan, random, replicas, 2, members);
  },
  /** With seven or eight, of whom two are faulty. */
  twoFaulty: (plan, random) => {
    const members = new Members(random, 7, 1, 100);
    for (let count = random.integer(1, 4); count > 0; count--) {
      const kind = random.pick(['turn', 'rotate', 'update'] as const);
      if (kind === 'rotate' && members.size === 7) members.rotate();
      else if (kind === 'turn') {
        if (members.size === 7) members.add();
        else members.remove();
      } else members.update();
    }
    return withChanges(plan, random, 7, 1, members, 2);
  },
  /**
   * What ends the epoch reaches few: some are in the next one, and the others do not know of it. Nothing else is lost.
   */
  halfEnded: (plan, random) => {
    const members = new Members(random, 4, 2, 200);
    for (let count = random.integer(1, 4); count > 0; count--) members.any(6);
    const nodes = everyNode(4, 2);
    const faults: Fault[] = [];
    for (let atMs = 20; atMs < plan.safetyMs; atMs += random.integer(40, 200)) {
      faults.push({
        kind: 'hold',
        atMs,
        forMs: random.integer(40, 300),
        types: random.pick([
          ['checkpointVote', 'stable'],
          ['checkpointVote', 'stable', 'headers'],
          ['localCommit', 'checkpointVote', 'headers', 'beacon'],
          ['getRecall', 'recall'],
        ]),
        from: nodes,
        to: nodes.filter(() => random.chance(0.6)),
        lose: random.chance(0.6),
      });
    }
    return {
      ...withChanges(plan, random, 4, 2, members),
      loss: 0,
      faults,
      viewTimeoutMs: random.pick([40, 80]),
      checkpointIdleMs: random.pick([10, 40]),
    };
  },
};

function everyNode(replicas: number, joiners: number): readonly number[] {
  return Array.from({ length: replicas + joiners }, (_, index) => index);
}

/** The plan with these changes. `faulty`: at most so many, which is at most f of every set that the changes lead to. */
function withChanges(
  plan: Plan,
  random: Random,
  replicas: number,
  joiners: number,
  { changes }: Members,
  faulty = 1,
): Partial<Plan> {
  const nodes = replicas + joiners;
  const { safetyMs } = plan;
  const chosen = new Set<number>();
  const count = random.chance(0.6) ? faulty : 0;
  while (chosen.size < count) chosen.add(random.integer(0, nodes - 1));
  const split = random.integer(1, 2 ** replicas - 2);
  return {
    replicas,
    joiners,
    changes,
    requests: plan.requests.map(({ atMs, to }) => ({ atMs, to: to?.filter((node) => node < nodes) ?? null })),
    // What is lost all the time is lost often enough.
    loss: Math.min(plan.loss, 0.1),
    clockSkewMs:
      plan.clockSkewMs.length === 0 ? [] : Array.from({ length: nodes }, () => random.integer(-2_000, 2_000)),
    faults: Array.from({ length: random.pick([0, 1, 2, 4, 7]) }, () => anyFault(nodes, safetyMs, random)),
    byzantine: [...chosen]
      .sort((left, right) => left - right)
      .map((replica) => ({ replica, behaviours: someBehaviours(random), split })),
  };
}
