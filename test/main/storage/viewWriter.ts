/**
 * A process that changes its view again and again until it is killed: prints the number of each commit once it is
 * acknowledged. Argument: the data directory.
 * @module
 */
import { writeSync } from 'node:fs';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker } from '../../support/stores.ts';
import { ViewHistory, commitNumber } from './viewHistory.ts';

const [directory = ''] = process.argv.slice(2);
const network = makeGenesis();
const store = await openLedgerStore({ directory, genesis: network.genesis, createWorker: createStoreWorker });
const { position } = await store.load();
const history = new ViewHistory(network);
while (history.commits < commitNumber(position)) history.next();

for (;;) {
  await store.commit(history.next());
  // At once and past every buffer: what is printed has been acknowledged before the kill.
  writeSync(1, `${history.commits}\n`);
}
