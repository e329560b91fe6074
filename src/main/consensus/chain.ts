/**
 * The chain of one replica above its stable checkpoint: at most one window of blocks.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { invariant } from '../../shared/errors.ts';
import type { HashedHeader } from '../ledger/block.ts';
import type { AcceptedBlock } from './effects.ts';

export class Chain {
  /** The header of the stable checkpoint's block. */
  #stable: HashedHeader;
  #accepted: AcceptedBlock[];

  constructor(stable: HashedHeader, accepted: readonly AcceptedBlock[]) {
    this.#stable = stable;
    this.#accepted = [];
    for (const block of accepted) this.append(block);
  }

  get stable(): HashedHeader {
    return this.#stable;
  }

  /** The highest header. */
  get tip(): HashedHeader {
    return this.#accepted.at(-1)?.block.header ?? this.#stable;
  }

  /** The blocks above the stable checkpoint, lowest first. */
  get accepted(): readonly AcceptedBlock[] {
    return this.#accepted;
  }

  /** The block at `height`, which is above the stable checkpoint. */
  at(height: number): AcceptedBlock | undefined {
    return this.#accepted[height - this.#stable.height - 1];
  }

  /** The header at `height`, from the stable checkpoint up. */
  header(height: number): HashedHeader | undefined {
    return height === this.#stable.height ? this.#stable : this.at(height)?.block.header;
  }

  /** Whether the block `hash` stands at `height`, at or above the stable checkpoint. */
  contains(height: number, hash: Hex): boolean {
    return this.header(height)?.hash === hash;
  }

  append(accepted: AcceptedBlock): void {
    const { header } = accepted.block;
    invariant(
      header.height === this.tip.height + 1 && header.previousHash === this.tip.hash,
      'the chain is linked by hash',
      () => `${header.hash} at height ${String(header.height)} on ${this.tip.hash}`,
    );
    this.#accepted.push(accepted);
  }

  /** Adds the primary's signature to the block at `height`. */
  setOrder(height: number, order: NonNullable<AcceptedBlock['order']>): void {
    const index = height - this.#stable.height - 1;
    const accepted = this.#accepted[index];
    if (accepted !== undefined) this.#accepted[index] = { ...accepted, order };
  }

  /** Takes the blocks above `height` off the chain and returns them, highest first. */
  rollback(height: number): readonly AcceptedBlock[] {
    invariant(height >= this.#stable.height, 'nothing stable is rolled back', () => String(height));
    return this.#accepted.splice(height - this.#stable.height).reverse();
  }

  /** The block at `height` is stable now. Returns the blocks that this covers, lowest first. */
  settle(height: number): readonly AcceptedBlock[] {
    const header = this.header(height);
    invariant(header !== undefined, 'a stable block is on the chain', () => String(height));
    const covered = this.#accepted.splice(0, height - this.#stable.height);
    this.#stable = header;
    return covered;
  }
}
