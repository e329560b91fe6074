/**
 * Runs the built program on the stand-in, as Electron would: the entry to its end, and then `ready`. A test asks for
 * what a person, a page or the system would do, by messages.
 * @module
 */
import type * as Electron from 'electron';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { State } from './state.ts';

/** Where a call comes from. */
export type Caller = 'page' | 'frame' | 'elsewhere' | 'gone' | 'otherWindow';

const commands = {
  recorded: () => State.recorded,
  handlers: () => [...State.handlers.keys()],
  pids: () => State.pids,
  deltas: () => State.sent,
  appEvent: (event: string) => State.appEvents.emit(event),
  powerEvent: (event: string) => State.powerEvents.emit(event),
  contentsEvent: (event: string, details: unknown) => State.contentsEvents.emit(event, {}, details),
  /** Whether an event of the page is refused; `null` where nobody listens. */
  refusal: (event: string) => State.contentsEvents.emitRefusable(event)?.refused ?? null,
  download: (url: string) =>
    State.sessionEvents.emitRefusable('will-download', { getURL: () => url })?.refused,
  open: (url: string) => State.openHandler?.({ url } as Electron.HandlerDetails),
  permission: async (permission: string) => ({
    request: await new Promise((resolve) => State.permissionRequest?.(State.contents, permission, resolve)),
    check: State.permissionCheck?.(State.contents, permission, 'countersign://console'),
    device: State.devicePermission?.({ deviceType: permission, origin: 'countersign://console' }),
  }),
  beforeRequest: async (url: string) =>
    await new Promise((resolve) => State.beforeRequest?.({ url }, resolve)),
  fetch: async (url: string, method: string) => {
    const response = await State.schemeHandler?.(new Request(url, { method }));
    if (response === undefined) return null;
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  },
  invoke: async (channel: string, input: unknown, caller: Caller) => {
    const handler = State.handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return structuredClone(await handler(eventFrom(caller), structuredClone(input)));
  },
  closeWindow: () => State.closeWindow(),
  quit: () => State.quit(),
};
export type Commands = typeof commands;

function eventFrom(caller: Caller): Electron.IpcMainInvokeEvent {
  const frame = {
    parent: caller === 'frame' ? {} : null,
    origin: caller === 'elsewhere' ? 'https://console.example' : 'countersign://console',
  };
  return {
    sender: caller === 'otherWindow' ? {} : State.contents,
    senderFrame: caller === 'gone' ? null : frame,
  } as unknown as Electron.IpcMainInvokeEvent;
}

process.on('message', (message: { id: number; name: keyof Commands; args: never[] }) => {
  const command: (...args: never[]) => unknown = commands[message.name];
  void Promise.resolve()
    .then(async () => await command(...message.args))
    .then(
      (value) => process.send?.({ id: message.id, value }),
      (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
    );
});
process.on('disconnect', () => process.exit(1));

const [, , built = ''] = process.argv;
await import(pathToFileURL(join(built, 'main/index.js')).href);
State.becomeReady();
process.send?.({ id: 0, value: 'ready' });
