import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDirectory } from '../../support/stores.ts';
import type { ConsoleEvent } from '../../../src/main/console/events.ts';
import { SETTINGS_FILE, Settings } from '../../../src/main/console/settings.ts';
import { NOTICES_BY_DEFAULT } from '../../../src/shared/contract/settings.ts';

const NO_FINAL = { ...NOTICES_BY_DEFAULT, final: false };
const MINUTE_MS = 60_000;
const NOW_MS = 1_800_000_000_000;

async function open(directory: string, events: ConsoleEvent[] = []): Promise<Settings> {
  return await Settings.open({
    directory,
    autoLockMs: 15 * MINUTE_MS,
    nowMs: NOW_MS,
    log: (event) => events.push(event),
  });
}

describe('what is set', () => {
  it('is the defaults at first, and survives a restart', async () => {
    const directory = (await makeDirectory()).path;
    const first = await open(directory);
    expect(first.notices).toEqual(NOTICES_BY_DEFAULT);
    expect(first.autoLockMs).toBe(15 * MINUTE_MS);
    await Promise.all([first.setNotices(NO_FINAL), first.setAutoLockMs(5 * MINUTE_MS)]);
    const again = await open(directory);
    expect(again.notices).toEqual(NO_FINAL);
    expect(again.autoLockMs).toBe(5 * MINUTE_MS);
  });

  it('is read from a file of before there were notifications', async () => {
    const directory = (await makeDirectory()).path;
    await writeFile(join(directory, SETTINGS_FILE), '{"version":1,"autoLockMs":300000}\n');
    const events: ConsoleEvent[] = [];
    const settings = await open(directory, events);
    expect(events).toEqual([]);
    expect(settings.autoLockMs).toBe(300_000);
    expect(settings.notices).toEqual(NOTICES_BY_DEFAULT);
  });

  it('keeps what was chosen before there were all of the kinds', async () => {
    const directory = (await makeDirectory()).path;
    const { viewChange: _later, ...before } = NO_FINAL;
    const text = JSON.stringify({ version: 1, autoLockMs: 300_000, notices: before });
    await writeFile(join(directory, SETTINGS_FILE), text);
    const events: ConsoleEvent[] = [];
    expect((await open(directory, events)).notices).toEqual(NO_FINAL);
    expect(events).toEqual([]);
  });

  it.each(['{', '{"version":1,"autoLockMs":300000,"notices":{"final":"yes"}}'])(
    'are the defaults where the file is damaged: it is set aside, which is said: %s',
    async (text) => {
      const directory = (await makeDirectory()).path;
      const path = join(directory, SETTINGS_FILE);
      await writeFile(path, text);
      const events: ConsoleEvent[] = [];
      const settings = await open(directory, events);
      expect(settings.notices).toEqual(NOTICES_BY_DEFAULT);
      expect(settings.problem).toMatchObject({ code: 'settings.damaged' });
      expect(events).toMatchObject([{ kind: 'failed', what: 'reading the settings' }]);
      await settings.setNotices(NO_FINAL);
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ notices: NO_FINAL });
      expect(await readFile(`${path}.damaged-${String(NOW_MS)}`, 'utf8')).toBe(text);
    },
  );

  it('leaves the file of a newer version alone', async () => {
    const directory = (await makeDirectory()).path;
    const path = join(directory, SETTINGS_FILE);
    await writeFile(path, '{"version":2}');
    const settings = await open(directory);
    expect(settings.problem).toMatchObject({ code: 'storage.newerSchema', data: { found: 2, known: 1 } });
    await expect(settings.setNotices(NO_FINAL)).rejects.toMatchObject({ code: 'storage.newerSchema' });
    expect(await readFile(path, 'utf8')).toBe('{"version":2}');
  });

  it('stays as it was where it cannot be kept', async () => {
    const settings = await open(join((await makeDirectory()).path, 'missing'));
    await expect(settings.setNotices(NO_FINAL)).rejects.toThrow();
    expect(settings.notices).toEqual(NOTICES_BY_DEFAULT);
  });
});
