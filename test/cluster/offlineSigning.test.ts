/**
 * A draft goes from one machine to two that have no network, each with a key of its own, and the signatures become final
 * from a third: commands in processes of their own, real files, and a network that registers both keys.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerifierPool } from '../../src/main/keys/verifierPool.ts';
import { createVerifyWorker } from '../../src/main/keys/verifyWorker.ts';
import { EmbeddedNetwork } from '../../src/main/replica/embeddedNetwork.ts';
import { startInProcess } from '../main/console/support.ts';
import { makeTwoSupervisors, type TwoSupervisors } from '../support/twoSupervisors.ts';
import { done, fails, lastLine, run } from './support/commandLine.ts';

let home: string;
let network: TwoSupervisors;
let replicas: EmbeddedNetwork;
const verifier = new VerifierPool({ createWorker: createVerifyWorker });
let draft: string;
/** Four replicas and eight keys take long to make on a busy machine. */
const HOOK_TIMEOUT_MS = 400_000;
const at = (...names: string[]): string => join(home, ...names);
const genesis = (): string[] => ['--genesis', network.genesisFile];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-offline-'));
  network = await makeTwoSupervisors(at('network'));
  replicas = await EmbeddedNetwork.start({
    directory: network.directory,
    verifier,
    startChild: startInProcess,
  });
  await writeFile(at('grades.csv'), 'subject,grade\nalgebra,1.10\n');
  draft = at('grades.csdraft');
  const signers = ['--signer', 'Ada', '--signer', 'Bea', '--note', 'by Friday'];
  await done(['draft', at('grades.csv'), ...genesis(), ...signers, '--out', draft]);
}, HOOK_TIMEOUT_MS);

afterAll(async () => {
  await replicas.stop();
  await verifier.close();
  await rm(home, { recursive: true, force: true });
});

/** Signs the draft in a directory that holds nothing but the draft, the genesis and the key. */
async function signedAway(who: 'Ada' | 'Bea'): Promise<string> {
  const directory = at(`machine of ${who}`);
  await mkdir(directory);
  await cp(draft, join(directory, 'd.csdraft'));
  await cp(network.genesisFile, join(directory, 'genesis.json'));
  await cp(network.keyFile(who), join(directory, 'key.pem'));
  await cp(network.passphraseFile, join(directory, 'passphrase'));
  const args = ['sign', 'd.csdraft', '--genesis', 'genesis.json', '--key', 'key.pem'];
  const outcome = await run([...args, '--passphrase-file', 'passphrase', '--yes', '--json'], {
    cwd: directory,
  });
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stderr).toContain('You sign 1 assessment, “grades.csv”, as reviewed.');
  expect(outcome.stderr).toContain('algebra  1.10');
  expect(outcome.stderr).toContain(`Signer: ${who} (`);
  const [name] = (await readdir(directory)).filter((file) => file.endsWith('.csreq'));
  const file = at(`${who}.csreq`);
  await cp(join(directory, name!), file);
  return file;
}

