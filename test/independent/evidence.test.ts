/**
 * Runs the verifier of evidence that was written from docs/PROTOCOL.md alone over the wire vectors, and reproduces what
 * replicas sign: the document says enough.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyEvidenceBytes, verifyEvidenceFile } from './evidence.mjs';
import { readGenesis } from './genesis.mjs';
import { newViewContent, statementDigest, viewChangeContent } from './ledger.mjs';

interface Refusal {
  readonly code: string;
  readonly at: string;
}
interface EvidenceVectors {
  readonly genesisFile: string;
  readonly evidence: readonly { proves: { kind: string }; bytes: string; file: string }[];
  readonly tampered: readonly { what: string; code: string; at?: string; file: string }[];
  readonly laterEpochs: {
    readonly genesisFile: string;
    readonly file: string;
    readonly proves: { publicKey: string };
    readonly tampered: readonly { what: string; code: string; at: string; file: string }[];
  };
}
interface StatementVectors {
  readonly networkId: string;
  readonly statements: readonly { statement: { type: string }; digest: string }[];
}
interface ViewChangeVectors {
  readonly viewChanges: readonly { viewChange: object; bytes: string; contentDigest: string }[];
  readonly newView: {
    readonly epoch: number;
    readonly view: number;
    readonly viewChanges: readonly object[];
  };
  readonly newViewBytes: string;
  readonly newViewContentDigest: string;
}

const read = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(join(import.meta.dirname, '../vectors', name), 'utf8')) as T;
const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** The refusal that `run` ends with, or `undefined` where it accepts. */
function refusalOf(run: () => unknown): Refusal | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    const { code, at } = error as Partial<Refusal>;
    if (code === undefined || at === undefined) throw error;
    return { code, at };
  }
}

const vectors = await read<EvidenceVectors>('evidence.json');
const genesis = readGenesis(vectors.genesisFile);

describe('evidence', () => {
  it.each(vectors.evidence)('proves what the vectors say: $proves.kind', ({ proves, bytes, file }) => {
    expect(verifyEvidenceFile(file, genesis)).toEqual(proves);
    expect(verifyEvidenceBytes(fromHex(bytes), genesis)).toEqual(proves);
  });

  it.each(vectors.tampered)('is refused: $what', ({ code, at, file }) => {
    const refusal = refusalOf(() => verifyEvidenceFile(file, genesis));
    expect(refusal?.code).toBe(code);
    if (at !== undefined) expect(refusal?.at).toBe(at);
  });

  it('is refused with any one bit flipped', () => {
    for (const { bytes } of vectors.evidence) {
      const accepted = Array.from({ length: 8 * (bytes.length / 2) }, (_, bit) => bit).filter((bit) => {
        const flipped = fromHex(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        return refusalOf(() => verifyEvidenceBytes(flipped, genesis)) === undefined;
      });
      expect(accepted).toEqual([]);
    }
  });

  it('is refused with any one character of its file changed', () => {
    for (const { file } of vectors.evidence) {
      const accepted = Array.from(file, (_, index) => index).filter((index) => {
        const other = file[index] === 'a' ? 'b' : 'a';
        const changed = file.slice(0, index) + other + file.slice(index + 1);
        return refusalOf(() => verifyEvidenceFile(changed, genesis)) === undefined;
      });
      expect(accepted).toEqual([]);
    }
  });
});

describe('evidence of a later epoch', () => {
  const { laterEpochs } = vectors;
  const ofEpochs = readGenesis(laterEpochs.genesisFile);

  it('proves what the vectors say', () => {
    const { publicKey, ...proves } = laterEpochs.proves;
    expect(verifyEvidenceFile(laterEpochs.file, ofEpochs)).toEqual(proves);
    expect(laterEpochs.file).toContain(`"public_key": "${publicKey}"`);
  });

  it.each(laterEpochs.tampered)('is refused: $what', ({ code, at, file }) => {
    expect(refusalOf(() => verifyEvidenceFile(file, ofEpochs))).toEqual({ code, at });
  });

  it('is refused with any one character of its file changed', () => {
    const { file } = laterEpochs;
    const accepted = Array.from(file, (_, index) => index).filter((index) => {
      const changed = file.slice(0, index) + (file[index] === 'a' ? 'b' : 'a') + file.slice(index + 1);
      return refusalOf(() => verifyEvidenceFile(changed, ofEpochs)) === undefined;
    });
    expect(accepted).toEqual([]);
  });
});

describe('the program', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'independent-evidence-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const run = promisify(execFile);
  const verify = async (file: string): Promise<{ stdout: string }> => {
    const paths = [join(folder, 'genesis.json'), join(folder, 'evidence.json')] as const;
    await Promise.all([writeFile(paths[0], vectors.genesisFile), writeFile(paths[1], file)]);
    return await run(process.execPath, [join(import.meta.dirname, 'verify.mjs'), ...paths]);
  };

  it('prints what evidence proves, and ends with 1 for what proves nothing', async () => {
    const [{ file, proves }] = vectors.evidence as [EvidenceVectors['evidence'][number]];
    expect(JSON.parse((await verify(file)).stdout)).toEqual(proves);
    const tampered = vectors.tampered.find(({ at }) => at === 'statements[1]')!;
    await expect(verify(tampered.file)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('evidence.invalid at statements[1]') as string,
    });
  });
});

describe('what replicas sign', async () => {
  const { networkId, statements } = await read<StatementVectors>('statements.json');
  const file = await read<ViewChangeVectors>('viewChange.json');

  it.each(statements)('the digest of a statement is reproduced: $statement.type', ({ statement, digest }) => {
    expect(statementDigest(networkId, { ...statement, kind: statement.type })).toBe(digest);
  });

  it('so are the contents of view changes and of the new view', () => {
    for (const { viewChange, bytes, contentDigest } of file.viewChanges) {
      const content = viewChangeContent(viewChange);
      expect(content.bytes.toString('hex')).toBe(bytes);
      expect(content.contentDigest).toBe(contentDigest);
    }
    const content = newViewContent(file.newView);
    expect(content.bytes.toString('hex')).toBe(file.newViewBytes);
    expect(content.contentDigest).toBe(file.newViewContentDigest);
    expect(file.viewChanges.length).toBeGreaterThan(0);
  });
});
