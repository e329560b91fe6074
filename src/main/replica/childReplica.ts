/**
 * A replica in a process of its own: how its parent starts it, speaks to it and ends it, and what runs inside.
 *
 * The two speak over a `ParentChannel`. A child whose parent has gone ends by itself.
 * @module
 */
import { fork, type ChildProcess, type Serializable } from 'node:child_process';
import { join } from 'node:path';
import { CountersignError, toPlainError, type PlainError } from '../../shared/errors.ts';
import { VerifierPool } from '../keys/verifierPool.ts';
import { createVerifyWorker } from '../keys/verifyWorker.ts';
import { parseAddress } from '../../shared/text/hostName.ts';
import { readTextFile } from '../storage/index.ts';
import { faultOrderSchema, type OutgoingFault } from './faults/fault.ts';
import { FaultyOutlet } from './faults/faultyOutlet.ts';
import { LateSigner } from './faults/contradictingSigner.ts';
import { REPLICA_KEY_FILE, ReplicaNode } from './node.ts';
import { openParentChannel, type ParentChannel } from './parentChannel.ts';
import { STOP, WAKE, superviseReplica, type ChildMessage, type ReplicaProcess } from './superviseReplica.ts';

/** Where a child replica lives, and where the passphrase of its key is. */
export interface ChildOptions {
  readonly directory: string;
  readonly passphraseFile: string;
  /** Where it listens while the registry knows nothing of it, as `host:port`. */
  readonly listen?: string;
}

/** A child replica as its parent sees it. */
export interface ChildReplica {
  /** 0 while it has not started. */
  readonly pid: number;
  /** Resolves when it takes part; rejects with the reason where it cannot. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended: with the reason where it had halted by itself. */
  readonly exited: Promise<PlainError | undefined>;
  /** Tells it that the machine has slept: see `ReplicaNode.wake`. */
  wake(): void;
  /** Asks it to stop; ends it by force where it does not within `CHILD_STOP_TIMEOUT_MS`. */
  stop(): Promise<void>;
  /** SIGKILL: no goodbye, nothing saved that was not durable. */
  kill(): Promise<void>;
  /** SIGSTOP: it stands still, and says nothing, until `resume`. Throws where the system cannot. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Makes it misbehave, or behave again (`null`). Resolves when it does, or has ended. */
  setFault(fault: OutgoingFault | null): Promise<void>;
}

/** Starts a child replica. Electron has its own way of starting processes. */
export type StartChild = (options: ChildOptions) => ChildReplica;

/** Largest passphrase file, in bytes. */
const PASSPHRASE_FILE_BYTES_MAX = 4_096;

/** Starts child replicas by running `entry` (the command line's) with the arguments `replica …`. */
export function forkReplicas(entry: string): StartChild {
  return (options) => {
    const child = fork(entry, childArguments(options), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    return superviseReplica(nodeProcess(child), options.directory);
  };
}

/** The arguments with which the command line runs a child replica. */
export function childArguments({ directory, passphraseFile, listen }: ChildOptions): string[] {
  const where = listen === undefined ? [] : ['--listen', listen];
  return ['replica', '--data', directory, '--passphrase-file', passphraseFile, ...where];
}

/** Runs inside the child: takes part until the parent says stop, or has gone. Returns the exit code. */
export async function runChildReplica(options: ChildOptions): Promise<number> {
  const parent = openParentChannel();
  const code = await takePart(options, parent);
  parent.end(code);
  return code;
}

async function takePart(
  { directory, passphraseFile, listen }: ChildOptions,
  parent: ParentChannel,
): Promise<number> {
  const told = Promise.withResolvers<number>();
  const faulty: { outlet: FaultyOutlet | null; signer: LateSigner | null; fault: OutgoingFault | null } = {
    outlet: null,
    signer: null,
    fault: null,
  };
  let running: ReplicaNode | null = null;
  parent.onGone(() => told.resolve(0));
  parent.onMessage((message) => {
    if (message === STOP) told.resolve(0);
    // One that still starts connects by itself.
    if (message === WAKE) running?.wake();
    const order = faultOrderSchema.safeParse(message);
    if (!order.success) return;
    const { fault } = order.data;
    const become = async (): Promise<void> => {
      if (fault?.kind === 'equivocate') await faulty.signer?.open();
      faulty.fault = fault;
      faulty.outlet?.become(fault);
      parent.send({ type: 'faultDone' } satisfies ChildMessage);
    };
    // Without its key it cannot do what it is told: it ends, and is started again without the fault.
    become().catch(() => told.resolve(1));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => told.resolve(0));
  const verifier = new VerifierPool({ createWorker: createVerifyWorker, workers: 1 });
  try {
    const passphrase = await readPassphraseFile(passphraseFile);
    const signer = new LateSigner(join(directory, REPLICA_KEY_FILE), passphrase);
    faulty.signer = signer;
    const node = await ReplicaNode.start({
      directory,
      passphrase,
      verifier,
      ...(listen === undefined ? {} : { ownAddress: parseAddress(listen) }),
      // The one replica that can be made to misbehave: its parent does it, to try out what the others do.
      interpose: (outlet, membership) => {
        // Each epoch has its own way out; a fault lasts until it is healed.
        faulty.outlet?.dispose();
        faulty.outlet = new FaultyOutlet(outlet, membership, signer);
        faulty.outlet.become(faulty.fault);
        return faulty.outlet;
      },
    });
    running = node;
    node.subscribe((event) => {
      if (event.type !== 'halted') return;
      const { code, data } = event.error;
      void parent
        .sendLast({ type: 'halted', error: { code, data } } satisfies ChildMessage)
        .finally(() => told.resolve(1));
    });
    parent.send({ type: 'ready' } satisfies ChildMessage);
    const code = await told.promise;
    await node.stop();
    return code;
  } catch (error) {
    const { code, data } = toPlainError(error);
    await parent.sendLast({ type: 'failed', error: { code, data } } satisfies ChildMessage);
    return 1;
  } finally {
    faulty.outlet?.dispose();
    faulty.signer?.dispose();
    await verifier.close();
  }
}

/** The passphrase in a file: its first line. Throws `file.*`, or `cli.usage` where it is empty. */
export async function readPassphraseFile(path: string): Promise<string> {
  const [line = ''] = (await readTextFile(path, PASSPHRASE_FILE_BYTES_MAX)).split(/\r?\n/, 1);
  if (line === '')
    throw new CountersignError('cli.usage', { problem: `${path} is empty: it should hold a passphrase` });
  return line;
}

function nodeProcess(child: ChildProcess): ReplicaProcess {
  return {
    get pid() {
      return child.pid ?? 0;
    },
    stderr: child.stderr,
    send: (message) => {
      // It may have ended without anybody knowing yet: its end is told by itself.
      if (child.connected) child.send(message as Serializable, () => undefined);
    },
    onMessage: (listener) => {
      child.on('message', listener);
    },
    onExit: (listener) => {
      child.once('exit', listener);
      child.once('error', listener);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}
