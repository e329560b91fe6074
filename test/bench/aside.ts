/**
 * How long the main thread is held up by the verification of a receipt and the reading of a large table: on the main
 * thread, as it was, and on a thread of their own. `npx node test/bench/aside.ts`.
 * @module
 */
import { AsideDesk } from '../../src/main/console/aside/asideDesk.ts';
import { createAsideWorker } from '../../src/main/console/aside/createAsideWorker.ts';
import { carryOutAside, type AsideCall } from '../../src/main/console/aside/asideJobs.ts';
import { renderReceiptFile } from '../../src/main/ledger/receiptFile.ts';
import { bigCsv } from '../support/bigTable.ts';
import { makeReceipt } from '../support/receipts.ts';

const MAX_REQUEST_BYTES = 16 * 1_024 * 1_024;
const TABLE_BYTES = 15 * 1_024 * 1_024;

/** The longest time that the event loop stood still during `work`, and how long it took, in milliseconds. */
async function held(work: () => Promise<unknown>): Promise<string> {
  let lastMs = performance.now();
  let longestMs = 0;
  const look = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  const timer = setInterval(look, 1);
  const beganMs = performance.now();
  await work();
  const tookMs = performance.now() - beganMs;
  look();
  clearInterval(timer);
  return `held up for ${longestMs.toFixed(1)} ms at most, done in ${tookMs.toFixed(0)} ms`;
}

const { network, receipt } = makeReceipt({ requests: 200, index: 7, remark: 'r'.repeat(9_000) });
const text = renderReceiptFile(receipt);
const tableOf = (): AsideCall => ({
  kind: 'table',
  input: { file: { name: 'big.csv', bytes: bigCsv(TABLE_BYTES) }, maxRequestBytes: MAX_REQUEST_BYTES },
});
const calls: readonly (readonly [name: string, make: () => AsideCall])[] = [
  ['a receipt', () => ({ kind: 'receipt', input: { genesis: network.genesis, text } })],
  ['a table of 15 MiB', tableOf],
];
const desk = new AsideDesk(createAsideWorker);
await desk.run('receipt', { genesis: network.genesis, text });
for (const [name, make] of calls) {
  const inline = make();
  console.log(`${name}, on the main thread: ${await held(async () => await carryOutAside(inline))}`);
  const call = make();
  const transfer = call.kind === 'table' ? [call.input.file.bytes.buffer as ArrayBuffer] : [];
  console.log(`${name}, aside: ${await held(async () => await desk.run(call.kind, call.input, transfer))}`);
}
await desk.close();
