/**
 * A replica in a process of its own: how its parent starts it, speaks to it and ends it, and what runs inside.
 *
 * The two speak over the process's IPC channel. A child whose parent has gone ends by itself.
 * @module
 */
import { fork, type ChildProcess } from 'node:child_process';
import { z } from 'zod';
import {
  CountersignError,
  fromPlainError,
  toPlainError,
  type ErrorCode,
  type PlainError,
} from '../../shared/errors.ts';
import { VerifierPool } from '../keys/verifierPool.ts';
import { createVerifyWorker } from '../keys/verifyWorker.ts';
import { readFileText } from '../storage/index.ts';
import { ReplicaNode } from './node.ts';

/** Where a child replica lives, and where the passphrase of its key is. */
export interface ChildOptions {
  readonly directory: string;
  readonly passphraseFile: string;
}

/** A child replica as its parent sees it. */
export interface ChildReplica {
  readonly pid: number;
  /** Resolves when it takes part; rejects with the reason where it cannot. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** Asks it to stop; ends it by force where it does not within `STOP_TIMEOUT_MS`. */
  stop(): Promise<void>;
  /** SIGKILL: no goodbye, nothing saved that was not durable. */
  kill(): Promise<void>;
}

/** Starts a child replica. Electron has its own way of starting processes. */
export type StartChild = (options: ChildOptions) => ChildReplica;

/** How long a child may take to stop by itself, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;
/** How much of a child's last words is kept for its error, in characters. */
const LAST_WORDS_CHARS = 4_000;
/** Largest passphrase file, in bytes. */
const PASSPHRASE_FILE_BYTES_MAX = 4_096;

const childMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('failed'),
    error: z.object({ code: z.string(), data: z.record(z.string(), z.union([z.string(), z.number()])) }),
  }),
]);

/** Starts child replicas by running `entry` (the command line's) with the arguments `replica …`. */
export function forkReplicas(entry: string): StartChild {
  return ({ directory, passphraseFile }) => {
    const child = fork(entry, ['replica', '--data', directory, '--passphrase-file', passphraseFile], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return watch(child, directory);
  };
}

/** Runs inside the child: takes part until the parent says stop, or has gone. Returns the exit code. */
export async function runChildReplica({ directory, passphraseFile }: ChildOptions): Promise<number> {
  const told = Promise.withResolvers<number>();
  process.once('disconnect', () => told.resolve(0));
  process.on('message', (message) => {
    if (message === 'stop') told.resolve(0);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => told.resolve(0));
  const verifier = new VerifierPool({ createWorker: createVerifyWorker, workers: 1 });
  try {
    const passphrase = await readPassphraseFile(passphraseFile);
    const node = await ReplicaNode.start({ directory, passphrase, verifier });
    node.subscribe((event) => {
      if (event.type !== 'halted') return;
      process.stderr.write(`${JSON.stringify(event.error)}\n`);
      told.resolve(1);
    });
    process.send?.({ type: 'ready' });
    const code = await told.promise;
    await node.stop();
    return code;
  } catch (error) {
    process.send?.({ type: 'failed', error: toPlainError(error) });
    return 1;
  } finally {
    await verifier.close();
    if (process.connected) process.disconnect();
  }
}

/** The passphrase in a file: its first line. Throws `file.*`, or `cli.usage` where it is empty. */
export async function readPassphraseFile(path: string): Promise<string> {
  const [line = ''] = (await readFileText(path, PASSPHRASE_FILE_BYTES_MAX)).split(/\r?\n/, 1);
  if (line === '')
    throw new CountersignError('cli.usage', { problem: `${path} is empty: it should hold a passphrase` });
  return line;
}

function watch(child: ChildProcess, directory: string): ChildReplica {
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS_CHARS);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      const parsed = childMessageSchema.safeParse(message);
      if (!parsed.success) return;
      if (parsed.data.type === 'ready') resolve();
      else reject(fromPlainError(plainError(parsed.data.error)));
    });
    void exited.then(() => {
      const problem = `the replica in ${directory} ended: ${lastWords === '' ? 'without a word' : lastWords}`;
      reject(new CountersignError('internal', { problem }));
    });
  });
  // Who does not wait for it to be ready hears of its end by `exited`.
  ready.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    ready,
    exited,
    stop: async () => {
      if (child.connected) child.send('stop');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function plainError({ code, data }: { code: string; data: Record<string, string | number> }): PlainError {
  return { code: code as ErrorCode, data };
}
