/**
 * The worker of one store file: the only place where SQLite runs, because it blocks. It answers calls one by one, in
 * the order in which they came.
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { invariant, toPlainError } from '../../shared/errors.ts';
import { calmProgress, type OnProgress } from './progress.ts';
import type {
  Answer,
  Call,
  ClientMethods,
  LedgerMethods,
  OpenRequest,
  Report,
  SearchMethods,
} from './rpc.ts';
import { openClientDatabase } from './worker/clientDatabase.ts';
import { openLedgerDatabase } from './worker/ledgerDatabase.ts';
import { openSearchDatabase } from './worker/searchDatabase.ts';

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

const port = parentPort;
if (port === null) throw new Error('store.worker runs as a worker thread');

let methods: Methods | undefined;
/** Of the call that is being carried out. */
let callId = 0;

/** Goes out at once, though this thread is busy. */
const report: OnProgress = calmProgress((progress) => {
  port.postMessage({ id: callId, progress } satisfies Report);
});

port.on('message', (call: Call) => {
  callId = call.id;
  port.postMessage(answerTo(call));
});

function answerTo({ id, method, args }: Call): Answer {
  try {
    return { id, result: carryOut(method, args) };
  } catch (error) {
    return { id, error: toPlainError(error) };
  }
}

function carryOut(method: string, args: readonly unknown[]): unknown {
  if (method === 'open') {
    invariant(methods === undefined, 'a worker opens one store', () => JSON.stringify(args));
    methods = open(args[0] as OpenRequest);
    return undefined;
  }
  // A store that could not be opened has nothing to close.
  if (method === 'close' && methods === undefined) return undefined;
  const chosen = methods?.[method];
  invariant(chosen !== undefined, 'a store is called by its methods', () => method);
  return chosen(...(args as never[]));
}

function open(request: OpenRequest): Methods {
  switch (request.store) {
    case 'ledger':
      return openLedgerDatabase(request, report) satisfies LedgerMethods;
    case 'client':
      return openClientDatabase(request) satisfies ClientMethods;
    case 'search':
      return openSearchDatabase(request) satisfies SearchMethods;
  }
}
