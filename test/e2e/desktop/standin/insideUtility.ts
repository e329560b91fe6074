/**
 * Loaded before the program in a utility process of the stand-in: `process.parentPort` instead of Node's own channel,
 * no end while it is open, and no life without the main process.
 * @module
 */
import { EventEmitter } from 'node:events';
import './setClock.ts';

const waiting: unknown[] = [];
const send = process.send?.bind(process);
const port = Object.assign(new EventEmitter(), {
  postMessage: (message: unknown) => {
    send?.(structuredClone(message));
  },
});

port.on('newListener', (event) => {
  if (event !== 'message') return;
  // Messages wait for the first listener.
  setImmediate(() => {
    for (const data of waiting.splice(0)) port.emit('message', { data, ports: [] });
  });
});
process.on('message', (data: unknown) => {
  if (!port.emit('message', { data, ports: [] })) waiting.push(data);
});
process.on('disconnect', () => process.exit(0));
Object.defineProperty(process, 'parentPort', { value: port });
Object.defineProperty(process, 'send', { value: undefined });
