/**
 * Every command against a running network: what it does, what it prints, how it ends; and what it says of everything
 * that can be handed to it by mistake or in bad faith.
 */
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signPayload } from '../../src/main/client/signRequest.ts';
import type { Signer } from '../../src/main/keys/signer.ts';
import { networkIdOf, type Genesis } from '../../src/main/ledger/genesis.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { loadSigner } from '../../src/main/keys/loadSigner.ts';
import { renderReceiptFile } from '../../src/main/ledger/receiptFile.ts';
import { decodeRequest } from '../../src/main/ledger/request.ts';
import { genesisPath, supervisorKeyPath } from '../../src/main/replica/embeddedLayout.ts';
import { readGenesis } from '../../src/main/replica/node.ts';
import { makeReceipt } from '../support/receipts.ts';
import { Demo, done, fails, lastLine, run } from './support/commandLine.ts';

/** Longer than a test may take: what ends earlier has not ended by it. */
const LONG = ['--timeout', '3600'];
const DAY_MS = 24 * 60 * 60 * 1_000;

let home: string;
let demo: Demo;
let genesis: Genesis;
let signer: Signer;
/** A request that was signed, the receipt that came of it, and their ids and paths. */
let request: { id: string; file: string; bytes: Uint8Array };
let receipt: { file: string; text: string };

const at = (name: string): string => join(home, name);

async function write(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}

/** A file that claims a size and holds nothing: who reads it runs out of memory. */
async function writeSparse(name: string, sizeBytes: number): Promise<string> {
  await writeFile(at(name), '');
  await truncate(at(name), sizeBytes);
  return at(name);
}

async function signed(name: string, timestampMs: number, networkId = networkIdOf(genesis)): Promise<string> {
  const payload = {
    kind: 'assessments',
    title: name,
    remark: '',
    columns: ['subject', 'grade'],
    records: [['sample', 'good']],
  } as const;
  return await write(`${name}.csreq`, signPayload(payload, networkId, timestampMs, signer).bytes);
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  demo = await Demo.start(at('data'));
  genesis = await readGenesis(genesisPath(demo.directory));
  const passphrase = (await readFile(demo.passphraseFile, 'utf8')).trim();
  signer = await loadSigner(supervisorKeyPath(demo.directory), passphrase);
  const table = await write('grades.csv', 'subject,grade\nsample,good\n');
  const { requests } = (await done(['sign', table, ...demo.signing, '--out-dir', home])) as {
    requests: [{ id: string; file: string }];
  };
  request = { ...requests[0], bytes: await readFile(requests[0].file) };
  await done(['submit', request.file, ...demo.network]);
  await done(['export', request.id, ...demo.network, '-o', at('receipt.json')]);
  receipt = { file: at('receipt.json'), text: await readFile(at('receipt.json'), 'utf8') };
});

afterAll(async () => {
  signer.dispose();
  await demo.end('SIGTERM');
  await rm(home, { recursive: true, force: true });
});

