/**
 * What a replica has signed, and what it may sign next: the pure part of the sign guard (SECURITY.md, 11). It decides;
 * `signGuard.ts` makes it durable and signs. The simulator's replicas decide by it as well.
 *
 * It remembers exactly what lies above the last stable checkpoint and in recent views. Below that it only knows that
 * something may have been signed, and refuses: a correct replica never comes back there. Of view changes and new views
 * the highest is all there is to remember, since a correct replica's targets and openings only rise (rules V2 and V4).
 * @module
 */
import { contradict } from '../../ledger/evidence.ts';
import type { Statement } from '../../ledger/statement.ts';

/**
 * Windows L of statements that are remembered at most, of each of the three phases. One view fills one of them, and
 * views that follow one another without a checkpoint share the rest: the oldest view gives way.
 */
export const REMEMBERED_WINDOWS = 8;
/** Phases with a statement for each height: order, localCommit, checkpoint vote. */
const PHASES = 3;

/**
 * Nothing is signed at or below `height`, nor for a height in a view before (`epoch`, `view`), nor anything in an epoch
 * before.
 */
export interface Floor {
  readonly height: number;
  readonly epoch: number;
  readonly view: number;
}

export const LOWEST_FLOOR: Floor = { height: 0, epoch: 0, view: 0 };

/** Whether a statement may be signed. `again`: it has been, so the signature is the one that others have. */
export type Verdict =
  | { readonly kind: 'new' | 'again' }
  /** The other one has been signed for the same place. */
  | { readonly kind: 'contradicts'; readonly before: Statement }
  /** It lies below what is remembered exactly. */
  | { readonly kind: 'belowFloor' };

type Placed = Extract<Statement, { height: number }>;

export class SignMemory {
  readonly #statementsMax: number;
  #floor: Floor = LOWEST_FLOOR;
  /** Statements for a height, by their place. */
  readonly #placed = new Map<string, Placed>();
  /** The highest view change and new view. */
  readonly #highest = new Map<Statement['type'], Statement>();

  /** `windowBlocks`: L of the network. */
  constructor(windowBlocks: number) {
    this.#statementsMax = REMEMBERED_WINDOWS * PHASES * windowBlocks;
  }

  get floor(): Floor {
    return this.#floor;
  }

  /** All that is remembered, in no order that matters. Bounded by the window. */
  get statements(): readonly Statement[] {
    return [...this.#highest.values(), ...this.#placed.values()];
  }

  /** How many statements are remembered. */
  get size(): number {
    return this.#highest.size + this.#placed.size;
  }

  /** Whether this replica may sign a statement, after all that it signed before. */
  judge(statement: Statement): Verdict {
    if (statement.epoch < this.#floor.epoch) return { kind: 'belowFloor' };
    if (!isPlaced(statement)) {
      const highest = this.#highest.get(statement.type);
      const ahead = highest === undefined ? 1 : compareViews(statement, highest);
      if (highest === undefined || ahead > 0) return { kind: 'new' };
      if (ahead < 0) return { kind: 'belowFloor' };
      return contradict(statement, highest) ? { kind: 'contradicts', before: highest } : { kind: 'again' };
    }
    if (this.#isBelow(statement)) return { kind: 'belowFloor' };
    const before = this.#placed.get(placeOf(statement));
    if (before === undefined) return { kind: 'new' };
    return contradict(statement, before) ? { kind: 'contradicts', before } : { kind: 'again' };
  }

  /** Whether this replica has signed the statement, or may have: it is below what is remembered exactly. */
  mayHaveSigned(statement: Statement): boolean {
    const { kind } = this.judge(statement);
    return kind === 'again' || kind === 'belowFloor';
  }

  /** Remembers a statement that was judged `new`. */
  add(statement: Statement): void {
    if (!isPlaced(statement)) this.#highest.set(statement.type, statement);
    else {
      this.#placed.set(placeOf(statement), statement);
      if (this.#placed.size > this.#statementsMax) this.#forgetOldestView();
    }
  }

  /** A stable checkpoint: a correct replica never again signs anything for its height or a lower one. */
  settle(height: number): void {
    if (height > this.#floor.height) this.raise({ ...this.#floor, height });
  }

  /** The epoch has begun: nothing of an earlier one is signed any more, as if its keys were erased (rule E4). */
  enter(epoch: number): void {
    if (epoch > this.#floor.epoch) this.raise({ ...this.#floor, epoch, view: 0 });
  }

  /** Raises the floor, and forgets what is below. It never falls. */
  raise(floor: Floor): void {
    const height = Math.max(floor.height, this.#floor.height);
    const { epoch, view } = compareViews(floor, this.#floor) > 0 ? floor : this.#floor;
    this.#floor = { height, epoch, view };
    for (const [place, statement] of this.#placed) {
      if (this.#isBelow(statement)) this.#placed.delete(place);
    }
    for (const [type, statement] of this.#highest) {
      if (statement.epoch < epoch) this.#highest.delete(type);
    }
  }

  #isBelow(statement: Placed): boolean {
    return statement.height <= this.#floor.height || compareViews(statement, this.#floor) < 0;
  }

  /** One view alone never fills the memory: what it may sign is one window of each phase. */
  #forgetOldestView(): void {
    const views = [...this.#placed.values()].toSorted(compareViews);
    const [oldest] = views;
    const next = views.find((statement) => oldest !== undefined && compareViews(statement, oldest) > 0);
    if (next !== undefined) this.raise({ ...this.#floor, epoch: next.epoch, view: next.view });
  }
}

function isPlaced(statement: Statement): statement is Placed {
  return 'height' in statement;
}

function placeOf({ type, epoch, view, height }: Placed): string {
  return `${type} ${String(epoch)} ${String(view)} ${String(height)}`;
}

function compareViews(
  left: Pick<Statement, 'epoch' | 'view'>,
  right: Pick<Statement, 'epoch' | 'view'>,
): number {
  return left.epoch - right.epoch || left.view - right.view;
}
