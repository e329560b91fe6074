/**
 * Replicas in processes of their own, as Electron starts them: utility processes, which need no Electron that runs as
 * plain Node (SECURITY.md 12).
 * @module
 */
import { utilityProcess, type UtilityProcess } from 'electron';
import { childArguments, type StartChild } from '../replica/childReplica.ts';
import { superviseReplica, type ReplicaProcess } from '../replica/superviseReplica.ts';

/** Starts child replicas by running `entry` (the command line's) with the arguments `replica …`. */
export function forkUtilityReplicas(entry: string): StartChild {
  return (options) => {
    const child = utilityProcess.fork(entry, childArguments(options), {
      stdio: ['ignore', 'ignore', 'pipe'],
      serviceName: 'Countersign replica',
    });
    return superviseReplica(utilityReplica(child), options.directory);
  };
}

function utilityReplica(child: UtilityProcess): ReplicaProcess {
  let isKilled = false;
  const killNow = (): void => {
    // Electron itself only asks (SIGTERM); the number is there from its start to its end.
    if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
  };
  child.once('spawn', () => {
    if (isKilled) killNow();
  });
  // V8 gave up, of which an emitter that nobody listens to would throw. What counts is its end, which always follows.
  child.on('error', () => undefined);
  return {
    get pid() {
      return child.pid ?? 0;
    },
    stderr: child.stderr,
    send: (message) => child.postMessage(message),
    onMessage: (listener) => {
      child.on('message', listener);
    },
    onExit: (listener) => {
      child.once('exit', listener);
    },
    kill: () => {
      isKilled = true;
      killNow();
    },
  };
}