describe('what the commands do', () => {
  it('keygen makes a key that signs; its file is private', async () => {
    const passphraseFile = await write('passphrase', 'correct horse battery\n');
    const made = await done(['keygen', '--out', at('key.pem'), '--passphrase-file', passphraseFile]);
    expect(made['file']).toBe(at('key.pem'));
    expect(made['publicKey']).toMatch(/^[0-9a-f]{64}$/);
    const pem = await readFile(at('key.pem'), 'utf8');
    expect(pem).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(pem).toContain(made['publicKey']);
    const text = await run(['keygen', '--out', at('other.pem'), '--passphrase-file', passphraseFile]);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('encrypted private key of');
  });

  it('sign makes one request of each table and one of all documents, without the network', async () => {
    const csv = await write('a.csv', 'subject,grade\nx,1\n');
    const json = await write('b.json', '[{"subject":"y","grade":2}]');
    const document = await write('c.pdf', '%PDF-1.7');
    await mkdir(at('signed'));
    const names = ['--genesis', genesisPath(demo.directory), '--key', supervisorKeyPath(demo.directory)];
    const passphrase = ['--passphrase-file', demo.passphraseFile];
    const args = ['sign', csv, json, document, ...names, ...passphrase, '--out-dir', at('signed')];
    const { requests } = (await done(args)) as { requests: { id: string; kind: string; title: string }[] };
    expect(requests.map(({ kind, title }) => [kind, title])).toEqual([
      ['assessments', 'a.csv'],
      ['assessments', 'b.json'],
      ['document', 'c.pdf'],
    ]);
    const files = await readdir(at('signed'));
    expect(files.sort()).toEqual(requests.map(({ id }) => `${id.slice(0, 16)}.csreq`).sort());
    const all = await done(['submit', ...files, ...demo.network], { cwd: at('signed') });
    // In the order in which they were named.
    expect(
      (all['requests'] as { requestId: string; covered: boolean }[]).map(({ requestId, covered }) => [
        requestId.slice(0, 16),
        covered,
      ]),
    ).toEqual(files.map((name) => [name.slice(0, 16), true]));
  });

  it('submit waits until a request is final, and says so to people', async () => {
    const file = await signed('people', Date.now());
    const outcome = await run(['submit', file, ...demo.network]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/^[0-9a-f]{64}: final at height \d+ \((fast|certified)\)\n$/);
    expect(outcome.stderr).toContain('sent, 0 of 4');
  });

  it('submit of the same file again succeeds, and executes nothing a second time', async () => {
    const before = await done(['status', ...demo.network]);
    const again = (await done(['submit', request.file, request.file, ...demo.network])) as {
      requests: { requestId: string; height: number }[];
    };
    const verified = await done(['verify', receipt.file, ...demo.network]);
    for (const { requestId, height } of again.requests) {
      expect([requestId, height]).toEqual([request.id, verified['height']]);
    }
    const after = await done(['status', ...demo.network]);
    const tips = (status: Readonly<Record<string, unknown>>): unknown[] =>
      (status['replicas'] as { tipHeight: number }[]).map(({ tipHeight }) => tipHeight);
    expect(tips(after)).toEqual(tips(before));
  });

  it('status names every replica', async () => {
    const { network, networkId, replicas } = await done(['status', ...demo.network]);
    expect([network, networkId]).toEqual([genesis.name, networkIdOf(genesis)]);
    const standing = { reachable: true, connectedReplicas: 4, participating: true };
    expect(replicas).toMatchObject(genesis.replicas.map(({ name }) => ({ name, ...standing })));
    const { stdout } = await run(['status', ...demo.network]);
    for (const { name } of genesis.replicas) expect(stdout).toContain(name);
  });

  it('verify needs the genesis file and nothing else', async () => {
    const verified = await done(['verify', 'receipt.json', '--genesis', genesisPath(demo.directory)], {
      cwd: home,
    });
    expect(verified).toMatchObject({ valid: true, requestId: request.id, title: 'grades.csv' });
    const { stdout } = await run(['verify', receipt.file, ...demo.network]);
    expect(stdout).toMatch(/^The receipt holds\.\n/);
  });

  it('help is no failure, and a command that is not there is', async () => {
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Usage:');
    expect(await run(['--version'])).toMatchObject({ code: 0 });
    for (const args of [
      [],
      ['nonsense'],
      ['sign'],
      ['verify', 'a', '--nonsense'],
      ['submit', 'a', '--timeout', '0'],
    ]) {
      const outcome = await run([...args, '--json']);
      expect(outcome.code, args.join(' ')).toBe(2);
      expect(lastLine(outcome)).toMatchObject({ error: { code: 'cli.usage' } });
      expect(outcome.stderr).toContain('Usage:');
    }
  });

  it('says what is missing where neither a genesis nor a data directory is named', async () => {
    await fails(['status'], 'cli.usage', 2);
    await fails(
      [
        'sign',
        at('grades.csv'),
        '--passphrase-file',
        demo.passphraseFile,
        '--genesis',
        genesisPath(demo.directory),
      ],
      'cli.usage',
      2,
    );
  });
});

