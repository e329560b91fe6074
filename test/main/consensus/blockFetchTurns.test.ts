/** Whose turn it is to be asked for a block, whatever the others do. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BlockFetch } from '../../../src/main/consensus/blockFetch.ts';
import { headersOf, makeBlocks } from '../../support/consensus.ts';
import { makeGenesis } from '../../support/ledger.ts';

const network = makeGenesis();
const accepted = makeBlocks(network, 'fetched', 4);
const everyone = [0, 2, 3];
const ask = (fetch: BlockFetch, sources = everyone) => fetch.questions(sources, () => false);

it('asks every source for a block in the end: one is silent, and one does not have it', () => {
  const fetch = new BlockFetch(headersOf(accepted));
  const [silent, holder] = everyone;
  let chosen = ask(fetch);
  for (let round = 0; round < 50 && fetch.missing(() => false).length > 0; round++) {
    for (const { to, header } of chosen) {
      const { block } = accepted[header.height - 1]!;
      // The silent one answers the very first question, to shift the turns, and nothing after.
      const answers = to === holder || (to === silent && round === 0 && header.height === 1);
      if (answers) fetch.take(to, header.hash, block.requests, block.evidence);
    }
    fetch.giveUpWaiting();
    chosen = ask(fetch);
  }
  expect(fetch.missing(() => false)).toEqual([]);
});

it('asks another replica where one is silent', () => {
  const fetch = new BlockFetch(headersOf(accepted.slice(0, 1)));
  const [first] = ask(fetch, [2, 3]);
  fetch.giveUpWaiting();
  const [second] = ask(fetch, [2, 3]);
  expect(second!.to).not.toBe(first!.to);
});

it('gets every block in the end, whoever of the sources has it and whatever the others do', () => {
  const many = makeBlocks(network, 'many', 20);
  const sources = fc.integer({ min: 2, max: 6 });
  const plan = fc.array(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), {
    minLength: 20,
    maxLength: 20,
  });
  fc.assert(
    fc.property(sources, fc.nat(), fc.integer({ min: 1, max: 20 }), plan, (n, pick, length, answersFirst) => {
      const fetch = new BlockFetch(headersOf(many.slice(0, length)));
      const everybody = Array.from({ length: n }, (_, index) => index);
      const holder = pick % n;
      for (let round = 0; round < 200 && fetch.missing(() => false).length > 0; round++) {
        for (const { to, header } of ask(fetch, everybody)) {
          const { block } = many[header.height - 1]!;
          // What others give at first shifts the turns; later only one still has the blocks.
          const answers = to === holder || (round < 3 && answersFirst[header.height - 1]![to]!);
          if (answers) fetch.take(to, header.hash, block.requests, block.evidence);
        }
        fetch.giveUpWaiting();
      }
      expect(fetch.missing(() => false)).toEqual([]);
    }),
  );
});
