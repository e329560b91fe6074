/**
 * Bugs that the simulator must find: each rule of the protocol removed in turn (PROTOCOL.md, "Planted bugs"), and the
 * defects of the prototype. The program itself holds no switch for them: a plant changes a piece of its source as it
 * is loaded, in the processes that run seeds.
 * @module
 */
import { DEFECTS } from './defects.ts';
import { RULES } from './rules.ts';

/** One change of the source: `find` stands exactly once in `file`. */
export interface Change {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Plant {
  readonly name: string;
  /** What is broken. */
  readonly breaks: string;
  /** What the simulator reports: something that must not happen, or that something never happens. */
  readonly shows: 'violation' | 'stuck';
  /** The schedule that was made for this rule; chance finds it too, in more seeds. */
  readonly schedule?: string;
  readonly changes: readonly Change[];
}

export const PLANTS: readonly Plant[] = [...RULES, ...DEFECTS];

/** The plant of this name. */
export function plantNamed(name: string): Plant | undefined {
  return PLANTS.find((plant) => plant.name.toLowerCase() === name.toLowerCase());
}