describe('tables that are not signed', () => {
  const tables: [string, string, string | Uint8Array, Parameters<typeof fails>[1], object][] = [
    ['ragged', 'bad.csv', 'a,b\n1,2\n3\n', 'import.ragged', { row: 3, expected: 2, actual: 1 }],
    ['not UTF-8', 'bad.csv', Buffer.from('a,b\n1,\xff\n', 'latin1'), 'import.encoding', { offsetBytes: 6 }],
    ['with a formula', 'bad.csv', 'a,b\n1,=1+1\n', 'import.formula', { row: 2, column: 'b', cell: '=1+1' }],
    ['without a record', 'bad.csv', 'a,b\n', 'import.empty', {}],
    ['without anything', 'bad.csv', '', 'import.empty', {}],
    ['that is a workbook', 'bad.csv', Buffer.from('504b0304', 'hex'), 'import.unsupported', {}],
    ['that is no JSON', 'bad.json', '[{]', 'import.syntax', {}],
  ];
  it.each(tables)('%s', async (_, name, content, code, data) => {
    await rm(at(name), { force: true });
    expect(await fails(['sign', await write(name, content), ...demo.signing], code, 3)).toMatchObject({
      name,
      ...data,
    });
  });

  it('of another kind, where a table is asked for', async () => {
    const file = await write('book.xlsx', 'x');
    await fails(['sign', file, '--as', 'assessments', ...demo.signing], 'import.unsupported', 3);
  });

  it('of 200 MB: refused by its size, unread', async () => {
    const sizeBytes = 200 * 1024 * 1024;
    const file = await writeSparse('large.csv', sizeBytes);
    expect(await fails(['sign', file, ...demo.signing], 'import.tooLarge', 3)).toMatchObject({ sizeBytes });
  });

  it('that would make a request larger than the network takes', async () => {
    const row = `${'x'.repeat(1_000)}\n`;
    const file = await write('wide.csv', `a\n${row.repeat(3_000)}`);
    await fails(['sign', file, ...demo.signing, '--out-dir', home], 'request.tooLarge', 3);
  });

  it('that are not there, or are no files', async () => {
    await fails(['sign', at('nowhere.csv'), ...demo.signing], 'file.notFound', 1);
    await fails(['sign', at('nowhere.pdf'), ...demo.signing], 'file.notFound', 1);
    await mkdir(at('folder.csv'));
    await fails(['sign', at('folder.csv'), ...demo.signing], 'file.unreadable', 1);
    await fails(['sign', home, ...demo.signing], 'file.unreadable', 1);
  });
});

describe('a genesis that is not one', () => {
  const text = (): Promise<string> => readFile(genesisPath(demo.directory), 'utf8');
  const status = (file: string): string[] => ['status', '--genesis', file];

  it('that does not parse', async () => {
    await fails(status(await write('broken.json', (await text()).slice(0, -10))), 'genesis.invalid', 3);
    await fails(status(await write('binary.json', new Uint8Array([0xff, 0xfe, 0x00]))), 'file.unreadable', 1);
  });
  it('that names one key twice', async () => {
    const file = JSON.parse(await text()) as Record<'replicas' | 'supervisors', { public_key: string }[]>;
    file.supervisors[0]!.public_key = file.replicas[0]!.public_key;
    const data = await fails(
      status(await write('twice.json', JSON.stringify(file))),
      'genesis.duplicateKey',
      3,
    );
    expect(data).toEqual({
      key: file.replicas[0]!.public_key,
      first: 'replicas[0]',
      second: 'supervisors[0]',
    });
  });
  it('whose network id is not its own', async () => {
    const file = { ...(JSON.parse(await text()) as object), network_id: '00'.repeat(32) };
    const data = await fails(status(await write('wrongId.json', JSON.stringify(file))), 'genesis.invalid', 3);
    expect(data).toMatchObject({ at: 'network_id' });
  });
  it('that is not there, is a folder, or is too large', async () => {
    await fails(status(at('nowhere.json')), 'file.notFound', 1);
    await fails(status(home), 'file.unreadable', 1);
    await fails(status(await writeSparse('huge.json', 2 ** 36)), 'encoding.tooLarge', 3);
  });
});

