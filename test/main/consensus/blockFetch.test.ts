import { describe, expect, it } from 'vitest';
import { BlockFetch, FETCH_AHEAD_BLOCKS } from '../../../src/main/consensus/blockFetch.ts';
import type { Block } from '../../../src/main/ledger/block.ts';
import { headersOf, makeBlocks } from '../../support/consensus.ts';
import { makeEvidence } from '../../support/evidence.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';

const network = makeGenesis();
const accepted = makeBlocks(network, 'fetched', FETCH_AHEAD_BLOCKS + 4);
const headers = headersOf(accepted);
const blocks = accepted.map(({ block }) => block);
const [first, second, third] = blocks as [Block, Block, Block];
const nothingIsHere = () => false;

const ask = (fetch: BlockFetch, sources: readonly number[]) =>
  fetch.questions(sources, nothingIsHere).map(({ to, header }) => [header.height, to]);
const take = (fetch: BlockFetch, from: number, { header, requests, evidence }: Block) =>
  fetch.take(from, header.hash, requests, evidence);
const takeWrong = (fetch: BlockFetch, from: number, { header }: Block) =>
  fetch.take(from, header.hash, blocks.at(-1)!.requests, []);

describe('BlockFetch', () => {
  it('asks the sources in turn, for a bounded number of blocks at once, each once', () => {
    const fetch = new BlockFetch(headers);
    const asked = ask(fetch, [1, 2, 3]);
    expect(asked.map(([height]) => height)).toEqual(
      headers.slice(0, FETCH_AHEAD_BLOCKS).map(({ height }) => height),
    );
    expect(asked.slice(0, 4).map(([, to]) => to)).toEqual([1, 2, 3, 1]);
    expect(ask(fetch, [1, 2, 3])).toEqual([]);
    // Whoever brought the block: the question is answered.
    take(fetch, 3, first);
    expect(ask(fetch, [1, 2, 3]).map(([height]) => height)).toEqual([FETCH_AHEAD_BLOCKS + 1]);
  });

  it('asks nobody where nobody can be asked, and for nothing that is here', () => {
    expect(ask(new BlockFetch(headers), [])).toEqual([]);
    const isHere = ({ height }: { readonly height: number }) => height !== 2;
    const fetch = new BlockFetch(headers);
    expect(fetch.questions([1], isHere).map(({ header }) => header.height)).toEqual([2]);
    expect(fetch.missing(isHere)).toEqual([headers[1]]);
  });

  it('takes a right block from whoever brings it, once', () => {
    const fetch = new BlockFetch(headers.slice(0, 2));
    ask(fetch, [1]);
    expect(take(fetch, 3, first)).toBe('taken');
    expect(take(fetch, 1, first)).toBe('unasked');
    expect(take(fetch, 1, third)).toBe('unasked');
    expect(fetch.block(first.header.hash)).toEqual(first);
    expect(fetch.missing(nothingIsHere)).toEqual([second.header]);
  });

  it('takes a right block that nobody has been asked for', () => {
    expect(take(new BlockFetch(headers), 3, second)).toBe('taken');
  });

  it('asks whoever sent something else no more, and others for the same block', () => {
    const fetch = new BlockFetch(headers.slice(0, 3));
    expect(ask(fetch, [1, 2])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
    ]);
    expect(takeWrong(fetch, 1, first)).toBe('wrong');
    expect(ask(fetch, [1, 2])).toEqual([[1, 2]]);
    fetch.giveUpWaiting();
    expect(ask(fetch, [1, 2]).map(([, to]) => to)).toEqual([2, 2, 2]);
    // Better a liar than nobody.
    fetch.giveUpWaiting();
    fetch.giveUpWaiting();
    expect(ask(fetch, [1]).map(([, to]) => to)).toEqual([1, 1, 1]);
  });

  it('lets a wrong block of one that was not asked change nothing', () => {
    const fetch = new BlockFetch(headers.slice(0, 2));
    ask(fetch, [1]);
    expect(takeWrong(fetch, 3, first)).toBe('unasked');
    expect(ask(fetch, [1, 3])).toEqual([]);
    expect(take(fetch, 1, first)).toBe('taken');
    fetch.giveUpWaiting();
    fetch.giveUpWaiting();
    expect(ask(fetch, [3])).toEqual([[2, 3]]);
  });

  it('finds a block wrong by its number of requests, their order, and its evidence', () => {
    const chain = new TestChain(network);
    const evidence = [makeEvidence(network, 1)];
    const { block } = chain.append(2, 0, 1_000, evidence);
    const { header, requests } = block;
    const answers = [
      [[], evidence],
      [requests.toReversed(), evidence],
      [[...requests, requests[0]!], evidence],
      [requests, []],
    ] as const;
    for (const [given, proof] of answers) {
      const fetch = new BlockFetch([header]);
      ask(fetch, [1]);
      expect(fetch.take(1, header.hash, given, proof)).toBe('wrong');
      expect(fetch.block(header.hash)).toBeUndefined();
      expect(fetch.take(2, header.hash, requests, evidence)).toBe('taken');
    }
  });

  it('asks the next source for what has not come, and waits twice as long each time', () => {
    const fetch = new BlockFetch(headers.slice(0, 2));
    ask(fetch, [1, 2]);
    take(fetch, 1, first);
    const askedAt: [ring: number, to: number | undefined][] = [];
    for (let ring = 1; ring <= 15; ring++) {
      fetch.giveUpWaiting();
      for (const [, to] of ask(fetch, [1, 2])) askedAt.push([ring, to]);
    }
    expect(askedAt).toEqual([
      [1, 1],
      [3, 2],
      [7, 1],
      [15, 2],
    ]);
  });

  it('begins with what another fetch has brought, and with nothing else of it', () => {
    const before = new BlockFetch(headers.slice(0, 3));
    for (const block of [first, third]) take(before, 1, block);
    const fetch = new BlockFetch(headers.slice(0, 2), before);
    expect(fetch.missing(nothingIsHere)).toEqual([second.header]);
    expect(fetch.block(first.header.hash)).toEqual(first);
    expect(fetch.block(third.header.hash)).toBeUndefined();
    expect(new BlockFetch(headers, fetch).missing(nothingIsHere)).toHaveLength(headers.length - 1);
  });
});