describe('offline signing', () => {
  it('of one draft by two keys, submitted from elsewhere, until the checklist is complete', async () => {
    const missing = lastLine(await run(['merge', draft, ...genesis(), '--json']));
    expect(missing).toMatchObject({
      complete: false,
      signed: [],
      missing: [{ name: 'Ada' }, { name: 'Bea' }],
    });
    const ada = await signedAway('Ada');
    const half = await run(['merge', draft, ada, ...genesis(), '--json']);
    expect([half.code, lastLine(half)]).toMatchObject([1, { complete: false, missing: [{ name: 'Bea' }] }]);
    const bea = await signedAway('Bea');
    const checklist = await done(['merge', draft, ada, bea, ...genesis()]);
    expect(checklist).toMatchObject({ complete: true, missing: [], misfits: [] });
    const signed = checklist['signed'] as { requestId: string; name: string }[];
    expect(signed.map(({ name }) => name)).toEqual(['Ada', 'Bea']);
    expect(signed[0]?.requestId).not.toBe(signed[1]?.requestId);

    const { requests } = await done(['submit', ada, bea, ...genesis()]);
    expect(requests).toMatchObject([
      { file: ada, requestId: signed[0]?.requestId, state: 'final', covered: true, error: null },
      { file: bea, requestId: signed[1]?.requestId, state: 'final', covered: true, error: null },
    ]);
    for (const { requestId } of signed) {
      await done(['export', requestId, ...genesis(), '-o', at('receipt.json')]);
      expect(await done(['verify', at('receipt.json'), ...genesis()])).toMatchObject({ requestId });
    }
  });

  it('tells of each submitted request by itself', async () => {
    const good = at('Ada.csreq');
    const bytes = Uint8Array.from(await readFile(at('Bea.csreq')));
    bytes[bytes.length - 1]! ^= 1;
    const bad = at('bad.csreq');
    await writeFile(bad, bytes);
    const outcome = await run(['submit', bad, good, ...genesis(), '--json']);
    expect(outcome.code).toBe(3);
    expect(lastLine(outcome)).toMatchObject({
      requests: [
        { file: bad, error: { code: 'request.badSignature' } },
        { file: good, error: null, covered: true },
      ],
    });
    const words = await run(['submit', bad, good, ...genesis()]);
    expect(words.stdout).toMatch(
      /^bad\.csreq: [0-9a-f]{64}: not final\. .+\nAda\.csreq: [0-9a-f]{64}: final at height \d/,
    );
    const forged = await run(['submit', bad, at('Bea.csreq'), ...genesis(), '--json']);
    // One id, two signatures: the forged one does not stand in the way of the genuine one.
    expect(lastLine(forged)).toMatchObject({
      requests: [{ error: { code: 'request.badSignature' } }, { error: null, covered: true }],
    });
    const merged = await run(['merge', draft, good, bad, at('grades.csv'), good, ...genesis(), '--json']);
    expect(merged.code).toBe(3);
    const { misfits } = lastLine(merged) as { misfits: { error: { code: string } }[] };
    expect(misfits.map(({ error }) => error.code).sort()).toEqual([
      'draftFile.sameSigner',
      'encoding.invalid',
      'request.badSignature',
    ]);
  });

  it('refuses what is not the draft that was made', async () => {
    const signing = ['--key', network.keyFile('Ada'), '--passphrase-file', network.passphraseFile, '--yes'];
    const text = await readFile(draft, 'utf8');
    const changed = at('changed.csdraft');
    await writeFile(changed, text.replace('["algebra","1.10"]', '["algebra","1.00"]'));
    const data = await fails(['sign', changed, ...genesis(), ...signing], 'draftFile.invalid', 3);
    expect(data['at']).toBe('changed.csdraft: the file');
    await fails(['merge', changed, ...genesis()], 'draftFile.invalid', 3);
    const other = (await makeTwoSupervisors(at('other'))).genesisFile;
    await fails(['sign', draft, '--genesis', other, ...signing], 'draftFile.wrongNetwork', 3);
    // No terminal, and nobody said yes.
    await fails(['sign', draft, ...genesis(), ...signing.slice(0, -1)], 'cli.usage', 2);
    await fails(['sign', draft, at('grades.csv'), ...genesis(), ...signing], 'cli.usage', 2);
    await fails(['sign', draft, ...genesis(), ...signing, '--title', 'Other'], 'cli.usage', 2);
    await fails(['draft', at('grades.csv'), draft, ...genesis(), '--out', at('x.csdraft')], 'cli.usage', 2);
    await fails(
      ['draft', at('grades.csv'), ...genesis(), '--signer', 'Nobody', '--out', at('x.csdraft')],
      'cli.usage',
      2,
    );
    await expect(readFile(at('x.csdraft'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
