/**
 * Four organisations, each with a data directory of its own, make a network with nothing but `init`, `invite` and
 * `join`, and agree on a request; and everything that can be handed to these commands by mistake or in bad faith.
 */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicKeyOf } from '../../src/main/keys/ed25519.ts';
import { seedOf } from '../support/cards.ts';
import { done, fails, run } from './support/commandLine.ts';
import { Served, init, makeNetwork, passphraseIn, type Member } from './support/members.ts';
import { freePorts } from '../support/freePorts.ts';

/** Nine commands, each a process that derives keys: on a busy machine they take minutes. */
const MAKING_MS = 10 * 60_000;

let home: string;
let passphrase: readonly string[];
let members: readonly Member[];
let genesis: string;

const at = (name: string): string => join(home, name);
const cardOf = ({ directory }: Member): string => join(directory, 'keys/own.cscard');

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-join-'));
  passphrase = await passphraseIn(home);
  const ports = await freePorts(4);
  members = ['A', 'B', 'C', 'D'].map((name, index) => ({
    name,
    directory: at(name),
    host: '127.0.0.1',
    port: ports[index] ?? 0,
    within: [],
  }));
  genesis = await makeNetwork(home, members, passphrase);
}, MAKING_MS);

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

describe('four directories', () => {
  it('agree on a request of one of their supervisors', { timeout: MAKING_MS }, async () => {
    const served: Served[] = [];
    try {
      // One alone waits, and says for what.
      served.push(Served.start(members[0]!, passphrase));
      await served[0]!.says('1 of 4 replicas are connected; 3 are needed.');
      for (const member of members.slice(1)) served.push(Served.start(member, passphrase));
      for (const one of served) await one.says('stage: running');
      await writeFile(at('grades.csv'), 'subject,grade\nsample,good\n');
      const data = ['--data', members[2]!.directory];
      const signed = await done(['sign', at('grades.csv'), ...data, ...passphrase, '--out-dir', home]);
      const [{ file, id }] = signed['requests'] as [{ file: string; id: string }];
      const { requests } = await done(['submit', file, '--genesis', genesis]);
      expect(requests).toMatchObject([{ requestId: id, covered: true }]);
      await done(['export', id, '--data', members[0]!.directory, '-o', at('receipt.json')]);
      expect(await done(['verify', at('receipt.json'), '--genesis', genesis])).toMatchObject({
        valid: true,
        requestId: id,
        supervisorName: 'Supervisor C',
      });
      const { replicas } = await done(['status', '--genesis', genesis]);
      expect(replicas).toMatchObject([0, 1, 2, 3].map(() => ({ reachable: true, participating: true })));
    } finally {
      await Promise.all(served.map(async (one) => await one.stop()));
    }
  });

  it('each hold their own keys alone, encrypted, and no passphrase', async () => {
    for (const { directory } of members) {
      expect((await readdir(join(directory, 'keys'))).sort()).toEqual([
        'own.cscard',
        'replica.pem',
        'supervisor.pem',
      ]);
      expect(await readFile(join(directory, 'keys/replica.pem'), 'utf8')).toContain(
        'BEGIN ENCRYPTED PRIVATE KEY',
      );
    }
  });

  it('are not set up twice', async () => {
    const [first] = members;
    const again = ['--name', 'X', '--organisation', 'X', '--host', 'localhost', '--port', '1', ...passphrase];
    await fails(['init', '--directory', first!.directory, ...again], 'setup.alreadyDone', 1);
    await fails(['join', genesis, '--directory', first!.directory, ...passphrase], 'setup.alreadyDone', 1);
    await fails(['invite', ...members.map(cardOf), '--name', 'X', '--out', genesis], 'file.exists', 1);
  });
});

describe('init', () => {
  it.each([
    ['a hidden character', ['--name', 'Rep\u200blica'], 'name.hidden'],
    ['letters that look alike', ['--name', 'R\u0435plica'], 'name.scripts'],
    ['an address that is none', ['--host', '0.0.0.0'], 'address.invalid'],
    ['port 0', ['--port', '0'], 'address.invalid'],
  ] as const)('refuses %s', async (_what, changed, code) => {
    const directory = at('refused');
    const given = ['--name', 'X', '--organisation', 'X', '--host', 'localhost', '--port', '1'];
    await fails(['init', '--directory', directory, ...given, ...changed, ...passphrase], code, 3);
    // Nothing is made of it, and another try is possible.
    expect(await readdir(directory)).toEqual([]);
  });

  it('takes the key that a supervisor has already', async () => {
    await done(['keygen', '--out', at('mine.pem'), ...passphrase]);
    const given = ['--name', 'X', '--organisation', 'X', '--host', 'localhost', '--port', '1', ...passphrase];
    const own = ['--supervisor', 'Mine', '--supervisor-key', at('mine.pem')];
    const { cards } = await done(['init', '--directory', at('imported'), ...given, ...own]);
    const pem = await readFile(at('mine.pem'), 'utf8');
    const [, supervisor] = cards as [unknown, { publicKey: string }];
    expect(pem).toContain(supervisor.publicKey);
  });
});

