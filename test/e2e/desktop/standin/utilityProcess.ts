/**
 * Utility processes of the stand-in: real processes of Node, that see of their parent what Electron's see.
 * @module
 */
import type * as Electron from 'electron';
import { fork, type Serializable } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { State, record } from './state.ts';
import { Events, strict } from './strict.ts';

const INSIDE = fileURLToPath(new URL('./insideUtility.ts', import.meta.url));
const DIES = 'data:text/javascript,process.exit(9)';

export const utilityProcess = strict('utilityProcess', {
  fork: (modulePath: string, args: string[] = [], options: Electron.ForkOptions = {}) => {
    record('utilityProcess.fork', modulePath, args, options);
    const { stdio } = options;
    if (!Array.isArray(stdio) || stdio[0] !== 'ignore') throw new Error('stdin can only be ignored');
    const inside = State.options.replicasDie === true ? DIES : INSIDE;
    const child = fork(modulePath, args, { execArgv: ['--import', inside], stdio: [...stdio, 'ipc'] });
    const events = new Events();
    let pid: number | undefined;
    child.once('spawn', () => {
      pid = child.pid;
      State.pids.push(child.pid ?? 0);
      State.replicas.set(child.pid ?? 0, () => {
        // From no code of the program: an error that nobody listens to is nobody's to catch.
        setImmediate(() => events.emit('error', 'FatalError', 'v8::ToLocalChecked', '{}'));
        setImmediate(() => child.kill('SIGABRT'));
      });
      events.emit('spawn');
    });
    child.on('message', (message) => events.emit('message', message));
    child.once('exit', (code) => {
      pid = undefined;
      // Before the rest of what it said, as in Electron.
      events.emit('exit', code ?? 1);
    });
    const handle = {
      on: events.on,
      once: events.once,
      get pid() {
        return pid;
      },
      stderr: child.stderr as NodeJS.ReadableStream,
      postMessage: (message: unknown) => {
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error('Electron does not survive a message to a process that has ended');
        }
        record('utilityProcess.postMessage', message);
        // It may have ended without anybody knowing yet.
        if (child.connected) child.send(message as Serializable, () => undefined);
      },
      kill: () => child.kill('SIGTERM'),
    } satisfies Pick<Electron.UtilityProcess, 'kill' | 'on' | 'once' | 'pid' | 'postMessage' | 'stderr'>;
    return strict('child', handle) as unknown as Electron.UtilityProcess;
  },
} satisfies Pick<(typeof Electron)['utilityProcess'], 'fork'>);
