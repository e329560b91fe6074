/**
 * How a child process speaks to its parent: over the IPC channel of `child_process`, or over the port that Electron
 * gives a utility process.
 * @module
 */

/** The way to the parent. Of a process that nobody listens to, it leads nowhere. */
export interface ParentChannel {
  send(message: unknown): void;
  /** Sends before the end. Resolves when the parent has it, or cannot have it any more. */
  sendLast(message: unknown): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** Tells once that the parent has gone. */
  onGone(listener: () => void): void;
  /** Lets go of the parent; the process ends with `code` when nothing is left to do. */
  end(code: number): void;
}

/** What is needed of Electron's `process.parentPort`. */
export interface UtilityPort {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  off(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  postMessage(message: unknown): void;
}

/** How long the last message may take, in milliseconds. */
const LAST_MESSAGE_TIMEOUT_MS = 1_000;

/** The channel to the parent of this process. */
export function openParentChannel(): ParentChannel {
  // Electron alone has it, and in its other processes it is `null`.
  const { parentPort } = process as unknown as { readonly parentPort?: UtilityPort | null };
  return parentPort === undefined || parentPort === null ? nodeChannel() : utilityChannel(parentPort);
}

function nodeChannel(): ParentChannel {
  return {
    send: (message) => {
      process.send?.(message);
    },
    sendLast: async (message) => {
      if (!process.connected) return;
      await new Promise<void>((resolve) => {
        // Called with an error where the parent has gone: then there is nobody to tell.
        process.send?.(message, () => resolve());
      });
    },
    onMessage: (listener) => {
      process.on('message', listener);
    },
    onGone: (listener) => {
      process.once('disconnect', listener);
    },
    end: () => {
      if (process.connected) process.disconnect();
    },
  };
}

function utilityChannel(port: UtilityPort): ParentChannel {
  return {
    send: (message) => port.postMessage(message),
    sendLast: async (message) => {
      const arrived = Promise.withResolvers<undefined>();
      const onAnswer = (): void => arrived.resolve(undefined);
      // The news of the end overtakes messages, so the parent says that it has read this one.
      port.on('message', onAnswer);
      const timer = setTimeout(onAnswer, LAST_MESSAGE_TIMEOUT_MS);
      port.postMessage(message);
      await arrived.promise;
      clearTimeout(timer);
      port.off('message', onAnswer);
    },
    onMessage: (listener) => {
      port.on('message', ({ data }) => listener(data));
    },
    // Electron ends its utility processes by itself when the main process has gone.
    onGone: () => undefined,
    // A utility process does not end when nothing is left to do (electron/electron#47228).
    end: (code) => process.exit(code),
  };
}
