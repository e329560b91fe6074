/**
 * The ways of being Byzantine, by name, as the plan of a run lists them.
 * @module
 */
import type { Random } from '../random.ts';
import { falseAnswers } from './answers.ts';
import { twoFaced } from './equivocation.ts';
import { copying, hoarding } from './hoarding.ts';
import { twoNewViews } from './newViews.ts';
import type { Behaviour } from './node.ts';
import { garbage, replaying } from './noise.ts';
import { partial, selective, silent, withholding } from './silent.ts';
import { lyingSource } from './transfer.ts';
import { falseViewChanges, restless } from './viewChanges.ts';
import { falseVotes } from './votes.ts';

/** `split`: a bit for each replica that sees the second face. */
const BEHAVIOURS = {
  silent: () => silent(),
  partial: () => partial(),
  withholding: () => withholding(),
  selective: () => selective(),
  twoFaced: (split: number) => twoFaced(split),
  falseVotes: () => falseVotes(0.2),
  supporting: () => falseVotes(0),
  falseViewChanges: () => falseViewChanges(false),
  splitViewChanges: () => falseViewChanges(true),
  restless: () => restless(),
  twoNewViews: (split: number) => twoNewViews(split, false),
  eagerNewViews: (split: number) => twoNewViews(split, true),
  hoarding: () => hoarding(),
  copying: () => copying(),
  replaying: () => replaying(),
  garbage: () => garbage(),
  lyingSource: () => lyingSource(),
  falseAnswers: () => falseAnswers(),
} satisfies Record<string, (split: number) => Behaviour>;

export type BehaviourName = keyof typeof BEHAVIOURS;

export const BEHAVIOUR_NAMES = Object.keys(BEHAVIOURS) as readonly BehaviourName[];

/** The behaviour of this name. */
export function behaviour(name: BehaviourName, split: number): Behaviour {
  return BEHAVIOURS[name](split);
}

/** One to three behaviours. */
export function someBehaviours(random: Random): BehaviourName[] {
  const count = random.pick([1, 1, 2, 2, 3]);
  return [...new Set(Array.from({ length: count }, () => random.pick(BEHAVIOUR_NAMES)))];
}
