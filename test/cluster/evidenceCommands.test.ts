/**
 * Evidence on the command line: files that `verify` accepts and refuses, and what `evidence` finds in the ledgers of an
 * embedded network.
 */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceOf, type Evidence } from '../../src/main/ledger/evidence.ts';
import { formatEvidenceFile } from '../../src/main/ledger/evidenceFile.ts';
import { networkIdOf, type Genesis } from '../../src/main/ledger/genesis.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { loadSigner } from '../../src/main/keys/loadSigner.ts';
import { statementDigest, type Statement } from '../../src/main/ledger/statement.ts';
import { createEmbeddedNetwork } from '../../src/main/replica/createNetwork.ts';
import { genesisPath, networkDirectory, replicaDirectory } from '../../src/main/replica/embeddedLayout.ts';
import { readGenesis, REPLICA_KEY_FILE } from '../../src/main/replica/node.ts';
import { LEDGER_FILE, openDataDirectory, openLedgerStore } from '../../src/main/storage/index.ts';
import { createStoreWorker } from '../../src/main/storage/storeWorker.ts';
import { contradictingPair, makeEvidence, signedBy } from '../support/evidence.ts';
import { makeGenesis } from '../support/ledger.ts';
import { done, fails, run } from './support/commandLine.ts';

const network = makeGenesis();
const text = formatEvidenceFile(network.genesis, makeEvidence(network, 2, 'order'));

let home: string;
let genesisFile: string;
const at = (name: string): string => join(home, name);

async function write(name: string, content: string): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-evidence-'));
  genesisFile = await write('genesis.json', renderGenesisFile(network.genesis));
});
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

describe('verify', () => {
  const verify = (file: string): string[] => ['verify', file, '--genesis', genesisFile];

  it('says whom evidence accuses, of what, and which two statements prove it', async () => {
    const file = await write('evidence.json', text);
    const { stdout, code } = await run(verify(file));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The evidence holds\.\n/);
    expect(stdout).toContain('replica 2 (organisation 2) of test network');
    expect(stdout).toContain('ordered two blocks at height 3 of view 5');
    const { statements } = JSON.parse(text) as { statements: { hash: string; signature: string }[] };
    for (const { hash, signature } of statements) {
      expect(stdout).toContain(`block ${hash}, signature ${signature}`);
    }
    expect(await done(verify(file))).toEqual({
      valid: true,
      accused: network.genesis.replicas[2]!.publicKey,
      replica: 2,
      name: 'replica 2',
      organisation: 'organisation 2',
      publicKey: network.genesis.replicas[2]!.publicKey,
      kind: 'order',
      epoch: 0,
      view: 5,
      height: 3,
      statements,
    });
  });

  it.each([
    ['localCommit', 'accepted two blocks at height 3 of view 5', 3],
    ['checkpointVote', 'voted for two checkpoints at height 3 of view 5', 3],
    ['viewChange', 'brought two histories into view 5', null],
    ['newView', 'opened view 5 in two ways', null],
  ] as const)('has words for each kind: %s', async (kind, words, height) => {
    const evidence = makeEvidence(network, 1, kind);
    const file = await write(`${kind}.json`, formatEvidenceFile(network.genesis, evidence));
    expect((await run(verify(file))).stdout).toContain(words);
    expect(await done(verify(file))).toMatchObject({ kind, height, replica: 1 });
  });

  it('refuses evidence with a digit of a signature, a name, or the accused changed', async () => {
    const signature = text.lastIndexOf('"signature": "') + 20;
    const digit = text.charAt(signature) === '0' ? '1' : '0';
    const flipped = text.slice(0, signature) + digit + text.slice(signature + 1);
    expect(await fails(verify(await write('flipped.json', flipped)), 'evidence.invalid', 3)).toMatchObject({
      at: 'statements[1]',
    });
    const renamed = text.replace('"replica 2"', '"replica 3"');
    expect(await fails(verify(await write('renamed.json', renamed)), 'evidence.invalid', 3)).toMatchObject({
      at: 'name',
    });
    const another = text.replace('"replica": 2', '"replica": 3');
    await fails(verify(await write('another.json', another)), 'evidence.invalid', 3);
  });

  it('refuses two statements that do not contradict', async () => {
    const [statement] = contradictingPair('order');
    const valid = JSON.parse(text) as { statements: [unknown, unknown] };
    const { signature } = signedBy(network, 2, statement);
    const said = { hash: 'hash' in statement ? statement.hash : '', signature };
    const file = `${JSON.stringify({ ...valid, statements: [said, said] }, null, 2)}\n`;
    await fails(verify(await write('same.json', file)), 'evidence.invalid', 3);
  });

  it('refuses evidence of another network, cut off, not JSON, not there', async () => {
    const other = makeGenesis({ name: 'another network' });
    const foreign = await write('foreign.json', formatEvidenceFile(other.genesis, makeEvidence(other, 2)));
    expect(await fails(verify(foreign), 'evidence.wrongNetwork', 3)).toEqual({
      expected: network.networkId,
      actual: other.networkId,
    });
    const otherGenesis = await write('otherGenesis.json', renderGenesisFile(other.genesis));
    expect(await done(['verify', foreign, '--genesis', otherGenesis])).toMatchObject({ valid: true });
    await fails(verify(await write('cut.json', text.slice(0, -50))), 'evidence.invalid', 3);
    await fails(verify(await write('crlf.json', text.replaceAll('\n', '\r\n'))), 'evidence.invalid', 3);
    expect(await fails(verify(await write('words.json', 'evidence')), 'receipt.invalid', 3)).toEqual({
      at: 'the file',
      problem: 'is neither a receipt nor evidence',
    });
    expect(await fails(verify(await write('empty.json', '')), 'receipt.invalid', 3)).toMatchObject({
      problem: 'is empty',
    });
    await fails(verify(at('nowhere.json')), 'file.notFound', 1);
    await fails(verify(home), 'file.unreadable', 1);
  });
});

