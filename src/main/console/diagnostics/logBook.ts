/**
 * The log of the console: the last lines of what happened, as codes with fields. Each source names what it puts into a
 * line, so nothing gets in that was not meant to; no source is given a passphrase or a private key.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { LOG_ENTRIES_MAX, LOG_FIELDS_MAX, LOG_TEXT_CHARS_MAX } from '../../../shared/contract/diagnostics.ts';
import type { LogEntry, LogLevel } from '../../../shared/contract/diagnostics.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';
import type { ConsoleEvent } from '../events.ts';

/** Most lines of one event in a minute: who floods this replica must not wash away what came before. */
export const LOG_PER_EVENT_PER_MINUTE_MAX = 60;
const MINUTE_MS = 60_000;

const SECRET_NAME = /pass|secret|seed|token|private/i;

type Fields = Readonly<Record<string, unknown>>;

export class LogBook {
  /** Its own: the lines of the next start are of another log. */
  readonly id = randomUUID();
  readonly #now: () => number;
  #entries: LogEntry[] = [];
  #lastNumber = 0;
  #dropped = 0;
  /** Lines of each event since the minute began. */
  readonly #counts = new Map<string, number>();
  #minute = 0;

  /** @param now - milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Lines that were left out because one thing happened too often. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The lines with greater numbers, oldest first. */
  after(number: number): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.number > number);
  }

  add(level: LogLevel, event: string, fields: Fields = {}): void {
    const atMs = this.#now();
    if (!this.#mayAdd(event, atMs)) {
      this.#dropped += 1;
      return;
    }
    this.#lastNumber += 1;
    this.#entries.push({ number: this.#lastNumber, atMs, level, event, fields: shownFields(fields) });
    if (this.#entries.length > LOG_ENTRIES_MAX) this.#entries = this.#entries.slice(-LOG_ENTRIES_MAX);
  }

  /** What the console reports. */
  console(event: ConsoleEvent): void {
    switch (event.kind) {
      case 'stage': {
        const { stage } = event;
        if (stage.name === 'failed') this.add('error', 'stage.failed', errorFields(stage.error));
        else if (stage.name === 'starting') this.add('info', 'stage.starting', { phase: stage.phase });
        else this.add('info', `stage.${stage.name}`);
        return;
      }
      case 'internal':
        this.add('error', 'call.internal', { channel: event.channel, ...errorFields(event.error) });
        return;
      case 'failed':
        this.add('error', 'failed', { what: event.what, ...errorFields(event.error) });
        return;
      case 'woke':
        this.add('info', 'machine.woke');
        return;
      case 'badMessage':
        this.add('warn', 'client.badMessage', { replica: event.replica, ...errorFields(event.error) });
    }
  }

  /** What the local replica tells. Blocks and votes are left out: the ledger has them. */
  replica(event: ReplicaEvent): void {
    switch (event.type) {
      case 'peer':
        this.add('info', event.connected ? 'peer.up' : 'peer.down', { replica: event.index });
        return;
      case 'refusedGuest':
        this.add('warn', 'connection.refused', { address: event.address, ...errorFields(event.error) });
        return;
      case 'badMessage':
        this.add('warn', 'message.bad', { from: event.from, ...errorFields(event.error) });
        return;
      case 'halted':
        this.add('error', 'replica.halted', errorFields(event.error));
        return;
      case 'membership':
        this.add('info', 'replica.membership', { epoch: event.epoch, admission: event.admission });
        return;
      case 'suspicion':
        this.add('warn', 'replica.suspicion', {
          replica: event.replica,
          reason: event.reason,
          height: event.height,
        });
        return;
      case 'suspected':
        this.add('info', 'view.suspected', { view: event.view, by: event.by });
        return;
      case 'changingView':
        this.add('warn', 'view.changing', { view: event.view, target: event.target, cause: event.cause });
        return;
      case 'enteredView':
        this.add('info', 'view.entered', {
          view: event.view,
          primary: event.primary,
          kept: event.keptBlocks,
          putBack: event.putBackBlocks,
          how: event.how,
        });
        return;
      case 'evidence':
        this.add('error', 'evidence', { replica: event.known.evidence.replica });
        return;
      case 'rolledBack':
        this.add('info', 'chain.rolledBack', { height: event.height });
        return;
      case 'epochEnded':
        this.add('info', 'epoch.ended', { epoch: event.epoch, height: event.height });
        return;
      case 'learner':
        this.add('warn', 'replica.learner', { reason: event.reason });
        return;
      case 'listened':
        this.add('info', 'replica.listened');
        return;
      case 'catchingUp':
        this.add('info', 'chain.catchingUp', { from: event.fromHeight, to: event.toHeight });
        return;
      case 'clockSkew':
        this.add('warn', 'clock.skew', { ms: event.skewMs });
        return;
      default:
        return;
    }
  }

  #mayAdd(event: string, atMs: number): boolean {
    const minute = Math.floor(atMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts.clear();
    }
    const count = (this.#counts.get(event) ?? 0) + 1;
    this.#counts.set(event, count);
    return count <= LOG_PER_EVENT_PER_MINUTE_MAX;
  }
}

function errorFields({ code, data }: Pick<PlainError, 'data'> & { readonly code: string }): Fields {
  return { ...data, code };
}

/** Text and numbers, short enough; anything else is no field. */
function shownFields(fields: Fields): LogEntry['fields'] {
  const shown = Object.entries(fields).flatMap(([name, value]): [string, string | number][] => {
    // None of these is ever put in: should somebody do so one day, it goes no further.
    if (SECRET_NAME.test(name)) return [];
    if (typeof value === 'number' && Number.isFinite(value)) return [[name, value]];
    return typeof value === 'string' ? [[name, cut(value)]] : [];
  });
  return Object.fromEntries(shown.slice(-LOG_FIELDS_MAX));
}

function cut(text: string): string {
  return text.length > LOG_TEXT_CHARS_MAX ? `${text.slice(0, LOG_TEXT_CHARS_MAX)}…` : text;
}
