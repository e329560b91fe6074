/**
 * How long the main thread is held up by the verification of a receipt, the reading of a large table, and the files of
 * offline signing for the largest content: on the main thread, as it was, and on a thread of their own.
 * `npx node test/bench/aside.ts`.
 * @module
 */
import { AsideDesk } from '../../src/main/console/aside/asideDesk.ts';
import { createAsideWorker } from '../../src/main/console/aside/createAsideWorker.ts';
import { carryOutAside, type AsideCall } from '../../src/main/console/aside/asideJobs.ts';
import { writeDraftFile } from '../../src/main/console/items/offlineFiles.ts';
import { payloadOf } from '../../src/main/console/items/payloadBytes.ts';
import { tableDraft } from '../../src/main/console/items/tableDraft.ts';
import { DEFAULT_LIMITS } from '../../src/main/ledger/genesis.ts';
import { renderReceiptFile } from '../../src/main/ledger/receiptFile.ts';
import { signedRequest } from '../../src/main/ledger/request.ts';
import { bigCsv } from '../support/bigTable.ts';
import { makeGenesis } from '../support/ledger.ts';
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

const { genesis, networkId } = makeGenesis();
/** As much as a request can hold with the default limits. */
const content = tableDraft(
  { name: 'largest.csv', bytes: bigCsv(DEFAULT_LIMITS.maxRequestBytes - 1_024) },
  DEFAULT_LIMITS.maxRequestBytes,
).bytes;
const envelope = { networkId, networkName: genesis.name, expectedSigners: [], note: '' };
const draftFile = new TextEncoder().encode(writeDraftFile(content, envelope));
const fields = { networkId, timestampMs: 1, supervisor: genesis.supervisors[0]!.publicKey };
const request = signedRequest({ ...fields, payload: payloadOf(content) }, 'ef'.repeat(64));

const calls: readonly (readonly [name: string, make: () => AsideCall])[] = [
  ['a receipt', () => ({ kind: 'receipt', input: { genesis: network.genesis, text } })],
  ['a table of 15 MiB', tableOf],
  ['writing a draft file', () => ({ kind: 'writeDraft', input: { content, envelope } })],
  ['reading a draft file', () => ({ kind: 'readDraft', input: { genesis, file: draftFile } })],
  ['reading a request', () => ({ kind: 'readRequest', input: { genesis, file: request.bytes } })],
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
