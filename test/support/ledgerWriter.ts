/**
 * A process that commits blocks until it is killed: prints each height once its commit is acknowledged.
 * Arguments: the data directory, and how many blocks go into one commit.
 * @module
 */
import { writeSync } from 'node:fs';
import type { PersistOperation } from '../../src/main/consensus/effects.ts';
import { openLedgerStore } from '../../src/main/storage/openLedgerStore.ts';
import { TestChain, makeGenesis } from './ledger.ts';
import { createStoreWorker } from './stores.ts';

const [directory = '', blocksPerCommit = '1'] = process.argv.slice(2);
const network = makeGenesis();
const store = await openLedgerStore({ directory, genesis: network.genesis, createWorker: createStoreWorker });

// The same chain every time: continue where the stored one ends, after comparing it.
const chain = new TestChain(network);
const { blocks } = await store.counts();
while (chain.header().height < blocks) chain.append();
if ((await store.headers(blocks, blocks))[0]?.hash !== chain.header().hash) throw new Error('another chain');

for (;;) {
  const operations: PersistOperation[] = [];
  for (let index = 0; index < Number(blocksPerCommit); index++) {
    operations.push({ type: 'append', accepted: chain.append() });
    const { height } = chain.header();
    if (height % 5 === 0) operations.push({ type: 'checkpoint', checkpoint: chain.checkpoint() });
    const position = { epoch: 0, view: height, mode: 'normal', target: height } as const;
    operations.push({
      type: 'position',
      position: { ...position, lastNormalView: height, baseHeight: height },
    });
  }
  await store.commit(operations);
  // At once and past every buffer: what is printed has been acknowledged before the kill.
  writeSync(1, `${chain.header().height}\n`);
}
