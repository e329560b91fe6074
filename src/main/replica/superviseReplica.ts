/**
 * What a parent does with the process of a child replica, whichever way it was started: hears that it takes part or
 * why it cannot, and stops it in bounded time.
 * @module
 */
import { z } from 'zod';
import { CountersignError, fromPlainError, type ErrorCode, type PlainError } from '../../shared/errors.ts';
import type { ChildReplica } from './childReplica.ts';
import type { FaultOrder, OutgoingFault } from './faults/fault.ts';

/** A process that runs `runChildReplica`, as Node or Electron started it. */
export interface ReplicaProcess {
  /** 0 while it has not started, and where it never did. */
  readonly pid: number;
  /** What it says on its way out. */
  readonly stderr: NodeJS.ReadableStream | null;
  /** Does nothing where nobody listens any more. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Tells once that it has ended, or could not be started. */
  onExit(listener: () => void): void;
  /** SIGKILL: no goodbye. */
  kill(): void;
}

/** What a child says. */
export type ChildMessage = z.infer<typeof childMessageSchema>;

/**
 * What a parent says, besides a `FaultOrder`: end in order. It also answers `failed` and `halted`, so that the child knows it was
 * heard.
 */
export const STOP = 'stop';
/** What a parent says when the machine has slept: see `ReplicaNode.wake`. */
export const WAKE = 'wake';

/** How long a child may take to stop by itself, in milliseconds. */
export const CHILD_STOP_TIMEOUT_MS = 10_000;
/** How much of a child's last words is kept for its error, in characters. */
const LAST_WORDS_CHARS = 4_000;

const childMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** The last `FaultOrder` has been carried out. */
  z.object({ type: z.literal('faultDone') }),
  /** It could not start, or has halted while it ran. */
  z.object({
    type: z.enum(['failed', 'halted']),
    error: z.object({ code: z.string(), data: z.record(z.string(), z.union([z.string(), z.number()])) }),
  }),
]);

/** `child` as the parent of a replica handles it. `directory` is where the replica lives. */
export function superviseReplica(child: ReplicaProcess, directory: string): ChildReplica {
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS_CHARS);
  });
  let isGone = false;
  /** Those who wait for a `FaultOrder` to be carried out, in order. */
  const faultWaiters: (() => void)[] = [];
  let halted: PlainError | undefined;
  const exited = new Promise<PlainError | undefined>((resolve) => {
    child.onExit(() => {
      isGone = true;
      resolve(halted);
      for (const done of faultWaiters.splice(0)) done();
    });
  });
  const signal = (name: NodeJS.Signals): void => {
    // Number 0 would stand for this process and its relatives.
    if (!isGone && child.pid > 0) process.kill(child.pid, name);
  };
  let isEnding = false;
  const tellToStop = (): void => {
    isEnding = true;
    // Electron does not survive a message to a utility process that is ending (electron/electron#53923).
    if (!isGone) child.send(STOP);
  };
  const ready = new Promise<void>((resolve, reject) => {
    child.onMessage((message) => {
      const parsed = childMessageSchema.safeParse(message);
      if (!parsed.success) return;
      if (parsed.data.type === 'ready') {
        resolve();
        return;
      }
      if (parsed.data.type === 'faultDone') {
        faultWaiters.shift()?.();
        return;
      }
      const error: PlainError = { ...parsed.data.error, code: parsed.data.error.code as ErrorCode };
      if (parsed.data.type === 'halted') halted = error;
      reject(fromPlainError(error));
      tellToStop();
    });
    void exited.then(() => {
      const problem = lastWords === '' ? 'it said nothing' : lastWords;
      reject(new CountersignError('replica.ended', { path: directory, problem }));
    });
  });
  // Who does not wait for it to be ready hears of its end by `exited`.
  ready.catch(() => undefined);
  return {
    get pid() {
      return child.pid;
    },
    ready,
    exited,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    setFault: async (fault: OutgoingFault | null) => {
      if (isGone) return;
      const done = Promise.withResolvers<undefined>();
      faultWaiters.push(() => done.resolve(undefined));
      child.send({ type: 'fault', fault } satisfies FaultOrder);
      await done.promise;
    },
    wake: () => {
      if (!isGone && !isEnding) child.send(WAKE);
    },
    stop: async () => {
      tellToStop();
      const timer = setTimeout(() => child.kill(), CHILD_STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
    kill: async () => {
      isEnding = true;
      if (!isGone) child.kill();
      await exited;
    },
  };
}
