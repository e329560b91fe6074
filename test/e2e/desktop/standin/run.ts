/**
 * Runs the built program on the stand-in, as Electron would: the entry to its end, and then `ready`. A test asks for
 * what a person, a page or the system would do, by messages.
 * @module
 */
import type * as Electron from 'electron';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clickMenu } from './presence.ts';
import { State, type StandInWindow } from './state.ts';

/** Where a call comes from. */
export type Caller = 'page' | 'frame' | 'elsewhere' | 'gone' | 'otherWindow';

const commands = {
  recorded: () => State.recorded,
  handlers: () => [...State.handlers.keys()],
  pids: () => State.pids,
  deltas: () => State.sent,
  appEvent: (event: string) => State.appEvents.emit(event),
  /** Somebody starts the program a second time: its arguments, without its own name, and where it was started. */
  secondStart: (args: readonly string[], workingDirectory: string) =>
    // Chromium puts switches of its own among them.
    State.appEvents.emit(
      'second-instance',
      {},
      ['countersign', '--original-process-start-time=13376400000000000', ...args],
      workingDirectory,
      null,
    ),
  /** macOS hands over a link or a file; whether the program says that it takes it. */
  openUrl: (url: string) => State.appEvents.emitRefusable('open-url', url)?.refused ?? null,
  openFile: (path: string) => State.appEvents.emitRefusable('open-file', path)?.refused ?? null,
  powerEvent: (event: string) => {
    // On Linux nobody tells of them (electron.d.ts).
    if (process.platform === 'linux' && ['lock-screen', 'unlock-screen'].includes(event)) {
      throw new Error(`there is no ${event} on Linux`);
    }
    return State.powerEvents.emit(event);
  },
  /** A person locks the screen, or unlocks it, until the program has heard of it as it does on this system. */
  lockScreen: async (isLocked: boolean) => {
    State.isScreenLocked = isLocked;
    if (process.platform === 'linux') await new Promise<void>((heard) => State.lockWaiters.push(heard));
    else State.powerEvents.emit(isLocked ? 'lock-screen' : 'unlock-screen');
  },
  /** V8 gives up in the replica's process with this number, which ends then. */
  failReplica: (pid: number) => State.replicas.get(pid)?.(),
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
    return await answered(await State.schemeHandler?.(new Request(url, { method })));
  },
  invoke: async (channel: string, input: unknown, caller: Caller) => {
    const handler = State.handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return structuredClone(await handler(eventFrom(caller), structuredClone(input)));
  },
  /** The window over the console's; `null` where there is none. */
  child: () => {
    const child = State.child();
    return child === null ? null : { id: child.id, url: child.url, preload: child.preload };
  },
  /** Names of the calls that its page alone has. */
  childHandlers: () => [...requireChild().handlers.keys()],
  /** As `invoke`, by the page in that window: its own handlers, and then those of all. */
  childInvoke: async (channel: string, input: unknown, caller: Caller) => {
    const child = requireChild();
    const handler = child.handlers.get(channel) ?? State.handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    const event = eventFrom(caller, child.contents, new URL(child.url).host);
    return structuredClone(await handler(event, structuredClone(input)));
  },
  childEvent: (event: string, details: unknown) => requireChild().contentsEvents.emit(event, {}, details),
  childRefusal: (event: string) => requireChild().contentsEvents.emitRefusable(event)?.refused ?? null,
  /** As a person closes it. */
  childClose: () => State.end(requireChild()),
  /** What its session answers. */
  childFetch: async (url: string, method: string) =>
    await answered(await requireChild().session.schemeHandler?.(new Request(url, { method }))),
  childBeforeRequest: async (url: string) =>
    await new Promise((resolve) => requireChild().session.beforeRequest?.({ url }, resolve)),
  childPermission: async (permission: string) => {
    const { contents, session } = requireChild();
    return {
      request: await new Promise((resolve) => session.permissionRequest?.(contents, permission, resolve)),
      check: session.permissionCheck?.(contents, permission, 'countersign://confirm'),
      device: session.devicePermission?.({ deviceType: permission, origin: 'countersign://confirm' }),
    };
  },
  childDownload: (url: string) =>
    requireChild().session.sessionEvents.emitRefusable('will-download', { getURL: () => url })?.refused,
  /** What a page says without an answer; `false` where nobody listens. */
  say: (channel: string, value: unknown, caller: Caller) =>
    State.ipcEvents.emit(channel, eventFrom(caller), structuredClone(value)),
  closeWindow: () => State.closeWindow(),
  /** The person moves the window. */
  moveWindow: (bounds: Electron.Rectangle) => {
    State.bounds = bounds;
    State.windowEvents.emit('move');
  },
  looksElsewhere: () => {
    State.isFocused = false;
  },
  clickMenu,
  clickTray: () => State.trayEvents.emit('click'),
  clickNotification: (index: number) => State.notifications[index]?.emit('click'),
  /** Answers the box that has waited longest; `false` where none waits. */
  answerBox: (response: number, checkboxChecked: boolean) => {
    const answer = State.boxes.shift();
    answer?.({ response, checkboxChecked });
    return answer !== undefined;
  },
  quit: () => State.quit(),
};
export type Commands = typeof commands;

function requireChild(): StandInWindow {
  const child = State.child();
  if (child === null) throw new Error('no window is over the console');
  return child;
}

async function answered(
  response: Response | undefined,
): Promise<{ status: number; headers: Record<string, string>; body: string } | null> {
  if (response === undefined) return null;
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

function eventFrom(caller: Caller, contents = State.contents, host = 'console'): Electron.IpcMainInvokeEvent {
  const frame = {
    parent: caller === 'frame' ? {} : null,
    origin: caller === 'elsewhere' ? 'https://console.example' : `countersign://${host}`,
  };
  return {
    sender: caller === 'otherWindow' ? {} : contents,
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
// What Electron gives its programs: their own name first.
process.argv = ['countersign', ...(State.options.arguments ?? [])];
if (State.options.platform !== undefined) {
  // Native code is that of the real system, and is loaded once.
  await import('sodium-native');
  Object.defineProperty(process, 'platform', { value: State.options.platform });
}
if (State.options.workingDirectory !== undefined) process.chdir(State.options.workingDirectory);
await import(pathToFileURL(join(built, 'main/index.js')).href);
for (const url of State.options.urlsBeforeReady ?? []) State.appEvents.emitRefusable('open-url', url);
State.becomeReady();
if (State.options.startedTwice === true) commands.secondStart([], process.cwd());
process.send?.({ id: 0, value: 'ready' });
