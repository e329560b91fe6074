/**
 * A process that commits until a write fails, tries a small commit after that, and prints what came of both and
 * what can still be read. Argument: the data directory.
 * @module
 */
import { openLedgerStore } from '../../src/main/storage/openLedgerStore.ts';
import { toPlainError } from '../../src/shared/errors.ts';
import { TestChain, makeGenesis } from './ledger.ts';
import { createStoreWorker } from './stores.ts';

const COMMITS_MAX = 500;
const [directory = ''] = process.argv.slice(2);
// The default action of the signal that comes with the error would end the process.
process.on('SIGXFSZ', () => undefined);

const network = makeGenesis();
const store = await openLedgerStore({ directory, genesis: network.genesis, createWorker: createStoreWorker });
const chain = new TestChain(network);
const codes: string[] = [];
let acknowledged = 0;
while (codes.length === 0 && acknowledged < COMMITS_MAX) {
  const accepted = chain.append(chain.requests(1, 'x'.repeat(10_000)));
  try {
    await store.commit([{ type: 'append', accepted }]);
    acknowledged += 1;
  } catch (error) {
    codes.push(toPlainError(error).code);
  }
}
chain.rollback(acknowledged);
try {
  await store.commit([{ type: 'append', accepted: chain.append() }]);
} catch (error) {
  codes.push(toPlainError(error).code);
}
const { blocks } = await store.counts();
console.info(JSON.stringify({ acknowledged, blocks, codes }));
await store.close().catch(() => undefined);
