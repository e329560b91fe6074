/**
 * Sessions of the stand-in: the default one, and those of a partition, which share nothing with it.
 * @module
 */
import type * as Electron from 'electron';
import { requireReady } from './ready.ts';
import { State, record, type SessionState } from './state.ts';
import { Events, strict } from './strict.ts';

const states = new WeakMap<object, { readonly partition: string; readonly state: SessionState }>();

/** What a session of the stand-in was given, and the name of its partition. */
export function stateOf(session: Electron.Session): {
  readonly partition: string;
  readonly state: SessionState;
} {
  const found = states.get(session);
  if (found === undefined) throw new Error('this is no session of the stand-in');
  return found;
}

function createSession(partition: string, state: SessionState): Electron.Session {
  const protocol = strict('session.protocol', {
    handle: (scheme: string, handler: (request: Request) => Response | Promise<Response>) => {
      if (state.schemeHandler !== null) throw new Error(`a second handler for ${scheme}`);
      record('protocol.handle', scheme);
      state.schemeHandler = handler;
    },
  } satisfies Pick<Electron.Protocol, 'handle'>);
  const created = strict('session', {
    on: state.sessionEvents.on,
    protocol: protocol as unknown as Electron.Protocol,
    webRequest: strict('session.webRequest', {
      onBeforeRequest: (...args: unknown[]) => {
        if (args.length !== 1) throw new Error('a filter would let requests through that it does not name');
        state.beforeRequest = args[0] as typeof state.beforeRequest;
      },
    } satisfies Pick<Electron.WebRequest, 'onBeforeRequest'>) as unknown as Electron.WebRequest,
    setPermissionRequestHandler: (handler: unknown) => {
      state.permissionRequest = handler as typeof state.permissionRequest;
    },
    setPermissionCheckHandler: (handler: unknown) => {
      state.permissionCheck = handler as typeof state.permissionCheck;
    },
    setDevicePermissionHandler: (handler: unknown) => {
      state.devicePermission = handler as typeof state.devicePermission;
    },
    setSpellCheckerEnabled: (enabled: boolean) => record('session.setSpellCheckerEnabled', enabled),
  } satisfies Pick<
    Electron.Session,
    | 'on'
    | 'protocol'
    | 'setDevicePermissionHandler'
    | 'setPermissionCheckHandler'
    | 'setPermissionRequestHandler'
    | 'setSpellCheckerEnabled'
    | 'webRequest'
  >) as unknown as Electron.Session;
  states.set(created, { partition, state });
  return created;
}

const defaultSession = createSession('', State);
const partitions = new Map<string, Electron.Session>();

export const session = strict('session', {
  get defaultSession() {
    requireReady('session.defaultSession');
    return defaultSession;
  },
  /** One name is one session, for as long as the program runs. */
  fromPartition: (partition: string, options?: Electron.FromPartitionOptions) => {
    requireReady('session.fromPartition');
    record('session.fromPartition', partition, options);
    const known = partitions.get(partition);
    if (known !== undefined) return known;
    const state: SessionState = {
      sessionEvents: new Events(),
      schemeHandler: null,
      beforeRequest: null,
      permissionRequest: null,
      permissionCheck: null,
      devicePermission: null,
    };
    State.sessions.set(partition, state);
    const created = createSession(partition, state);
    partitions.set(partition, created);
    return created;
  },
} satisfies Pick<(typeof Electron)['session'], 'defaultSession' | 'fromPartition'>);

/** The session that a window has where it names none. */
export function theDefaultSession(): Electron.Session {
  return defaultSession;
}
