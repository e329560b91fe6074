/** The search index: what goes in is found, what is taken back is not, and a naive filter agrees. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAYLOAD_KINDS } from '../../../src/shared/domain/payload.ts';
import { piecesOf } from '../../../src/shared/text/searchWords.ts';
import {
  openSearchIndex,
  PREFIX_HITS_MAX,
  SEARCH_FILE,
  SNIPPET_CHARS_MAX,
  type IndexedBlock,
  type IndexedRequest,
  type IndexQuery,
  type SearchPage,
} from '../../../src/main/storage/index.ts';
import { openSearchDatabase } from '../../../src/main/storage/worker/searchDatabase.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

const NETWORK = 'aa'.repeat(32);
const ALICE = '01'.repeat(32);
const BORIS = '02'.repeat(32);
const START_MS = 1_767_225_600_000;

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let path: string;
beforeEach(async () => {
  directory = await makeDirectory();
  path = join(directory.path, SEARCH_FILE);
});
afterEach(async () => await directory.remove());

/** In this thread: a test that only looks at what is found needs no worker. */
const openHere = (networkId = NETWORK) =>
  openSearchDatabase({ store: 'search', path, networkId, isFresh: false });

const hashOf = (height: number, fork = 0): string =>
  `${(height * 7_919).toString(16).padStart(8, '0')}${fork.toString(16).padStart(56, '0')}`;
let made = 0;
const request = (title: string, more: Partial<IndexedRequest> = {}): IndexedRequest => ({
  id: (++made * 104_729).toString(16).padStart(64, 'c'),
  supervisor: ALICE,
  kind: 'document',
  timestampMs: START_MS,
  count: 1,
  sizeBytes: 600,
  texts: [
    { field: 'title', text: title },
    { field: 'name', text: 'Alice Archer' },
  ],
  ...more,
});
const block = (
  height: number,
  requests: readonly IndexedRequest[],
  fork = 0,
  parent = fork,
): IndexedBlock => ({
  height,
  hash: hashOf(height, fork),
  previousHash: hashOf(height - 1, parent),
  timeMs: START_MS + height * 1_000,
  requests,
});
const ask = (text: string, more: Partial<IndexQuery> = {}): IndexQuery => ({
  pieces: piecesOf(text),
  limit: 50,
  ...more,
});
const titles = ({ hits }: SearchPage): string[] => hits.map(({ title }) => title);

describe('words', () => {
  it('are found whole, as they begin while they are typed, and whatever their case, width and accents', () => {
    const index = openHere();
    index.append([block(1, [request('Quarterly report'), request('Résumé of ＡＢＣ Ltd.')])]);
    expect(titles(index.search(ask('report')))).toEqual(['Quarterly report']);
    expect(titles(index.search(ask('rep')))).toEqual(['Quarterly report']);
    expect(titles(index.search(ask('quarter')))).toEqual(['Quarterly report']);
    // A word that something follows has been typed to its end.
    expect(titles(index.search(ask('rep ')))).toEqual([]);
    expect(titles(index.search(ask('QUARTERLY rep')))).toEqual(['Quarterly report']);
    expect(titles(index.search(ask('resume abc')))).toEqual(['Résumé of ＡＢＣ Ltd.']);
    expect(titles(index.search(ask('report abc')))).toEqual([]);
    index.close();
  });

  it('are found in Chinese from one character on, and only where the characters stand together', () => {
    const index = openHere();
    index.append([
      block(1, [request('合同审查意见'), request('同合审查'), request('采购合同2024年终稿'), request('合')]),
    ]);
    expect(titles(index.search(ask('合同')))).toEqual(['采购合同2024年终稿', '合同审查意见']);
    expect(titles(index.search(ask('合')))).toHaveLength(4);
    expect(titles(index.search(ask('见')))).toEqual(['合同审查意见']);
    expect(titles(index.search(ask('合同审查')))).toEqual(['合同审查意见']);
    expect(titles(index.search(ask('同2024')))).toEqual(['采购合同2024年终稿']);
    expect(titles(index.search(ask('审查 合同')))).toEqual(['合同审查意见']);
    expect(titles(index.search(ask('同审 意见稿')))).toEqual([]);
    index.close();
  });

  it('are not hidden by characters that do not show, nor found as the tags of the index', () => {
    const index = openHere();
    index.append([block(1, [request('pass\u200Bword'), request('\uE000s1 tag')])]);
    expect(titles(index.search(ask('password')))).toEqual(['pass\u200Bword']);
    expect(titles(index.search(ask('s1')))).toEqual(['\uE000s1 tag']);
    expect(titles(index.search(ask('kdocument')))).toEqual([]);
    index.close();
  });

  it('are marked in the title and in the best of the other texts', () => {
    const index = openHere();
    const texts = [
      { field: 'title', text: 'Audit of the audits' },
      { field: 'remark', text: `${'long '.repeat(100)}and audited at last ${'more '.repeat(100)}` },
      { field: 'file', text: 'audit-last.pdf' },
    ] as const;
    index.append([block(1, [request('', { texts })])]);
    const [hit] = index.search(ask('last audit')).hits;
    expect(hit?.titleMarks).toEqual([
      { start: 0, end: 5 },
      { start: 13, end: 18 },
    ]);
    expect(hit?.snippet?.field).toBe('remark');
    const { text, marks, isCut } = hit!.snippet!;
    expect(marks.map(({ start, end }) => text.slice(start, end))).toEqual(['audit', 'last']);
    expect(text.length).toBeLessThanOrEqual(SNIPPET_CHARS_MAX);
    expect(isCut).toEqual({ before: true, after: true });
    expect(index.search(ask('pdf')).hits[0]?.snippet).toEqual({
      field: 'file',
      text: 'audit-last.pdf',
      marks: [{ start: 11, end: 14 }],
      isCut: { before: false, after: false },
    });
    index.close();
  });
});

