/** Work that takes long, on a thread of its own: the main thread goes on meanwhile, and a thread that dies is replaced. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { ASIDE_WAITING_MAX, AsideDesk } from '../../../../src/main/console/aside/asideDesk.ts';
import { createAsideWorker } from '../../../../src/main/console/aside/createAsideWorker.ts';
import { checkReceipt } from '../../../../src/main/console/ledger/receipts.ts';
import { renderReceiptFile } from '../../../../src/main/ledger/receiptFile.ts';
import { bigCsv } from '../../../support/bigTable.ts';
import { makeReceipt, verify } from '../../../support/receipts.ts';

const MAX_REQUEST_BYTES = 16 * 1_024 * 1_024;
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

  it('leaves the main thread free: its timers go on while a large table is read', async () => {
    const desk = open();
    // The thread is there: what is counted is the work itself.
    await desk.run('table', SMALL);
    const order: string[] = [];
    const timer = setInterval(() => order.push('tick'), 1);
    const bytes = bigCsv(8 * 1_024 * 1_024);
    order.length = 0;
    const done = desk
      .run('table', { file: { name: 'big.csv', bytes }, maxRequestBytes: MAX_REQUEST_BYTES }, [bytes.buffer])
      .then(() => order.push('done'));
    order.push('asked');
    await done;
    clearInterval(timer);
    expect(order[0]).toBe('asked');
    expect(order.at(-1)).toBe('done');
    expect(order.filter((what) => what === 'tick').length).toBeGreaterThanOrEqual(10);
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
