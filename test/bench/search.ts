/**
 * How long a search takes in a ledger of a million blocks, letter by letter as it is typed, beside the raw limit of the
 * same machine in the same run: a page of rows read by their key in the same worker. And what the index costs: its size,
 * and what is left of the ledger's commits a second while it is kept.
 *
 * `node test/bench/search.ts [blocks] [directory]`: the directory decides which disk is measured. A million blocks take
 * some minutes and 2 GiB.
 * @module
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexedBlock } from '../../src/main/console/search/indexedBlock.ts';
import type { PersistOperation } from '../../src/main/consensus/effects.ts';
import { genesisHeader, hashed, type Block, type HashedHeader } from '../../src/main/ledger/block.ts';
import { ZERO_HASH } from '../../src/main/ledger/hash.ts';
import { merkleRoot } from '../../src/main/ledger/merkle.ts';
import { signedRequest, type SignedRequest } from '../../src/main/ledger/request.ts';
import { LedgerState } from '../../src/main/ledger/state.ts';
import { LEDGER_FILE, SEARCH_FILE, openSearchIndex, type IndexQuery } from '../../src/main/storage/index.ts';
import { openLedgerStore } from '../../src/main/storage/openLedgerStore.ts';
import { piecesOf } from '../../src/shared/text/searchWords.ts';
import { makeGenesis } from '../support/ledger.ts';
import { createStoreWorker } from '../support/stores.ts';

const SUPERVISORS = 40;
const GROUP_BLOCKS = 250;
/** Blocks committed without the index first, to compare with. */
const COMPARED_BLOCKS = 20_000;
const REPEATS = 5;
const MIB = 1024 * 1024;

const count = Number(process.argv[2] ?? 1_000_000);
const parent = process.argv[3] ?? tmpdir();
const network = makeGenesis({ supervisors: SUPERVISORS });
const { genesis, networkId } = network;

/** As a real one is long: the store does not verify it, and making a million takes an hour. */
const SIGNATURE = '5a'.repeat(64);
const KINDS = [
  'Quarterly assessment',
  'Invoice',
  'Maintenance contract',
  '采购合同',
  '审查意见书',
  'Règlement intérieur',
];
const PLACES = ['Zürich', 'Geneva', '上海', '深圳', 'Bergen', 'Łódź', 'Valparaíso', '北京'];
const WORDS = (
  'account approval audit balance budget carrier certificate claim clause client committee completed confirmed ' +
  'customs decision delivery deposit draft estimate evidence export finance forwarded goods guarantee handover ' +
  'import inspection insurance issue letter licence machine measured missing notice office opinion order partial ' +
  'payment penalty permit policy price quality receipt record refund region rejected release remaining repair ' +
  'report request review revised safety sample schedule second shipment signed site supplier survey tender terms ' +
  'third total transfer unit update valid warranty 付款 交货 验收 报告 质量 安全 保险 进度 变更 补充'
).split(' ');

/** Equal runs give equal ledgers. */
let seed = 42;
function random(below: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}
const pick = (from: readonly string[]): string => from[random(from.length)] ?? '';

function makeRequest(number: number, timestampMs: number): SignedRequest {
  const remark = Array.from({ length: 8 + random(24) }, () => pick(WORDS)).join(' ');
  const title = `${pick(KINDS)} ${pick(PLACES)} ${2020 + random(7)}-${String(number).padStart(7, '0')}`;
  const file = { mediaType: 'application/pdf', sizeBytes: 10_000 + number, sha256: 'ab'.repeat(32) };
  const supervisor = genesis.supervisors[random(SUPERVISORS)]?.publicKey ?? '';
  return signedRequest(
    {
      networkId,
      timestampMs,
      supervisor,
      payload: {
        kind: 'document',
        title,
        decision: 'approved',
        // One in a hundred thousand says something that nothing else does.
        remark: number % 100_000 === 77 ? `${remark} xylophone 麒麟` : remark,
        files: [{ ...file, name: `${pick(WORDS)}-${number}.pdf` }],
      },
    },
    SIGNATURE,
  );
}