describe('requests that the network refuses, told at once', () => {
  const submit = (file: string): string[] => ['submit', file, ...demo.network, ...LONG];

  it('by a key that is no supervisor', async () => {
    const passphraseFile = await write('passphrase2', 'correct horse battery\n');
    const { publicKey } = await done([
      'keygen',
      '--out',
      at('stranger.pem'),
      '--passphrase-file',
      passphraseFile,
    ]);
    const args = ['sign', at('grades.csv'), ...demo.network, '--key', at('stranger.pem')];
    await mkdir(at('stranger'));
    const { requests } = (await done([
      ...args,
      '--passphrase-file',
      passphraseFile,
      '--out-dir',
      at('stranger'),
    ])) as {
      requests: [{ file: string }];
    };
    const data = await fails(submit(requests[0].file), 'request.unknownSupervisor', 3);
    expect(data).toEqual({ supervisor: publicKey });
  });
  it('of another network', async () => {
    const data = await fails(
      submit(await signed('elsewhere', Date.now(), 'ab'.repeat(32))),
      'request.wrongNetwork',
      3,
    );
    expect(data).toEqual({ expected: networkIdOf(genesis), actual: 'ab'.repeat(32) });
  });
  it('signed too long ago', async () => {
    await fails(submit(await signed('old', Date.now() - 4 * DAY_MS)), 'request.tooOld', 3);
  });
  it('of the future', async () => {
    await fails(submit(await signed('future', Date.now() + DAY_MS)), 'request.fromFuture', 3);
  });
  it('with one bit of the signature turned', async () => {
    const bytes = Uint8Array.from(request.bytes);
    bytes[bytes.length - 1]! ^= 1;
    const data = await fails(submit(await write('bit.csreq', bytes)), 'request.badSignature', 3);
    expect(data).toEqual({ id: request.id });
  });
  it('with one bit of the content turned: that is another request', async () => {
    const bytes = Uint8Array.from(request.bytes);
    const place = Buffer.from(bytes).indexOf('good');
    bytes[place]! ^= 1;
    const data = await fails(submit(await write('content.csreq', bytes)), 'request.badSignature', 3);
    expect(data['id']).not.toBe(request.id);
  });
  it('too large', async () => {
    await fails(submit(await writeSparse('huge.csreq', 2 ** 36)), 'request.tooLarge', 3);
  });
  it('in bytes that are not the canonical ones, too few or too many', async () => {
    const [head, version, ...rest] = request.bytes;
    expect(version).toBe(1);
    // CBOR can write 1 in one byte or in two.
    const longer = new Uint8Array([head!, 0x18, 0x01, ...rest]);
    const data = await fails(submit(await write('longer.csreq', longer)), 'encoding.invalid', 3);
    expect(data['at']).toContain('longer.csreq');
    await fails(submit(await write('half.csreq', request.bytes.slice(0, 100))), 'encoding.invalid', 3);
    await fails(
      submit(await write('more.csreq', Buffer.concat([request.bytes, Buffer.alloc(1)]))),
      'encoding.invalid',
      3,
    );
    await fails(submit(await write('none.csreq', '')), 'encoding.invalid', 3);
  });
  it('one bad request among good ones: nothing is sent', async () => {
    const good = await signed('unsent', Date.now());
    const { code } = await run(['submit', good, at('grades.csv'), ...demo.network]);
    expect(code).toBe(3);
    const { id } = decodeRequest(await readFile(good), genesis.limits.maxRequestBytes);
    await fails(['export', id, ...demo.network, '-o', at('unsent.json')], 'request.notFound', 1);
  });
});

