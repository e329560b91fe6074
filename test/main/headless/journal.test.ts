import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withoutToken, writesToJournal } from '../../../src/main/headless/journal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-journal-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('writesToJournal', () => {
  it('is told by the device and inode of the output, not by the variable alone', async () => {
    const [journal, elsewhere] = [
      await open(join(folder, 'journal'), 'w'),
      await open(join(folder, 'other'), 'w'),
    ];
    try {
      const { dev, ino } = await journal.stat({ bigint: true });
      const env = { JOURNAL_STREAM: `${String(dev)}:${String(ino)}` };
      expect(await writesToJournal(env, journal.fd)).toBe(true);
      expect(await writesToJournal(env, elsewhere.fd)).toBe(false);
      expect(await writesToJournal({}, journal.fd)).toBe(false);
      expect(await writesToJournal({ JOURNAL_STREAM: '' }, journal.fd)).toBe(false);
    } finally {
      await journal.close();
      await elsewhere.close();
    }
  });

  it('is false where the output is closed', async () => {
    const closed = await open(join(folder, 'closed'), 'w');
    const { fd } = closed;
    await closed.close();
    expect(await writesToJournal({ JOURNAL_STREAM: '1:1' }, fd)).toBe(false);
  });
});

describe('withoutToken', () => {
  it('leaves the address', () => {
    expect(withoutToken('http://127.0.0.1:7430/#token=abc')).toBe('http://127.0.0.1:7430/');
    expect(withoutToken('http://[::1]:7430/')).toBe('http://[::1]:7430/');
  });
});
