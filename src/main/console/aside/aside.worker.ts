/**
 * A thread for what takes long: it does one job after another, and answers each.
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { toPlainError } from '../../../shared/errors.ts';
import { carryOutAside, type AsideAnswer, type AsideCall, type AsideOutput } from './asideJobs.ts';

const port = parentPort;
if (port === null) throw new Error('aside.worker runs as a worker thread');

port.on('message', (call: AsideCall) => {
  carryOutAside(call).then(
    (output) => port.postMessage({ output } satisfies AsideAnswer, buffersOf(output)),
    (error: unknown) => port.postMessage({ error: toPlainError(error) } satisfies AsideAnswer),
  );
});

/** What is handed over instead of copied: an item's content, where it is a whole buffer. */
function buffersOf(output: AsideOutput): ArrayBuffer[] {
  if (typeof output === 'string' || !('bytes' in output)) return [];
  const { buffer, byteLength } = output.bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
