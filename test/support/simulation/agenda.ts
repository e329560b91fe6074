/**
 * Virtual time: what is to happen, in order of time and then of planning. Nothing else moves the clock.
 * @module
 */

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** A binary heap of planned actions. */
export class Agenda {
  #heap: Entry[] = [];
  #planned = 0;
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Plans `action` in `delayMs` milliseconds. */
  plan(delayMs: number, action: () => void): void {
    const entry = { atMs: this.#nowMs + delayMs, order: this.#planned++, action };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  /** Lets the next action happen, unless it lies after `untilMs`. Says whether one happened. */
  advance(untilMs: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > untilMs) {
      this.#nowMs = Math.max(this.#nowMs, untilMs);
      return false;
    }
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    this.#nowMs = Math.max(this.#nowMs, first.atMs);
    first.action();
    return true;
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(this.#heap[index]!, this.#heap[parent]!)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < this.#heap.length && isBefore(this.#heap[left]!, this.#heap[first]!)) first = left;
      if (right < this.#heap.length && isBefore(this.#heap[right]!, this.#heap[first]!)) first = right;
      if (first === index) return;
      this.#swap(index, first);
      index = first;
    }
  }

  #swap(one: number, other: number): void {
    const entry = this.#heap[one]!;
    this.#heap[one] = this.#heap[other]!;
    this.#heap[other] = entry;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs !== right.atMs ? left.atMs < right.atMs : left.order < right.order;
}
