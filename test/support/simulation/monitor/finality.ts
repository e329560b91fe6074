/**
 * What is final, counted from what correct replicas really said, and not only by clients who may have missed it: a
 * block is final once no more is needed than what faulty replicas can add (PROTOCOL.md, rules, C4 and C5).
 * @module
 */
import type { HashedHeader } from '../../../../src/main/ledger/block.ts';
import type { Hex } from '../../../../src/shared/encoding/hex.ts';
import { epochOfTerm, type Term } from './term.ts';
import { Violation } from './violation.ts';

/** Of an epoch. */
interface CorrectMembers {
  /** A bit for each correct member, by its place. */
  readonly everyCorrect: number;
  /** How many correct members must have voted for a checkpoint that faulty ones can complete. */
  readonly votesNeeded: number;
}

/** A final block: the lowest view in which it came to be final. */
export interface Final {
  readonly height: number;
  readonly hash: Hex;
  readonly view: Term;
  readonly how: string;
}

export class Finality {
  readonly #epochs = new Map<number, CorrectMembers>();
  readonly #headers = new Map<Hex, HashedHeader>();
  readonly #accepts = new Map<string, number>();
  /** Who voted, by view and then by block. */
  readonly #votes = new Map<number, Map<Hex, number>>();
  readonly #final = new Map<number, Final>();
  /** The highest block that became final in each view. */
  readonly #highest = new Map<number, Final>();
  #finalHeight = 0;

  /** Who takes part in an epoch. */
  begin(epoch: number, correct: readonly number[], votesNeeded: number): void {
    const everyCorrect = correct.reduce((mask, replica) => mask | (1 << replica), 0);
    this.#epochs.set(epoch, { everyCorrect, votesNeeded });
  }

  /** Height of the highest final block. */
  get height(): number {
    return this.#finalHeight;
  }

  at(height: number): Final | undefined {
    return this.#final.get(height);
  }

  /** Everything final in a view is a prefix of what this names for it. */
  highestByView(): Iterable<Final> {
    return this.#highest.values();
  }

  /** A block that a correct replica has on its chain. */
  learn(header: HashedHeader): void {
    this.#headers.set(header.hash, header);
  }

  /** A correct replica has accepted the block in the view: to clients, or by a localCommit (rule A3). */
  accept(replica: number, view: Term, height: number, hash: Hex): Final | undefined {
    const { everyCorrect } = this.#members(view);
    const key = `${String(view)} ${hash}`;
    const mask = (this.#accepts.get(key) ?? 0) | (1 << replica);
    this.#accepts.set(key, mask);
    return mask === everyCorrect ? this.#make({ height, hash, view, how: 'fast' }) : undefined;
  }

  /** A correct replica votes. Votes for descendants count for their ancestors (rule C4). */
  vote(replica: number, view: Term, hash: Hex): Final | undefined {
    const votes = this.#votes.get(view) ?? new Map<Hex, number>();
    this.#votes.set(view, votes);
    votes.set(hash, (votes.get(hash) ?? 0) | (1 << replica));
    let made: Final | undefined;
    for (const lowest of votes.keys()) {
      let mask = 0;
      for (const [voted, voters] of votes) if (this.#contains(voted, lowest)) mask |= voters;
      if (bits(mask) < this.#members(view).votesNeeded) continue;
      const { height } = this.#header(lowest);
      made = this.#make({ height, hash: lowest, view, how: 'stable' }) ?? made;
    }
    this.#forgetCovered(votes);
    return made;
  }

  #members(term: Term): CorrectMembers {
    const members = this.#epochs.get(epochOfTerm(term));
    if (members === undefined) throw new Violation('nobody signs in an epoch that none has begun', { term });
    return members;
  }

  /** Votes for what is final in their view already say nothing more, nor do they for what lies below. */
  #forgetCovered(votes: Map<Hex, number>): void {
    let highest = 0;
    const heightOf = (hash: Hex) => this.#header(hash).height;
    for (const hash of votes.keys()) {
      const height = heightOf(hash);
      if (this.#final.get(height)?.hash === hash) highest = Math.max(highest, height);
    }
    for (const hash of votes.keys()) {
      const height = heightOf(hash);
      if (height < highest && this.#final.get(height)?.hash === hash) votes.delete(hash);
    }
  }

  isFinal(height: number, hash: Hex): boolean {
    return height === 0 || this.#final.get(height)?.hash === hash;
  }

  /** The block is final with all below it. Returns it where that is new. */
  #make(made: Final): Final | undefined {
    let header = this.#header(made.hash);
    let isNew = false;
    while (header.height > 0) {
      const before = this.#final.get(header.height);
      if (before !== undefined && before.hash !== header.hash) {
        throw new Violation('one final block at each height', {
          before,
          now: { ...made, hash: header.hash },
        });
      }
      if (before !== undefined && before.view <= made.view) break;
      isNew = true;
      this.#final.set(header.height, { ...made, height: header.height, hash: header.hash });
      const parent = this.#headers.get(header.previousHash);
      if (parent === undefined) break;
      header = parent;
    }
    this.#finalHeight = Math.max(this.#finalHeight, made.height);
    if ((this.#highest.get(made.view)?.height ?? 0) < made.height) this.#highest.set(made.view, made);
    return isNew ? made : undefined;
  }

  #header(hash: Hex): HashedHeader {
    const header = this.#headers.get(hash);
    if (header === undefined) throw new Violation('what is signed is on a chain', { hash });
    return header;
  }

  /** Whether the block `low` is `high` or one of its ancestors. */
  #contains(high: Hex, low: Hex): boolean {
    const { height } = this.#header(low);
    let at: HashedHeader | undefined = this.#header(high);
    while (at !== undefined && at.height > height) at = this.#headers.get(at.previousHash);
    return at?.hash === low;
  }
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
