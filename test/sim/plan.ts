/**
 * What one seed stands for: a network, its faults, its Byzantine members and its requests, all listed, so that a run
 * can be printed, cut down and run again from what is printed.
 * @module
 */
import type { BehaviourName } from '../support/simulation/byzantine/index.ts';
import { someBehaviours } from '../support/simulation/byzantine/index.ts';
import type { FaultyClientName } from '../support/simulation/byzantine/clients.ts';
import { FAULTY_CLIENT_NAMES } from '../support/simulation/byzantine/clients.ts';
import { Random } from '../support/simulation/random.ts';
import { anyFault, everyone } from './anyFault.ts';
import { directed } from './schedules.ts';
import type { PlannedChange } from '../support/simulation/changes.ts';

/** Something goes wrong for a while. Times are milliseconds of virtual time. */
export type Fault =
  /** Stops at once, or at one of its next durable writes: with it lost, or written and nothing or little sent. */
  | {
      readonly kind: 'stop';
      readonly atMs: number;
      readonly forMs: number;
      readonly replica: number;
      readonly moment: 'now' | 'before' | 'after' | 'midway';
      readonly commits: number;
    }
  /**
   * Stops, and starts with an older copy of its ledger, of its guard's log, or of both. A directed schedule alone has
   * it: whoever lost what it signed counts among the f.
   */
  | {
      readonly kind: 'restore';
      /** When the copy is made. */
      readonly copyAtMs: number;
      readonly atMs: number;
      readonly forMs: number;
      readonly replica: number;
      readonly what: 'ledger' | 'guard' | 'both';
    }
  /** Stands still, and then goes on with everything that has waited. */
  | { readonly kind: 'pause'; readonly atMs: number; readonly forMs: number; readonly replica: number }
  /** Nothing goes from one group to the other. */
  | {
      readonly kind: 'cut';
      readonly atMs: number;
      readonly forMs: number;
      readonly from: readonly number[];
      readonly to: readonly number[];
      readonly oneWay: boolean;
    }
  | {
      readonly kind: 'clock';
      readonly atMs: number;
      readonly forMs: number;
      readonly replica: number;
      readonly shiftMs: number;
    }
  | {
      readonly kind: 'slowDisk';
      readonly atMs: number;
      readonly forMs: number;
      readonly replica: number;
      readonly diskMs: number;
    }
  /** An adversary in the network loses messages of some types, or holds them up until the end of the fault. */
  | {
      readonly kind: 'hold';
      readonly atMs: number;
      readonly forMs: number;
      readonly types: readonly string[];
      readonly from: readonly number[];
      readonly to: readonly number[];
      readonly lose: boolean;
    };

export interface PlannedRequest {
  readonly atMs: number;
  /** To whom the client sends it at first. */
  readonly to: readonly number[] | null;
}

export interface Plan {
  readonly seed: number;
  /** The name of the directed schedule, for people to see. */
  readonly schedule: string;
  readonly replicas: number;
  /** Replicas that the genesis does not name, whose places come after those that it names. */
  readonly joiners: number;
  /** Changes of the set of replicas, one after another. */
  readonly changes: readonly PlannedChange[];
  readonly checkpointDistance: number;
  readonly maxBlockRequests: number;
  readonly loss: number;
  readonly duplication: number;
  readonly delayMs: readonly [number, number];
  readonly diskMs: number;
  readonly noticeMs: number | null;
  readonly clientTimeoutMs: number;
  readonly viewTimeoutMs: number;
  readonly checkpointIdleMs: number;
  readonly clockSkewMs: readonly number[];
  /** How long all this lasts, before the network heals. */
  readonly safetyMs: number;
  readonly requests: readonly PlannedRequest[];
  readonly faults: readonly Fault[];
  readonly byzantine: readonly {
    readonly replica: number;
    readonly behaviours: readonly BehaviourName[];
    /** A bit for each replica to whom the second face is shown. */
    readonly split: number;
  }[];
  readonly clients: readonly { readonly atMs: number; readonly name: FaultyClientName }[];
}

/** Chance of a schedule that is made for one rule, rather than anything at all. */
const DIRECTED = 0.4;

/** The plan of a seed. `replicas`: 4 or 7; `schedule`: the name of one; both by chance unless given. */
export function planOf(seed: number, replicas?: number | null, schedule?: string | null): Plan {
  const random = new Random(Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995);
  // A few draws, so that near seeds do not begin alike.
  for (let draw = 0; draw < 3; draw++) random.next();
  const n = replicas ?? (random.chance(0.85) ? 4 : 7);
  const plan = anything(seed, n, random);
  if (schedule !== undefined && schedule !== null) return directed(plan, random, schedule);
  return random.chance(DIRECTED) ? directed(plan, random) : plan;
}

function anything(seed: number, replicas: number, random: Random): Plan {
  const safetyMs = random.pick([600, 1_200, 2_000]);
  const calm = random.chance(0.15);
  return {
    seed,
    schedule: 'anything',
    replicas,
    joiners: 0,
    changes: [],
    checkpointDistance: random.pick([1, 2, 2, 3, 4]),
    maxBlockRequests: random.pick([1, 1, 2, 4]),
    loss: calm ? 0 : random.pick([0, 0.02, 0.1, 0.3]),
    duplication: calm ? 0 : random.pick([0, 0.1, 0.5]),
    delayMs: random.pick<[number, number]>([
      [1, 1],
      [1, 5],
      [1, 20],
      [1, 60],
      [10, 120],
    ]),
    diskMs: random.pick([0, 1, 1, 4]),
    noticeMs: random.pick([null, 20, 200]),
    clientTimeoutMs: random.pick([60, 150]),
    viewTimeoutMs: random.pick([60, 120, 250]),
    checkpointIdleMs: random.pick([15, 60, 300]),
    clockSkewMs: random.chance(0.3)
      ? Array.from({ length: replicas }, () => random.integer(-2_000, 2_000))
      : [],
    safetyMs,
    requests: Array.from({ length: random.integer(3, 12) }, (_, index) => ({
      // Some in one millisecond, some crossing on their way.
      atMs: random.chance(0.3) ? 10 * (index % 3) : random.integer(0, safetyMs),
      to: random.chance(0.2) ? everyone(replicas).filter(() => random.chance(0.6)) : null,
    })),
    faults: Array.from({ length: random.pick([0, 1, 2, 4, 7]) }, () => anyFault(replicas, safetyMs, random)),
    byzantine: someByzantine(replicas, random),
    clients: Array.from({ length: random.pick([0, 0, 1, 4]) }, () => ({
      atMs: random.integer(0, safetyMs),
      name: random.pick(FAULTY_CLIENT_NAMES),
    })),
  };
}

/** Up to f Byzantine replicas, each with its ways. */
function someByzantine(replicas: number, random: Random): Plan['byzantine'] {
  const f = Math.floor((replicas - 1) / 3);
  const count = random.chance(0.65) ? random.integer(1, f) : 0;
  const split = random.integer(1, 2 ** replicas - 2);
  const chosen = new Set<number>();
  // The first primaries do the most harm.
  while (chosen.size < count)
    chosen.add(random.chance(0.5) ? random.integer(0, f) : random.integer(0, replicas - 1));
  return [...chosen]
    .sort((left, right) => left - right)
    .map((replica) => ({ replica, behaviours: someBehaviours(random), split }));
}
