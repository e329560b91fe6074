/**
 * What the console is given by the program around it.
 * @module
 */
import type { OuterWrap } from '../keys/vault/outerWrap.ts';
import type { StartChild } from '../replica/childReplica.ts';
import type { Confirmer } from './confirm/confirmer.ts';
import type { DesktopHost } from './desktopHost.ts';
import type { ConsoleEvent } from './events.ts';

export interface ConsoleAppOptions {
  readonly dataDirectory: string;
  /** Version of the program, as people read it. */
  readonly version: string;
  /** Starts the replicas of an embedded network that have a process of their own. */
  readonly startChild: StartChild;
  /** Of the replica's key, where this is one replica of a real network; the page asks for it unless given. */
  readonly replicaPassphrase?: string | null;
  /** Where one replica of a real network listens, if not at its registered address. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** How long to wait for a data directory that another process has, in milliseconds; `LOCK_PATIENCE_MS` unless given. */
  readonly lockPatienceMs?: number;
  /** How long the supervisor's key stays unlocked unless it was set, in milliseconds; `UNLOCKED_FOR_MS` unless given. */
  readonly unlockedForMs?: number;
  /** The system's keychain, once it can be asked for; `null` where there is none that protects anything. */
  readonly findKeychain?: () => Promise<OuterWrap | null>;
  /** Asks a person before anything is signed or unlocked; the pages do unless given. */
  readonly confirmer?: Confirmer;
  /** The desktop program around it; absent for `serve`. */
  readonly desktop?: DesktopHost;
  /** Milliseconds since 1970 in UTC; `Date.now` unless given. */
  readonly now?: () => number;
  /** Told of what is worth a line in a log. Must not throw. */
  readonly log?: (event: ConsoleEvent) => void;
}
