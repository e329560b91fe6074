/**
 * How many durable commits a second the ledger store makes of one block with one request, alone and a hundred to a
 * commit, and how far that is from appending the same bytes to a file with fdatasync.
 *
 * `node test/bench/storage.ts [directory]`: the directory decides which disk is measured.
 * @module
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PersistOperation } from '../../src/main/consensus/effects.ts';
import { openLedgerStore } from '../../src/main/storage/openLedgerStore.ts';
import { TestChain, makeGenesis } from '../support/ledger.ts';
import { createStoreWorker } from '../support/stores.ts';

const SINGLE_COMMITS = 1_500;
const GROUPS = 60;
const BLOCKS_PER_GROUP = 100;
/** Makes a signed request of about 600 bytes. */
const REMARK = 'x'.repeat(280);

const parent = process.argv[2] ?? tmpdir();
const directory = await mkdtemp(join(parent, 'countersign-bench-'));
const network = makeGenesis();
const chain = new TestChain(network);

console.info('Preparing blocks (signing takes the time)…');
const operations: PersistOperation[] = Array.from(
  { length: SINGLE_COMMITS + GROUPS * BLOCKS_PER_GROUP },
  () => ({
    type: 'append',
    accepted: chain.append(chain.requests(1, REMARK)),
  }),
);
const [first] = operations;
const requestBytes = first?.type === 'append' ? (first.accepted.block.requests[0]?.bytes.length ?? 0) : 0;

/** Runs `work` and returns how many of `count` were done in a second. */
async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - startedMs);
}

async function appendRaw(commits: number, bytesPerCommit: number): Promise<number> {
  const file = await open(join(directory, `raw-${bytesPerCommit}`), 'w');
  const bytes = new Uint8Array(bytesPerCommit).fill(7);
  try {
    return await perSecond(commits, async () => {
      for (let index = 0; index < commits; index++) {
        await file.write(bytes);
        await file.datasync();
      }
    });
  } finally {
    await file.close();
  }
}

try {
  const rawSingle = await appendRaw(SINGLE_COMMITS, requestBytes);
  const rawGroups = await appendRaw(GROUPS, requestBytes * BLOCKS_PER_GROUP);

  const options = { directory, genesis: network.genesis, createWorker: createStoreWorker };
  const store = await openLedgerStore(options);
  const single = await perSecond(SINGLE_COMMITS, async () => {
    for (const operation of operations.slice(0, SINGLE_COMMITS)) await store.commit([operation]);
  });
  const groups = await perSecond(GROUPS, async () => {
    for (let from = SINGLE_COMMITS; from < operations.length; from += BLOCKS_PER_GROUP) {
      await store.commit(operations.slice(from, from + BLOCKS_PER_GROUP));
    }
  });
  const { sizeBytes } = await store.counts();
  await store.close();

  const openedMs = performance.now();
  const again = await openLedgerStore(options);
  const loadedMs = performance.now();
  const { chain: loaded } = await again.load();
  const doneMs = performance.now();
  await again.close();

  const round = (value: number): string => Math.round(value).toLocaleString('en');
  const percent = (value: number, of: number): string => `${Math.round((100 * value) / of)} %`;
  console.info(`request: ${requestBytes} bytes; store: ${round(sizeBytes / 1024)} KiB`);
  console.info(
    `one block to a commit: ${round(single)} commits/s; raw append: ${round(rawSingle)}/s; ratio ${percent(single, rawSingle)}`,
  );
  console.info(
    `${BLOCKS_PER_GROUP} blocks to a commit: ${round(groups)} commits/s = ${round(groups * BLOCKS_PER_GROUP)} blocks/s; ` +
      `raw append: ${round(rawGroups)}/s; ratio ${percent(groups, rawGroups)}`,
  );
  console.info(
    `open with a full check: ${round(loadedMs - openedMs)} ms; load and verify ${round(loaded.length)} blocks: ${round(doneMs - loadedMs)} ms`,
  );
} finally {
  await rm(directory, { recursive: true, force: true });
}
