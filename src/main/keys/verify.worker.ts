/**
 * A thread of the verifier pool: takes batches of records, answers each with a bitmap of verdicts, in order.
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { verifyRecords } from './verifier.ts';

parentPort?.on('message', (records: Uint8Array) => {
  const verdicts = verifyRecords(records);
  parentPort?.postMessage(verdicts, [verdicts.buffer]);
});
