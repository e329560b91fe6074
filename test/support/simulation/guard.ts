/**
 * The sign guard of a simulated replica: the program's own rules, on a disk that a fault may replace by an older copy.
 * What it signs is remembered at once, as the ledger's transaction before it was durable at once.
 * @module
 */
import type { OwnStatement } from '../../../src/main/consensus/effects.ts';
import { SignMemory, type Verdict } from '../../../src/main/keys/guard/signMemory.ts';

/** What was on the disk of a guard at some moment. */
export type GuardCopy = Pick<SignMemory, 'floor' | 'statements'>;

export class SimulatedGuard {
  readonly #windowBlocks: number;
  #memory: SignMemory;

  constructor(windowBlocks: number) {
    this.#windowBlocks = windowBlocks;
    this.#memory = new SignMemory(windowBlocks);
  }

  get statements(): readonly OwnStatement[] {
    return this.#memory.statements;
  }

  /** Whether the statement may be signed now; then it is remembered. */
  judge(statement: OwnStatement): Verdict {
    const verdict = this.#memory.judge(statement);
    if (verdict.kind === 'new') this.#memory.add(statement);
    return verdict;
  }

  mayHaveSigned(statement: OwnStatement): boolean {
    return this.#memory.mayHaveSigned(statement);
  }

  settle(height: number): void {
    this.#memory.settle(height);
  }

  enter(epoch: number): void {
    this.#memory.enter(epoch);
  }

  copy(): GuardCopy {
    const { floor, statements } = this.#memory;
    return { floor, statements };
  }

  restore({ floor, statements }: GuardCopy): void {
    this.#memory = new SignMemory(this.#windowBlocks);
    this.#memory.raise(floor);
    for (const statement of statements) this.#memory.add(statement);
  }
}