describe('keys and passphrases', () => {
  it('a wrong passphrase', async () => {
    const wrong = await write('wrong', 'not the passphrase\n');
    await fails(
      ['sign', at('grades.csv'), ...demo.network, '--passphrase-file', wrong],
      'key.wrongPassphrase',
      3,
    );
  });
  it('a passphrase file that is empty, short, not there, or too large', async () => {
    const keygen = (file: string): string[] => [
      'keygen',
      '--out',
      at('never.pem'),
      '--passphrase-file',
      file,
    ];
    await fails(keygen(await write('empty', '')), 'cli.usage', 2);
    await fails(keygen(await write('blank', '\nsecond line\n')), 'cli.usage', 2);
    await fails(keygen(await write('short', 'short\n')), 'key.passphraseTooShort', 3);
    await fails(keygen(at('nowhere')), 'file.notFound', 1);
    await fails(keygen('/dev/zero'), 'encoding.tooLarge', 3);
    await expect(readFile(at('never.pem'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
  it('a key file that is there already is left alone', async () => {
    const path = await write('mine.pem', 'mine');
    await fails(['keygen', '--out', path, '--passphrase-file', demo.passphraseFile], 'file.exists', 1);
    expect(await readFile(path, 'utf8')).toBe('mine');
  });
  it('a key file that is none', async () => {
    const key = await write('nokey.pem', 'no key');
    await fails(['sign', at('grades.csv'), ...demo.signing, '--key', key], 'key.invalid', 3);
  });
});

describe('places where nothing can be written', () => {
  it('a folder in place of the file', async () => {
    await fails(['export', request.id, ...demo.network, '-o', home], 'file.unwritable', 1);
    await fails(['keygen', '--out', home, '--passphrase-file', demo.passphraseFile], 'file.exists', 1);
  });
  it('a folder that is not there, and one that takes no files', async () => {
    await fails(
      ['export', request.id, ...demo.network, '-o', at('no/such/receipt.json')],
      'file.unwritable',
      1,
    );
    await fails(['export', request.id, ...demo.network, '-o', '/proc/receipt.json'], 'file.unwritable', 1);
    await fails(['sign', at('grades.csv'), ...demo.signing, '--out-dir', '/proc'], 'file.unwritable', 1);
    await fails(
      ['keygen', '--out', '/proc/key.pem', '--passphrase-file', demo.passphraseFile],
      'file.unwritable',
      1,
    );
    await fails(['demo', '--data', '/proc/countersign', '--empty'], 'file.unwritable', 1);
    await fails(['demo', '--data', at('grades.csv'), '--empty'], 'file.unwritable', 1);
  });
});

describe('receipts', () => {
  const verify = (file: string): string[] => ['verify', file, '--genesis', genesisPath(demo.directory)];

  it('with one digit changed, in the proof or in the words', async () => {
    const words = receipt.text.replace('grades.csv', 'grades.csw');
    await fails(verify(await write('words.json', words)), 'receipt.invalid', 3);
    const place = receipt.text.lastIndexOf('"\n') - 10;
    const digit = receipt.text.charAt(place) === '0' ? '1' : '0';
    const proof = receipt.text.slice(0, place) + digit + receipt.text.slice(place + 1);
    await fails(verify(await write('proof.json', proof)), 'receipt.invalid', 3);
  });
  it('of another network, and checked with the genesis of another one', async () => {
    const other = makeReceipt();
    const foreign = await write('foreign.json', renderReceiptFile(other.receipt));
    await fails(verify(foreign), 'receipt.wrongNetwork', 3);
    const genesisFile = await write('foreignGenesis.json', renderGenesisFile(other.network.genesis));
    expect(await done(['verify', foreign, '--genesis', genesisFile])).toMatchObject({ valid: true });
    await fails(['verify', receipt.file, '--genesis', genesisFile], 'receipt.wrongNetwork', 3);
  });
  it('cut off, not JSON, empty, not there, too large', async () => {
    await fails(verify(await write('cut.json', receipt.text.slice(0, -100))), 'receipt.invalid', 3);
    await fails(verify(await write('text.json', 'a receipt')), 'receipt.invalid', 3);
    await fails(verify(await write('empty.json', '')), 'receipt.invalid', 3);
    await fails(verify(at('nowhere.json')), 'file.notFound', 1);
    await fails(verify(await writeSparse('hugeReceipt.json', 2 ** 36)), 'encoding.tooLarge', 3);
  });
  it('of a request that nobody knows, or that can be none', async () => {
    const id = 'ab'.repeat(32);
    expect(await fails(['export', id, ...demo.network, '-o', at('x.json')], 'request.notFound', 1)).toEqual({
      id,
    });
    await fails(['export', 'abc', ...demo.network, '-o', at('x.json')], 'cli.usage', 2);
  });
});

describe('a network of the same name elsewhere', () => {
  it('whose replicas belong to another network: they say so', async () => {
    const other = { ...genesis, name: 'Another network' };
    const names = ['--genesis', await write('another.json', renderGenesisFile(other))];
    const file = await signed('another', Date.now(), networkIdOf(other));
    const data = await fails(['submit', file, ...names], 'handshake.wrongNetwork', 1);
    expect(data).toEqual({ expected: networkIdOf(other), actual: networkIdOf(genesis) });
    await fails(['status', ...names], 'client.noReplica', 1);
  });
});
