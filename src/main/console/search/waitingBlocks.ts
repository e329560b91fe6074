/**
 * Accepted blocks on their way into the search index: most of them need never be read from the ledger.
 * @module
 */
import type { IndexedBlock } from '../../storage/index.ts';

/** Most text of blocks that wait, in UTF-16 code units. What does not fit is read from the ledger. */
const WAITING_CHARS_MAX = 4_194_304;
/** Most blocks that wait. */
const WAITING_BLOCKS_MAX = 4_096;

export class WaitingBlocks {
  readonly #blocks = new Map<number, IndexedBlock>();
  #chars = 0;

  get isFull(): boolean {
    return this.#chars >= WAITING_CHARS_MAX || this.#blocks.size >= WAITING_BLOCKS_MAX;
  }

  /** Blocks come in the order of the chain. */
  add(block: IndexedBlock): void {
    this.#drop(block.height);
    this.#blocks.set(block.height, block);
    this.#chars += charsOf(block);
  }

  /** The block at `height`, if it waits. It and those below are forgotten. */
  take(height: number): IndexedBlock | null {
    const block = this.#blocks.get(height) ?? null;
    for (const at of this.#blocks.keys()) {
      if (at > height) break;
      this.#drop(at);
    }
    return block;
  }

  /** Forgets the blocks above `height`. */
  rollBack(height: number): void {
    for (const at of [...this.#blocks.keys()]) if (at > height) this.#drop(at);
  }

  #drop(height: number): void {
    const block = this.#blocks.get(height);
    if (block === undefined) return;
    this.#blocks.delete(height);
    this.#chars -= charsOf(block);
  }
}

/** Length of all that a block gives the index to read, in UTF-16 code units. */
export function charsOf({ requests }: IndexedBlock): number {
  let chars = 0;
  for (const { texts } of requests) for (const { text } of texts) chars += text.length;
  return chars;
}