describe('invite', () => {
  const invite = (files: readonly string[], name = 'X'): string[] => [
    'invite',
    ...files,
    '--name',
    name,
    '--out',
    at('none.json'),
  ];

  it('refuses too few, doubled and foreign cards, and writes nothing', { timeout: MAKING_MS }, async () => {
    const cards = members.map(cardOf);
    await fails(invite(cards.slice(1)), 'card.tooFew', 3);
    await fails(invite([...cards, cards[0]!]), 'card.duplicate', 3);
    await fails(invite(cards, 'Fo\u202eur'), 'name.hidden', 3);
    const theirs = JSON.parse(await readFile(cards[0]!, 'utf8')) as { cards: { public_key: string }[] };
    theirs.cards[0]!.public_key = publicKeyOf(seedOf(9));
    await writeFile(at('stolen.cscard'), JSON.stringify(theirs));
    await fails(invite([at('stolen.cscard'), ...cards.slice(1)]), 'card.badProof', 3);
    await writeFile(at('garbage.cscard'), 'nothing');
    await fails(invite([at('garbage.cscard'), ...cards.slice(1)]), 'card.invalid', 3);
    await fails(invite([at('missing.cscard')]), 'file.notFound', 1);
    expect(await readdir(home)).not.toContain('none.json');
  });

  it('refuses two replicas at one address', async () => {
    const twin = { ...members[0]!, name: 'E', directory: at('E') };
    const { card } = await init(twin, passphrase);
    await fails(invite([...members.map(cardOf), card]), 'card.addressTaken', 3);
  });
});

describe('join', () => {
  it(
    'refuses a stranger, a wrong passphrase, another fingerprint and a damaged invitation; then it joins',
    { timeout: MAKING_MS },
    async () => {
      const stranger = { ...members[0]!, name: 'F', directory: at('F') };
      await init(stranger, passphrase);
      const into = ['--directory', stranger.directory];
      await fails(['join', genesis, ...into, ...passphrase], 'genesis.ownKeyMissing', 3);

      const cards = [cardOf(stranger), ...members.slice(1).map(cardOf)];
      await done([
        'invite',
        ...cards,
        '--name',
        'Other',
        '--out',
        at('other.json'),
        '--invitation',
        at('other.txt'),
      ]);
      await writeFile(at('wrong'), 'another passphrase\n');
      await fails(
        ['join', at('other.json'), ...into, '--passphrase-file', at('wrong')],
        'key.wrongPassphrase',
        3,
      );
      const told = 'robot key spice crane uncover cash smooth gather bamboo satisfy degree decade';
      await fails(
        ['join', at('other.json'), ...into, ...passphrase, '--fingerprint', told],
        'fingerprint.mismatch',
        3,
      );
      const misheard = told.replace('robot', 'cash');
      await fails(
        ['join', at('other.json'), ...into, ...passphrase, '--fingerprint', misheard],
        'fingerprint.invalid',
        3,
      );
      const text = await readFile(at('other.txt'), 'utf8');
      await writeFile(at('damaged.txt'), text.replace(/.(?=\s*$)/, ''));
      await fails(['join', at('damaged.txt'), ...into, ...passphrase], 'invitation.invalid', 3);
      const flipped = (await readFile(at('other.json'), 'utf8')).replace('Replica F', 'Replica G');
      await writeFile(at('flipped.json'), flipped);
      await fails(['join', at('flipped.json'), ...into, ...passphrase], 'genesis.invalid', 3);
      // Nothing was laid out by any of these.
      expect(await readdir(stranger.directory)).toEqual(['keys']);

      const joined = await run(['join', at('other.txt'), ...into, ...passphrase]);
      expect(joined.code).toBe(0);
      expect(joined.stdout).toContain('Compare the fingerprint');
      expect((await readdir(join(stranger.directory, 'replica'))).sort()).toEqual([
        'genesis.json',
        'ledger.sqlite',
        'signed.log',
      ]);
    },
  );

  it('needs keys first', async () => {
    await fails(['join', genesis, '--directory', at('G'), ...passphrase], 'setup.required', 1);
  });
});