describe('filters and pages', () => {
  it('takes supervisor, kind, height and time together, newest first', () => {
    const index = openHere();
    for (let height = 1; height <= 40; height++) {
      const supervisor = height % 2 === 0 ? ALICE : BORIS;
      const kind = height % 5 === 0 ? 'assessments' : 'document';
      index.append([block(height, [request(`Report ${height}`, { supervisor, kind })])]);
    }
    const heights = (query: IndexQuery): number[] => index.search(query).hits.map(({ height }) => height);
    expect(heights(ask('report', { supervisor: ALICE, kinds: ['assessments'] }))).toEqual([40, 30, 20, 10]);
    expect(heights(ask('', { kinds: ['assessments', 'registry'], fromHeight: 11, toHeight: 25 }))).toEqual([
      25, 20, 15,
    ]);
    expect(heights(ask('', { fromMs: START_MS + 38_001 }))).toEqual([40, 39]);
    expect(heights(ask('report', { fromMs: START_MS + 5_000, toMs: START_MS + 6_999 }))).toEqual([6, 5]);
    expect(heights(ask('', { toMs: START_MS }))).toEqual([]);
    expect(heights(ask('', { fromHeight: 41 }))).toEqual([]);
    expect(heights(ask('', { supervisor: '03'.repeat(32) }))).toEqual([]);
    index.close();
  });

  it('pages without a gap and without a repetition, also within a block', () => {
    const index = openHere();
    const all = Array.from({ length: 9 }, (_, at) =>
      block(
        at + 1,
        Array.from({ length: at % 4 }, (_x, within) => request(`Report ${at}-${within}`)),
      ),
    );
    index.append(all);
    for (const text of ['', 'rep', 'report ']) {
      const seen: string[] = [];
      let page = index.search(ask(text, { limit: 2 }));
      for (;;) {
        seen.push(...titles(page));
        if (page.next === null) break;
        page = index.search(ask(text, { limit: 2, before: page.next }));
      }
      expect(seen).toEqual(
        all.flatMap(({ requests }) => requests.map(({ texts }) => texts[0]!.text)).reverse(),
      );
    }
    index.close();
  });

  it('finds blocks and requests by the first digits of their hash and id', () => {
    const index = openHere();
    const many = Array.from({ length: 20 }, (_, at) =>
      request(`R${at}`, { id: `beef${String(at).padStart(60, '0')}` }),
    );
    index.append([block(1, many), block(2, [])]);
    expect(index.byPrefix(hashOf(2).slice(0, 8)).blocks).toEqual([{ height: 2, hash: hashOf(2) }]);
    expect(index.byPrefix('beef').requests).toHaveLength(PREFIX_HITS_MAX);
    expect(index.byPrefix(many[7]!.id).requests.map(({ title }) => title)).toEqual(['R7']);
    expect(index.byPrefix('dead')).toEqual({ blocks: [], requests: [] });
    index.close();
  });
});

describe('what is rolled back', () => {
  it('is not found, and what takes its place is', () => {
    const index = openHere();
    index.append([
      block(1, [request('kept')]),
      block(2, [request('lost one')]),
      block(3, [request('lost two')]),
    ]);
    index.rollBack(1);
    expect(index.tip()).toEqual({ height: 1, hash: hashOf(1) });
    expect(titles(index.search(ask('lost')))).toEqual([]);
    expect(titles(index.search(ask('')))).toEqual(['kept']);
    index.append([block(2, [request('found instead')], 1, 0)]);
    expect(titles(index.search(ask('lost')))).toEqual([]);
    expect(titles(index.search(ask('found')))).toEqual(['found instead']);
    expect(index.byPrefix(hashOf(3).slice(0, 8)).blocks).toEqual([]);
    index.rollBack(0);
    expect(index.tip().height).toBe(0);
    expect(titles(index.search(ask('')))).toEqual([]);
    index.close();
  });

  it('takes blocks only on top of the one they are linked to, all or none', () => {
    const index = openHere();
    index.append([block(1, [request('one')])]);
    expect(() => index.append([block(3, [])])).toThrow();
    expect(() => index.append([block(2, [], 1)])).toThrow();
    expect(() => index.append([block(2, [request('two')]), block(3, [], 1)])).toThrow();
    expect(index.tip().height).toBe(1);
    expect(titles(index.search(ask('two')))).toEqual([]);
    index.close();
  });
});