const values = new LedgerState(genesis).digest;
let tip: HashedHeader = genesisHeader(genesis, values);
/** Linked as real ones are. Executing them is no part of what is measured. */
function nextBlock(): Block {
  const height = tip.height + 1;
  const requests = [makeRequest(height, tip.timeMs)];
  const header = hashed({
    epoch: 0,
    height,
    previousHash: tip.hash,
    timeMs: tip.timeMs + 1_000,
    requestCount: 1,
    requestsRoot: merkleRoot(requests.map(({ id }) => id)),
    evidenceDigest: ZERO_HASH,
    stateDigest: tip.stateDigest,
    nextReplicas: null,
  });
  tip = header;
  return { header, requests, evidence: [] };
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
function summary(times: readonly number[]): string {
  const sorted = times.toSorted((left, right) => left - right);
  const ms = (value: number): string => value.toFixed(1).padStart(7);
  return `p50 ${ms(percentile(sorted, 0.5))}  p99 ${ms(percentile(sorted, 0.99))}  max ${ms(sorted.at(-1) ?? NaN)} ms`;
}
const round = (value: number): string => Math.round(value).toLocaleString('en');

const directory = await mkdtemp(join(parent, 'countersign-bench-'));
try {
  const ledger = await openLedgerStore({ directory, genesis, createWorker: createStoreWorker });
  const index = await openSearchIndex({ directory, networkId, createWorker: createStoreWorker });
  const nameOf = (key: string): string =>
    genesis.supervisors.find(({ publicKey }) => publicKey === key)?.name ?? '';

  let committedMs = 0;
  let indexing: Promise<void> = Promise.resolve();
  let indexedMs = 0;
  /** Commits `blocks` blocks and returns how many a second, the making of them left out. */
  async function commit(blocks: number, isIndexed: boolean): Promise<number> {
    const before = committedMs;
    for (let done = 0; done < blocks; done += GROUP_BLOCKS) {
      const group = Array.from({ length: Math.min(GROUP_BLOCKS, blocks - done) }, nextBlock);
      const operations: PersistOperation[] = group.map((block) => ({
        type: 'append',
        accepted: { block, order: null },
      }));
      const startedMs = performance.now();
      await ledger.commit(operations);
      committedMs += performance.now() - startedMs;
      if (!isIndexed) {
        unindexed.push(...group);
        continue;
      }
      // As the console does it: beside the commits, in a worker of its own.
      await indexing;
      const indexStartedMs = performance.now();
      indexing = index.append(group.map((block) => indexedBlock(block, nameOf))).then(() => {
        indexedMs += performance.now() - indexStartedMs;
      });
      if (tip.height % 50_000 < GROUP_BLOCKS) console.info(`  ${round(tip.height)} blocks`);
    }
    return (blocks * 1_000) / (committedMs - before);
  }

  const unindexed: Block[] = [];
  console.info(`Making a ledger of ${round(count)} blocks…`);
  const compared = Math.min(COMPARED_BLOCKS, Math.floor(count / 4));
  const without = await commit(compared, false);
  const catchUpMs = performance.now();
  while (unindexed.length > 0) {
    await index.append(unindexed.splice(0, GROUP_BLOCKS).map((block) => indexedBlock(block, nameOf)));
  }
  const alone = (compared * 1_000) / (performance.now() - catchUpMs);
  const withIndex = await commit(compared, true);
  await commit(count - 2 * compared, true);
  await indexing;

  const { size: ledgerBytes } = await stat(join(directory, LEDGER_FILE));
  const { size: indexBytes } = await stat(join(directory, SEARCH_FILE));
  console.info(
    `ledger ${round(ledgerBytes / MIB)} MiB; index ${round(indexBytes / MIB)} MiB ` +
      `(${Math.round((100 * indexBytes) / ledgerBytes)} %, ${round(indexBytes / count)} bytes for each request)`,
  );
  console.info(
    `commits of ${GROUP_BLOCKS} blocks: ${round(without)} blocks/s without the index, ${round(withIndex)} blocks/s ` +
      `while it is kept (${Math.round((100 * withIndex) / without)} %); ` +
      `the index alone: ${round(alone)} blocks/s, over all ${round(((count - compared) * 1_000) / indexedMs)}`,
  );

  const ask = (text: string, more: Partial<IndexQuery> = {}): IndexQuery => ({
    pieces: piecesOf(text),
    limit: 50,
    ...more,
  });
  const [first] = genesis.supervisors;
  const supervisor = first?.publicKey ?? '';
  const raw: number[] = [];
  for (let repeat = 0; repeat < 40; repeat++) {
    const toHeight = 1 + random(count);
    const startedMs = performance.now();
    await index.search(ask('', { toHeight }));
    raw.push(performance.now() - startedMs);
  }
  const rawMs = percentile(
    raw.toSorted((a, b) => a - b),
    0.5,
  );
  console.info(`\n${'raw: 50 rows by their key'.padEnd(44)} ${summary(raw)}`);

  const typed: readonly (readonly [string, Partial<IndexQuery>?])[] = [
    ['quarterly assessment zürich'],
    ['invoice payment overdue'],
    ['xylophone'],
    ['warranty xylophone'],
    ['合同 付款'],
    ['麒麟'],
    ['采购合同上海'],
    ['2024-0500'],
    ['0000077'],
    ['nothing like this anywhere'],
    ['supervisor 7 repair'],
    ['signed letter', { supervisor }],
    ['penalty', { kinds: ['registry'] }],
    ['safety sample', { toHeight: Math.floor(count / 10) }],
    ['release', { fromMs: genesis.createdAtMs, toMs: genesis.createdAtMs + 86_400_000 }],
    ['terms machine measured missing', { supervisor, fromHeight: Math.floor(count / 2) }],
  ];
  const all: number[] = [];
  for (const [text, more = {}] of typed) {
    const times: number[] = [];
    let cut = 0;
    let hits = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (let length = 1; length <= text.length; length++) {
        const startedMs = performance.now();
        const page = await index.search(ask(text.slice(0, length), more));
        times.push(performance.now() - startedMs);
        if (page.isCutShort) cut += 1;
        hits = page.hits.length;
      }
    }
    all.push(...times);
    const filters = Object.keys(more).join(', ');
    const label = filters === '' ? text : `${text} [${filters}]`;
    const note = cut === 0 ? '' : `, ${cut} of ${times.length} cut short`;
    console.info(`${label.padEnd(44)} ${summary(times)}  ${hits} found${note}`);
  }
  const byId: number[] = [];
  for (let repeat = 0; repeat < 200; repeat++) {
    const digits = random(2 ** 32)
      .toString(16)
      .padStart(8, '0')
      .slice(0, 4 + random(5));
    const startedMs = performance.now();
    await index.byPrefix(digits);
    byId.push(performance.now() - startedMs);
  }
  console.info(`${'first digits of a hash or id'.padEnd(44)} ${summary(byId)}`);
  console.info(
    `${'all that was typed'.padEnd(44)} ${summary(all)}  ` +
      `p50 is ${(
        percentile(
          all.toSorted((a, b) => a - b),
          0.5,
        ) / rawMs
      ).toFixed(1)} × raw`,
  );
  await index.close();
  await ledger.close();
} finally {
  await rm(directory, { recursive: true, force: true });
}
