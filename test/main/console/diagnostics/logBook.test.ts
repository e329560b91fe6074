import { describe, expect, it } from 'vitest';
import { LOG_PER_EVENT_PER_MINUTE_MAX, LogBook } from '../../../../src/main/console/diagnostics/logBook.ts';
import {
  LOG_ENTRIES_MAX,
  LOG_FIELDS_MAX,
  LOG_TEXT_CHARS_MAX,
  logEntrySchema,
} from '../../../../src/shared/contract/diagnostics.ts';

function clock(): { log: LogBook; at: (ms: number) => void } {
  let nowMs = 0;
  const at = (ms: number): void => {
    nowMs = ms;
  };
  return { log: new LogBook(() => nowMs), at };
}

describe('the log', () => {
  it('is another one with every start', () => {
    expect(clock().log.id).not.toBe(clock().log.id);
  });

  it('has a line for what the console and the replica tell, by code and fields', () => {
    const { log, at } = clock();
    at(7);
    const rest = { done: [], progress: null, heldBy: null };
    log.console({ kind: 'stage', stage: { name: 'starting', phase: 'keys', sinceMs: 1, ...rest } });
    log.console({
      kind: 'failed',
      what: 'reading the settings',
      error: { code: 'file.unreadable', data: { path: '/x', problem: 'EACCES' } },
    });
    log.replica({ type: 'peer', index: 2, connected: false });
    log.replica({ type: 'vote', phase: 'localCommit', replica: 1, height: 4, hash: 'aa' });
    expect(log.after(0)).toEqual([
      { number: 1, atMs: 7, level: 'info', event: 'stage.starting', fields: { phase: 'keys' } },
      {
        number: 2,
        atMs: 7,
        level: 'error',
        event: 'failed',
        fields: { what: 'reading the settings', path: '/x', problem: 'EACCES', code: 'file.unreadable' },
      },
      { number: 3, atMs: 7, level: 'info', event: 'peer.down', fields: { replica: 2 } },
    ]);
    expect(log.after(2).map(({ number }) => number)).toEqual([3]);
  });

  it('keeps the newest lines, and no more', () => {
    const { log } = clock();
    for (let index = 0; index < LOG_ENTRIES_MAX + 5; index++) log.add('info', `event.${String(index)}`);
    expect(log.after(0)).toHaveLength(LOG_ENTRIES_MAX);
    expect(log.after(0)[0]?.event).toBe('event.5');
  });

  it('leaves out what floods it, counts that, and hears of it again a minute later', () => {
    const { log, at } = clock();
    for (let index = 0; index < LOG_PER_EVENT_PER_MINUTE_MAX + 10; index++)
      log.add('warn', 'connection.refused');
    log.add('info', 'peer.up');
    expect(log.dropped).toBe(10);
    expect(log.after(LOG_PER_EVENT_PER_MINUTE_MAX).map(({ event }) => event)).toEqual(['peer.up']);
    at(60_000);
    log.add('warn', 'connection.refused');
    expect(log.dropped).toBe(10);
  });

  it('keeps to the contract whatever it is given, and takes no secret by its name', () => {
    const { log } = clock();
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${String(index)}`, index]));
    log.add('info', 'many', many);
    log.add('info', 'odd', { text: 'x'.repeat(9_999), nothing: null, list: [1], not: Number.NaN });
    log.add('info', 'secret', { passphrase: 'four words', SEED: 'aa', consoleToken: 'bb', height: 1 });
    const [first, second, third] = log.after(0).map((entry) => logEntrySchema.parse(entry));
    expect(Object.keys(first!.fields)).toHaveLength(LOG_FIELDS_MAX);
    expect(Object.keys(second!.fields)).toEqual(['text']);
    expect(second!.fields['text']).toHaveLength(LOG_TEXT_CHARS_MAX + 1);
    expect(third!.fields).toEqual({ height: 1 });
  });
});
