import { describe, expect, it } from 'vitest';
import { Chain } from '../../../src/main/consensus/chain.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';
import { caught } from '../../support/errors.ts';

const network = makeGenesis();

/** A chain of `length` blocks above genesis, and the blocks. */
function chainOf(length: number) {
  const made = new TestChain(network);
  const blocks = Array.from({ length }, () => made.append());
  return { chain: new Chain(made.header(0), blocks), blocks, made };
}

describe('Chain', () => {
  it('knows the block at each height from the stable one up', () => {
    const { chain, blocks, made } = chainOf(3);
    expect(chain.tip).toBe(blocks[2]!.block.header);
    expect(chain.at(1)).toBe(blocks[0]);
    expect(chain.at(0)).toBe(undefined);
    expect(chain.header(0)).toBe(made.header(0));
    expect(chain.contains(2, blocks[1]!.block.header.hash)).toBe(true);
    expect(chain.contains(2, blocks[2]!.block.header.hash)).toBe(false);
    expect(chain.contains(4, blocks[2]!.block.header.hash)).toBe(false);
  });

  it('refuses a block that is not linked to the tip', () => {
    const { chain, blocks } = chainOf(2);
    expect(caught(() => chain.append(blocks[1]!)).code).toBe('invariant.broken');
    expect(chain.tip).toBe(blocks[1]!.block.header);
  });

  it('gives back what it rolls back, highest first, and nothing below the stable block', () => {
    const { chain, blocks } = chainOf(4);
    expect(chain.rollback(2)).toEqual([blocks[3], blocks[2]]);
    expect(chain.tip).toBe(blocks[1]!.block.header);
    expect(chain.rollback(2)).toEqual([]);
    chain.append(blocks[2]!);
    chain.settle(2);
    expect(caught(() => chain.rollback(1)).code).toBe('invariant.broken');
  });

  it('settles a block with all below it, and counts on from there', () => {
    const { chain, blocks, made } = chainOf(4);
    expect(chain.settle(3)).toEqual(blocks.slice(0, 3));
    expect(chain.stable).toBe(blocks[2]!.block.header);
    expect(chain.accepted).toEqual([blocks[3]]);
    expect(chain.at(3)).toBe(undefined);
    expect(chain.at(4)).toBe(blocks[3]);
    chain.append(made.append());
    expect(chain.tip.height).toBe(5);
    expect(caught(() => chain.settle(9)).code).toBe('invariant.broken');
  });

  it('takes the signature of an order for the block that it has', () => {
    const { chain, blocks } = chainOf(2);
    const order = { view: 0, signature: 'ab'.repeat(64) };
    chain.setOrder(1, order);
    chain.setOrder(9, order);
    expect(chain.at(1)).toEqual({ block: blocks[0]!.block, order });
    expect(chain.at(2)).toBe(blocks[1]);
  });
});