describe('the file', () => {
  it('is there again with all that was appended', async () => {
    const open = async () =>
      await openSearchIndex({
        directory: directory.path,
        networkId: NETWORK,
        createWorker: createStoreWorker,
      });
    const first = await open();
    await first.append([block(1, [request('durable')])]);
    await first.close();
    const again = await open();
    expect(await again.tip()).toEqual({ height: 1, hash: hashOf(1) });
    expect(titles(await again.search(ask('dur')))).toEqual(['durable']);
    expect(await again.sizeBytes()).toBeGreaterThan(0);
    await expect(again.search({ ...ask('x'), limit: 0 })).rejects.toThrow(RangeError);
    await expect(again.byPrefix('abc')).rejects.toThrow(RangeError);
    await again.close();
    await expect(again.tip()).rejects.toMatchObject({ code: 'stopped' });
  });

  it('of another network, of another kind or damaged is made anew', async () => {
    const index = openHere();
    index.append([block(1, [request('old')])]);
    index.close();
    const other = openHere('bb'.repeat(32));
    expect(other.tip().height).toBe(0);
    other.close();
    await writeFile(path, 'this is no database, however long it may be. '.repeat(1_000));
    const mended = openHere();
    expect(mended.tip().height).toBe(0);
    mended.append([block(1, [request('new')])]);
    expect(titles(mended.search(ask('new')))).toEqual(['new']);
    mended.close();
  });
});

describe('a naive filter', () => {
  const alphabet = ['合', '同', '审', 'a', 'b', 'ab', 'abc', 'é', 'E', '1', '12', ' ', '-', '。'];
  const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map((parts) => parts.join(''));
  const oneRequest = fc.record({
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
    supervisor: fc.constantFrom(ALICE, BORIS),
    kind: fc.constantFrom(...PAYLOAD_KINDS),
  });
  type OneRequest = typeof oneRequest extends fc.Arbitrary<infer T> ? T : never;

  const plain = (value: string): string => value.replaceAll('é', 'e').toLowerCase();
  /** Written without the module under test: words by splitting, Chinese by looking for it. */
  const matches = (texts: readonly string[], query: string): boolean => {
    const parts = plain(query).match(/[a-z0-9]+|[合同审]+/g) ?? [];
    return parts.every((part, at) =>
      texts.some((one) => {
        if (/[合同审]/.test(part)) return plain(one).includes(part);
        const words = plain(one).match(/[a-z0-9]+/g) ?? [];
        const isLast = at === parts.length - 1 && plain(query).endsWith(part);
        return words.some((word) => (isLast ? word.startsWith(part) : word === part));
      }),
    );
  };

  it('finds the same, over appended and rolled-back blocks', () => {
    const index = openHere();
    fc.assert(
      fc.property(
        fc.array(fc.array(oneRequest, { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.array(oneRequest, { maxLength: 3 }), { maxLength: 4 }),
        fc.nat(8),
        text,
        fc.option(fc.constantFrom(ALICE, BORIS), { nil: undefined }),
        fc.option(fc.constantFrom(...PAYLOAD_KINDS), { nil: undefined }),
        (first, second, keep, query, supervisor, kind) => {
          index.rollBack(0);
          const kept = Math.min(keep, first.length);
          const chain: { height: number; index: number; request: OneRequest }[] = [];
          const add = (
            requests: readonly OneRequest[],
            height: number,
            fork: number,
            parent: number,
          ): void => {
            const made = requests.map((one, at) => {
              chain.push({ height, index: at, request: one });
              const texts = one.texts.map((value, field) => ({
                field: field === 0 ? ('title' as const) : ('remark' as const),
                text: value,
              }));
              return request('', { ...one, texts });
            });
            index.append([block(height, made, fork, parent)]);
          };
          first.forEach((requests, at) => add(requests, at + 1, 0, 0));
          index.rollBack(kept);
          const left = chain.filter(({ height }) => height <= kept);
          chain.splice(0, chain.length, ...left);
          second.forEach((requests, at) => add(requests, kept + at + 1, 1, at === 0 ? 0 : 1));
          const expected = chain
            .filter(({ request: one }) => supervisor === undefined || one.supervisor === supervisor)
            .filter(({ request: one }) => kind === undefined || one.kind === kind)
            .filter(({ request: one }) => matches(one.texts, query))
            .reverse()
            .map(({ height, index: at }) => ({ height, index: at }));
          const found = index.search(
            ask(query, {
              limit: 100,
              ...(supervisor === undefined ? {} : { supervisor }),
              ...(kind === undefined ? {} : { kinds: [kind] }),
            }),
          );
          expect(found.hits.map(({ height, index: at }) => ({ height, index: at }))).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
    index.close();
  }, 60_000);
});
