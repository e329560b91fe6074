/** What an operator asks of a console over a real network: peers, diagnostics, the report, settings. */
import { afterEach, describe, expect, it } from 'vitest';
import { readPassphraseFile } from '../../../src/main/replica/childReplica.ts';
import { NOTICES_BY_DEFAULT } from '../../../src/shared/contract/settings.ts';
import { join } from 'node:path';
import { PASSPHRASE, SETUP, TestConsole, endAll } from './support.ts';

afterEach(endAll);

describe('the console of an operator', () => {
  // Eight key derivations, each made to be slow.
  const timeout = 120_000;

  it('tells of peers, of itself, and of nothing secret', { timeout }, async () => {
    const console = await TestConsole.start();
    const { app } = console;
    // Before anything is set up, the program tells of itself all the same.
    const before = await app.handle('diagnostics.get', {});
    expect(before.queues.map(({ name }) => name)).not.toContain('inputs');
    await app.handle('setup.try', SETUP);

    const peers = await app.handle('peers.get', {});
    expect(peers.members.map(({ state, self }) => [state, self])).toEqual([
      ['connected', false],
      ['connected', false],
      ['connected', false],
      ['connected', true],
    ]);
    expect(peers.members.filter(({ role }) => role === 'primary')).toHaveLength(1);

    const view = await app.handle('diagnostics.get', {});
    expect(view.versions.find(({ name }) => name === 'countersign')?.version).toBe('1.2.3');
    const ledgers = view.storage.files.filter(({ path }) => path.endsWith('ledger.sqlite'));
    expect(ledgers).toHaveLength(4);
    expect(view.queues.map(({ name }) => name)).toContain('verifierQueued');

    const { log, entries } = await app.handle('diagnostics.log', { after: 0 });
    expect(entries.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['stage.setup', 'stage.running']),
    );
    const last = entries.at(-1)?.number ?? 0;
    expect(await app.handle('diagnostics.log', { after: last })).toMatchObject({ log, entries: [] });

    const secrets = [
      PASSPHRASE,
      await readPassphraseFile(join(console.directory, 'network', 'passphrase')),
      console.directory,
      '127.0.0.1',
      SETUP.supervisorName,
      SETUP.organisation,
    ];
    const { text, fileName } = await app.handle('diagnostics.report', { withNames: false });
    expect(fileName).toMatch(/^countersign-report-\d{4}-\d\d-\d\d\.json$/);
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/[0-9a-f]{32}/);
    const open = await app.handle('diagnostics.report', { withNames: true });
    expect(open.text).toContain('127.0.0.1');
    for (const secret of secrets.slice(0, 2)) expect(open.text).not.toContain(secret);

    const notices = { ...NOTICES_BY_DEFAULT, approval: false };
    await app.handle('settings.setNotices', { notices });
    await app.stop();
    const again = await TestConsole.start(console.directory);
    const settings = await again.app.handle('settings.get', {});
    expect(settings.notices).toEqual(notices);
    expect(settings.networkWords.split(' ')).toHaveLength(12);
  });
});
