/**
 * A fault by chance.
 * @module
 */
import type { Random } from '../support/simulation/random.ts';
import type { Fault } from './plan.ts';

/** The replicas of a network, by index. */
export function everyone(replicas: number): readonly number[] {
  return Array.from({ length: replicas }, (_, index) => index);
}

const MESSAGE_TYPES = [
  'orderedRequest',
  'localCommit',
  'checkpointVote',
  'viewChange',
  'newView',
  'stable',
  'suspect',
  'block',
  'orders',
] as const;

/** Any of the faults that are not directed at one rule. */
export function anyFault(replicas: number, safetyMs: number, random: Random): Fault {
  const atMs = random.integer(0, safetyMs);
  const forMs = random.integer(1, random.pick([60, 300, safetyMs]));
  const replica = random.integer(0, replicas - 1);
  const some = () => everyone(replicas).filter(() => random.chance(0.5));
  switch (
    random.pick(['stop', 'stop', 'stop', 'pause', 'cut', 'cut', 'clock', 'slowDisk', 'hold', 'hold'] as const)
  ) {
    case 'stop': {
      const moment = random.pick(['now', 'before', 'after', 'midway'] as const);
      return { kind: 'stop', atMs, forMs, replica, moment, commits: random.integer(0, 6) };
    }
    case 'pause':
      return { kind: 'pause', atMs, forMs, replica };
    case 'cut':
      return { kind: 'cut', atMs, forMs, from: some(), to: some(), oneWay: random.chance(0.4) };
    case 'clock':
      return {
        kind: 'clock',
        atMs,
        forMs,
        replica,
        shiftMs: random.pick([-86_400_000, -400_000, 5_000, 400_000, 86_400_000]),
      };
    case 'slowDisk':
      return { kind: 'slowDisk', atMs, forMs, replica, diskMs: random.integer(5, 120) };
    case 'hold': {
      const types = MESSAGE_TYPES.filter(() => random.chance(0.3));
      return { kind: 'hold', atMs, forMs, types, from: some(), to: some(), lose: random.chance(0.5) };
    }
  }
}
