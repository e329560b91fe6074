/** A new view can be by far the largest value that a replica keeps. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FIRST_POSITION } from '../../../src/main/consensus/effects.ts';
import { hashed, type HashedHeader } from '../../../src/main/ledger/block.ts';
import { WINDOW_MAX } from '../../../src/main/ledger/viewChange.ts';
import type { LedgerMethods } from '../../../src/main/storage/rpc.ts';
import { openLedgerDatabase } from '../../../src/main/storage/worker/ledgerDatabase.ts';
import { makeViewChange } from '../../support/evidence.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';
import { makeDirectory } from '../../support/stores.ts';
import { makeNewView } from './promises.ts';

const network = makeGenesis();
let directory: Awaited<ReturnType<typeof makeDirectory>>;

beforeEach(async () => {
  directory = await makeDirectory();
});
afterEach(async () => await directory.remove());

const open = (): LedgerMethods =>
  openLedgerDatabase({
    store: 'ledger',
    path: `${directory.path}/ledger.sqlite`,
    genesis: network.genesis,
    maxSizeBytes: null,
  });

/** So many headers above `parent`, each with the largest numbers. */
function headersAbove(parent: HashedHeader, count: number): HashedHeader[] {
  const headers: HashedHeader[] = [];
  for (let index = 0; index < count; index++) {
    const { height, hash, timeMs } = headers.at(-1) ?? parent;
    headers.push(
      hashed({ ...parent, height: height + 1, previousHash: hash, timeMs: timeMs + 1, requestCount: 65_535 }),
    );
  }
  return headers;
}

it('is kept and found again where its chains are as long as there can be', () => {
  const headers = headersAbove(new TestChain(network).header(0), WINDOW_MAX);
  const newView = makeNewView(network, makeViewChange(1, { chain: headers }));
  const position = { ...FIRST_POSITION, view: 1, lastNormalView: 1 };
  const store = open();
  store.commit([
    { type: 'newView', opening: { newView, signature: null } },
    { type: 'position', position },
  ]);
  store.close();
  const again = open();
  const { opening } = again.load();
  again.close();
  // Compared by what they lead to: tens of thousands of headers take long to compare one by one.
  expect(opening?.signature).toBeNull();
  expect(JSON.stringify(opening?.newView)).toBe(JSON.stringify(newView));
}, 60_000);
