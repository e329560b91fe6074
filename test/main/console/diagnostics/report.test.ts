import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogBook } from '../../../../src/main/console/diagnostics/logBook.ts';
import { redactor } from '../../../../src/main/console/diagnostics/redact.ts';
import { reportText } from '../../../../src/main/console/diagnostics/report.ts';
import type { DiagnosticsView } from '../../../../src/shared/contract/diagnostics.ts';
import { diagnostics } from '../../../renderer/fixture/operator.ts';
import { peersDetail } from '../../../renderer/fixture/peers.ts';

const KNOWN = { hosts: ['lab.example.org', 'db'], names: ['Ada Lovelace', 'Li'], directory: '/home/ada/cs' };

describe('what is taken out of a report', () => {
  const redact = redactor(KNOWN, false);

  it.each([
    ['lab.example.org:4711 cannot be reached', 'host-1:4711 cannot be reached'],
    ['LAB.example.org again', 'host-1 again'],
    ['from 192.0.2.7 and [2001:db8::7]:80', 'from host-3 and [host-2]:80'],
    ['other.example.com:443', 'host-4:443'],
    ['db and dbase', 'host-5 and dbase'],
    ['Ada Lovelace signed', 'name-1 signed'],
    ['Li', 'name-2'],
    ['Limits', 'Limits'],
    ['/home/ada/cs/ledger.sqlite', '[data directory]/ledger.sqlite'],
    [`key ${'ab'.repeat(32)}, again ${'AB'.repeat(32)}`, 'key hex-1, again hex-1'],
    [`seed ${'Qe'.repeat(21)}Q=`, 'seed [left out]'],
    ['-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----', '[left out]'],
    ['ECONNREFUSED', 'ECONNREFUSED'],
    ['handshake.wrongNetwork', 'handshake.wrongNetwork'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('leaves hosts and people where that is asked for, and keys never', () => {
    const open = redactor(KNOWN, true);
    expect(open('Ada Lovelace at lab.example.org:1 192.0.2.7')).toBe(
      'Ada Lovelace at lab.example.org:1 192.0.2.7',
    );
    expect(open(`key ${'ab'.repeat(32)}`)).toBe('key hex-1');
  });
});

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('hex'));
const base64 = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('base64'));
const label = hex(4).map((digits) => `h${digits}`);
const name = label.map((text) => `Person ${text}`);
const host = fc.oneof(
  label.map((text) => `${text}.example.org`),
  label,
  fc.ipV4(),
  fc.ipV6().filter((text) => text.replaceAll(/[:.0]/g, '').length > 4),
);

describe('a report', () => {
  const nowMs = 1_800_000_000_000;

  /** A report in which `log` has noted something, in a network whose members are called and found so. */
  function reportOf(
    log: LogBook,
    hosts: readonly string[],
    names: readonly string[],
    withNames = false,
  ): string {
    const view = peersDetail(nowMs, 'four');
    const members = view.members.map((peer, index) => ({
      ...peer,
      name: names[index % names.length] ?? '',
      address: `${hosts[index % hosts.length] ?? ''}:4711`,
    }));
    const shown: DiagnosticsView = diagnostics(nowMs);
    const known = { hosts, names, directory: shown.storage.directory };
    const peers = { ...view, members };
    return reportText({ diagnostics: shown, peers, log: log.after(0), stage: 'running', known }, withNames);
  }

  it('SECURITY 7: holds no seed, passphrase, key, host or person, wherever they were put', () => {
    const secrets = fc.record({ seed: hex(32), key: base64(32), pem: base64(48), words: hex(12) });
    fc.assert(
      fc.property(secrets, host, name, fc.boolean(), (secret, where, who, asKnown) => {
        const log = new LogBook(() => nowMs);
        // What nobody knows as a host is found by its form alone, so it is tried with its port.
        const at = asKnown ? where : `${where.includes(':') ? `[${where}]` : where}:4711`;
        const problem = `${who} at ${at} with ${secret.seed} ${secret.key}`;
        log.add('error', 'failed', {
          problem: problem.slice(0, 190),
          passphrase: secret.words,
          note: secret.words,
          title: who,
          address: at,
          path: `-----BEGIN PRIVATE KEY-----${secret.pem}`,
        });
        const text = reportOf(log, asKnown ? [where] : ['known.example.org'], [who]);
        for (const forbidden of [secret.seed, secret.key, secret.pem, secret.words, who, where]) {
          expect(text).not.toContain(forbidden);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('names hosts and people where a person has ticked that, and keys not even then', () => {
    const log = new LogBook(() => nowMs);
    log.add('warn', 'connection.refused', { address: 'lab.example.org:4711', problem: 'ab'.repeat(32) });
    const text = reportOf(log, ['lab.example.org'], ['Ada Lovelace'], true);
    expect(text).toContain('Ada Lovelace');
    expect(text).toContain('lab.example.org:4711');
    expect(text).not.toContain('ab'.repeat(32));
  });

  it('keeps versions as they are, though one of four numbers looks like an address', () => {
    const text = reportOf(new LogBook(() => nowMs), ['lab.example.org'], ['Ada Lovelace']);
    const { versions } = (JSON.parse(text) as { diagnostics: DiagnosticsView }).diagnostics;
    expect(versions).toContainEqual({ name: 'v8', version: '13.6.233.10-node.18' });
  });

  it('is JSON that says what it is', () => {
    const text = reportOf(new LogBook(() => nowMs), ['lab.example.org'], ['Ada Lovelace']);
    expect(JSON.parse(text)).toMatchObject({
      format: 'countersign-report',
      version: 1,
      madeAtMs: nowMs,
      withNames: false,
      stage: 'running',
      log: [],
    });
  });
});
