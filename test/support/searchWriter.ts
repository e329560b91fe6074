/**
 * Indexes the ledger in a directory block by block and prints the height after each, until it is killed: first the one
 * that it found. `node searchWriter.ts <directory>`.
 * @module
 */
import { indexedBlock } from '../../src/main/console/search/indexedBlock.ts';
import { openSearchIndex } from '../../src/main/storage/index.ts';
import { openLedgerStore } from '../../src/main/storage/openLedgerStore.ts';
import { makeGenesis } from './ledger.ts';
import { createStoreWorker } from './stores.ts';

const STEP_BLOCKS = 40;

const [, , directory = '.'] = process.argv;
const { genesis, networkId } = makeGenesis();
const store = await openLedgerStore({ directory, genesis, createWorker: createStoreWorker });
const index = await openSearchIndex({ directory, networkId, createWorker: createStoreWorker });
let { height } = await index.tip();
console.info(height);
for (;;) {
  const blocks = [];
  while (blocks.length < STEP_BLOCKS) {
    const accepted = await store.block(height + 1);
    // Waits to be killed.
    if (accepted === null) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      break;
    }
    blocks.push(indexedBlock(accepted.block, () => 'somebody'));
    height += 1;
  }
  await index.append(blocks);
  console.info(height);
}
