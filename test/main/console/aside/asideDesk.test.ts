/** Work that takes long, on a thread of its own: the main thread goes on meanwhile, and a thread that dies is replaced. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { ASIDE_WAITING_MAX, AsideDesk } from '../../../../src/main/console/aside/asideDesk.ts';
import { createAsideWorker } from '../../../../src/main/console/aside/createAsideWorker.ts';
import { readRequestFile } from '../../../../src/main/console/items/offlineFiles.ts';
import { checkReceipt } from '../../../../src/main/console/ledger/receipts.ts';
import { renderReceiptFile } from '../../../../src/main/ledger/receiptFile.ts';
import { signedRequest } from '../../../../src/main/ledger/request.ts';
import type { Payload } from '../../../../src/shared/domain/payload.ts';
import { bigCsv } from '../../../support/bigTable.ts';
import { makeGenesis } from '../../../support/ledger.ts';
import { makeReceipt, verify } from '../../../support/receipts.ts';

const MAX_REQUEST_BYTES = 16 * 1_024 * 1_024;
const LARGE = { maxRequestBytes: MAX_REQUEST_BYTES, maxBlockBytes: MAX_REQUEST_BYTES };
const SMALL = { file: { name: 'a.csv', bytes: new TextEncoder().encode('a\n1\n') }, maxRequestBytes: 1_000 };

const desks: AsideDesk[] = [];
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.close();
});
function open(createWorker: () => Worker = createAsideWorker): AsideDesk {
  const desk = new AsideDesk(createWorker);
  desks.push(desk);
  return desk;
}

/** What `job` gives, once the timers of this thread went on while it was done. */
async function amidTicks<T>(job: Promise<T>): Promise<T> {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  const output = await job.finally(() => clearInterval(timer));
  expect(ticks).toBeGreaterThanOrEqual(10);
  return output;
}

describe('work aside', () => {
  it('says of a receipt what the main thread would say', async () => {
    const { network, receipt } = makeReceipt();
    const text = renderReceiptFile(receipt);
    const { genesis } = network;
    const verified = await open().run('receipt', { genesis, text });
    expect(verified).toEqual(await checkReceipt(genesis, verify, text));
    expect(verified.valid).toBe(true);
    const broken = await open().run('receipt', { genesis, text: text.slice(0, -40) });
    expect(broken).toMatchObject({ valid: false, error: { code: 'receipt.invalid' } });
  });

  it('reads a table, and fails with the error that says where it is wrong', async () => {
    const desk = open();
    const { description, bytes } = await desk.run('table', SMALL);
    expect(description).toMatchObject({ kind: 'assessments', title: 'a', count: 1, sizeBytes: bytes.length });
    const file = { name: 'b.csv', bytes: new TextEncoder().encode('a,b\n1\n') };
    await expect(desk.run('table', { file, maxRequestBytes: 1_000 })).rejects.toMatchObject({
      code: 'import.ragged',
    });
    await expect(desk.run('table', { ...SMALL, maxRequestBytes: 10 })).rejects.toMatchObject({
      code: 'request.tooLarge',
    });
  });

  it('leaves the main thread free: its timers go on while a large table is read, leaves as a draft, and comes back', async () => {
    const desk = open();
    // The thread is there: what is counted is the work itself.
    await desk.run('table', SMALL);
    const bytes = bigCsv(6 * 1_024 * 1_024);
    const file = { name: 'big.csv', bytes };
    const read = desk.run('table', { file, maxRequestBytes: MAX_REQUEST_BYTES }, [bytes.buffer]);
    const { description, bytes: content } = await amidTicks(read);
    const { genesis, networkId } = makeGenesis({ limits: LARGE });
    const envelope = { networkId, networkName: genesis.name, expectedSigners: [], note: '' };
    const text = await amidTicks(desk.run('writeDraft', { content, envelope }));
    const draft = new TextEncoder().encode(text);
    const back = await amidTicks(desk.run('readDraft', { genesis, file: draft }, [draft.buffer]));
    expect(back.description).toEqual(description);
    expect(Buffer.compare(back.bytes, content)).toBe(0);
  });

  it('reads the file of a signed request', async () => {
    const { genesis, networkId } = makeGenesis();
    const payload: Payload = {
      kind: 'assessments',
      title: 'a',
      remark: '',
      columns: ['a'],
      records: [['1']],
    };
    const fields = { networkId, timestampMs: 1, supervisor: genesis.supervisors[0]!.publicKey, payload };
    const { bytes: file, id } = signedRequest(fields, 'ef'.repeat(64));
    const contents = await open().run('readRequest', { genesis, file });
    expect(contents).toEqual(readRequestFile(genesis, file));
    expect(contents.request.id).toBe(id);
  });

  it('takes a bounded number of jobs, and ends them all when it closes', async () => {
    const desk = open(() => new Worker('setInterval(() => undefined, 1_000)', { eval: true }));
    const jobs = Array.from({ length: ASIDE_WAITING_MAX + 1 }, () =>
      expect(desk.run('table', SMALL)).rejects.toMatchObject({ code: 'stopped' }),
    );
    await expect(desk.run('table', SMALL)).rejects.toMatchObject({
      code: 'console.tooBusy',
      data: { waiting: ASIDE_WAITING_MAX },
    });
    await desk.close();
    await Promise.all(jobs);
    await expect(desk.run('table', SMALL)).rejects.toMatchObject({ code: 'stopped' });
  });

  it('fails the job that its thread died over, and does the next one on another', async () => {
    let started = 0;
    const desk = open(() => {
      started += 1;
      return started === 1
        ? new Worker("require('node:worker_threads').parentPort.on('message', () => process.exit(3))", {
            eval: true,
          })
        : createAsideWorker();
    });
    const first = desk.run('table', SMALL);
    const second = desk.run('table', SMALL);
    await expect(first).rejects.toMatchObject({ code: 'console.workFailed' });
    expect((await second).description.count).toBe(1);
    expect(started).toBe(2);
  });

  it('tells why no thread could be started', async () => {
    const desk = open(() => {
      throw new Error('no threads left');
    });
    await expect(desk.run('table', SMALL)).rejects.toMatchObject({
      code: 'console.workFailed',
      data: { problem: 'no threads left' },
    });
  });
});