describe('evidence', () => {
  let data: string;
  let genesis: Genesis;
  /** Against replica 1, known to the replicas 0 and 3; and against replica 2, on the chain of replica 3. */
  let against: Evidence[];
  const directory = (index: number): string => replicaDirectory(networkDirectory(data), index);

  /** Two contradicting statements under the key that the network gave a replica. */
  async function forge(replica: number): Promise<Evidence> {
    const passphrase = (await readFile(join(networkDirectory(data), 'passphrase'), 'utf8')).trim();
    const signer = await loadSigner(join(directory(replica), REPLICA_KEY_FILE), passphrase);
    const signed = contradictingPair('localCommit').map((statement: Statement) => ({
      statement,
      signature: signer.sign(statementDigest(networkIdOf(genesis), statement)),
    }));
    signer.dispose();
    return evidenceOf(replica, signed[0]!, signed[1]!)!;
  }

  async function store(
    index: number,
    evidence: readonly Evidence[],
    recordedHeight: number | null,
  ): Promise<void> {
    const options = { directory: directory(index), genesis, createWorker: createStoreWorker };
    const ledger = await openLedgerStore(options);
    await ledger.commit(
      evidence.map((piece) => ({ type: 'evidence', known: { evidence: piece, recordedHeight } })),
    );
    await ledger.close();
  }

  beforeAll(async () => {
    data = at('data');
    await mkdir(data);
    await createEmbeddedNetwork({
      directory: data,
      networkName: 'evidence',
      supervisor: { name: 'S', organisation: 'O', publicKey: network.genesis.supervisors[0]!.publicKey },
      supervisorKeyPem: '',
      nowMs: Date.now(),
    });
    genesis = await readGenesis(genesisPath(data));
  });

  it('says so where there is none', async () => {
    const outcome = await run(['evidence', '--data', data, '--out', at('none')]);
    expect(outcome).toMatchObject({ code: 0, stdout: 'There is no evidence against any replica.\n' });
    expect(await readdir(at('none'))).toEqual([]);
    expect(await done(['evidence', '--data', data])).toEqual({ evidence: [] });
  });

  it('lists what any of the replicas has, once for each accused, with files that hold', async () => {
    against = [await forge(1), await forge(2)];
    await store(0, [against[0]!], null);
    await store(3, against, null);
    const { evidence } = (await done(['evidence', '--data', data, '--out', at('files')])) as {
      evidence: { replica: number; file: string }[];
    };
    expect(evidence).toMatchObject([
      { replica: 1, knownTo: [0, 3], recordedHeight: null, kind: 'localCommit', view: 5, height: 3 },
      { replica: 2, knownTo: [3], recordedHeight: null },
    ]);
    expect((await readdir(at('files'))).sort()).toEqual([
      'evidence-replica-1.json',
      'evidence-replica-2.json',
    ]);
    for (const { file, replica } of evidence) {
      expect(await done(['verify', file, '--data', data])).toMatchObject({
        valid: true,
        accused: genesis.replicas[replica]!.publicKey,
      });
    }
    const { stdout } = await run(['evidence', '--data', data]);
    const names = [0, 3].map((index) => genesis.replicas[index]!.name).join(', ');
    expect(stdout).toContain(
      `accepted two blocks at height 3 of view 5; not on the chain yet; known to ${names}`,
    );
  });

  it('reads nothing that a replica is using', async () => {
    const lock = await openDataDirectory(directory(2));
    try {
      expect(await fails(['evidence', '--data', data], 'storage.locked', 1)).toMatchObject({
        pid: process.pid,
      });
    } finally {
      await lock.release();
    }
  });

  it('makes no ledger where one has gone: its replica must see that', async () => {
    await rm(join(directory(2), LEDGER_FILE));
    const { evidence } = (await done(['evidence', '--data', data])) as { evidence: unknown[] };
    expect(evidence).toHaveLength(2);
    expect(await readdir(directory(2))).not.toContain(LEDGER_FILE);
  });

  it('needs a network, and a place to write', async () => {
    await fails(['evidence', '--data', at('nowhere')], 'file.notFound', 1);
    await fails(['evidence', '--data', data, '--out', '/proc/evidence'], 'file.unwritable', 1);
    const { code } = await run(['evidence']);
    expect(code).toBe(2);
  });
});
