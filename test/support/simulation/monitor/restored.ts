/**
 * What is asked of a replica that was given an older copy of its disk.
 *
 * An older ledger or an older guard alone: nothing less than of any other. An older copy of both: what nobody has seen
 * can be contradicted, and the replica counts among the f faulty ones (PROTOCOL.md, rules, 2). But nothing that f+1
 * correct others had of it when it started, and still had when it began to sign: a quorum less itself has told it, and
 * among those that have not told are at most f.
 */
import { contradict } from '../../../../src/main/ledger/evidence.ts';
import type { Statement } from '../../../../src/main/ledger/statement.ts';
import { Violation } from './violation.ts';

interface Known {
  readonly statement: Statement;
  readonly holders: Set<number>;
}

export class Restored {
  readonly #f: number;
  /** By replica: what the others had of it at its last start, since an older copy of both was put in place. */
  readonly #known = new Map<number, readonly Known[]>();
  /** Those that have not begun to sign yet. */
  readonly #listening = new Set<number>();

  constructor(f: number) {
    this.#f = f;
  }

  /** Whether an older copy of both disks of the replica has been put in place. */
  has(replica: number): boolean {
    return this.#known.has(replica);
  }

  add(replica: number): void {
    this.#known.set(replica, []);
  }

  /** It starts. `remembered`: what each of the others has of it. */
  start(replica: number, remembered: ReadonlyMap<number, readonly Statement[]>): void {
    if (!this.has(replica)) return;
    this.#listening.add(replica);
    const known = [...remembered].flatMap(([holder, statements]) =>
      statements.map((statement): Known => ({ statement, holders: new Set([holder]) })),
    );
    // The same statement at several: each entry names all that have it.
    for (const one of known) {
      for (const other of known) {
        if (same(one.statement, other.statement)) for (const holder of other.holders) one.holders.add(holder);
      }
    }
    this.#known.set(replica, known);
  }

  /** It has heard enough. */
  listened(replica: number): void {
    this.#listening.delete(replica);
  }

  /** A replica stops: what it remembered in memory is gone, and it may not have told yet. */
  stop(holder: number): void {
    for (const replica of this.#listening) {
      for (const { holders } of this.#known.get(replica) ?? []) holders.delete(holder);
    }
  }

  check(replica: number, statement: Statement): void {
    for (const known of this.#known.get(replica) ?? []) {
      if (known.holders.size <= this.#f || !contradict(known.statement, statement)) continue;
      throw new Violation('a restored replica contradicts nothing that the others remember', {
        replica,
        statement,
        before: known.statement,
      });
    }
  }
}

function same(one: Statement, other: Statement): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
