/** docs/PROTOCOL.md says what the code does: messages, domains, close codes, and the values of its example. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { peerMessageCodec, toClientCodec, toReplicaCodec } from '../../src/main/consensus/messages.ts';
import { closeCodeOf, refusalOf, tellable } from '../../src/main/network/refusals.ts';
import type { Codec } from '../../src/shared/encoding/codec.ts';
import { CountersignError, type ErrorCode } from '../../src/shared/errors.ts';
import { H } from '../independent/ledger.mjs';
import { tableUnder } from '../support/markdown.ts';

const root = join(import.meta.dirname, '../..');
const doc = await readFile(join(root, 'docs/PROTOCOL.md'), 'utf8');

/** A message as the document or the code lays it out. */
interface Layout {
  readonly number: number;
  readonly name: string;
  readonly fields: readonly string[];
}

/** Message numbers are below this; the head of a longer one would change anyway. */
const NUMBERS_MAX = 256;

/** The place and the problem that `codec` finds in `item`, or `undefined`. */
function problemOf(
  codec: Pick<Codec<unknown>, 'fromItem'>,
  item: unknown,
): { at: string; problem: string } | undefined {
  try {
    codec.fromItem(item, '');
    return undefined;
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return error.data as { at: string; problem: string };
  }
}

const hash = new Uint8Array(32);
const signature = new Uint8Array(64);
const header = [2, 0, 0, hash, 0, 0, hash, hash, hash, null];
const certificate = [1, 0, 0, 0, hash, hash, []];
const viewChange = [1, 0, 0, 0, null, null, [], []];
const newView = [1, 0, 0, [[0, viewChange, signature]]];
const order = (hashByte: number): unknown => [[1, 0, 0, 0, new Uint8Array(32).fill(hashByte)], signature];
const evidence = [1, 0, order(1), order(2)];
/** Each field of each message accepts one of these. */
const CANDIDATES = [
  0,
  false,
  null,
  new Uint8Array(8),
  hash,
  signature,
  [],
  header,
  [header],
  certificate,
  viewChange,
  newView,
  evidence,
];
const ERROR_ITEM = ['request.notFound', []];
/** No field accepts this. */
const NOTHING = -1;

/** Finds out, by what it accepts, how `codec` lays its messages out. */
function layoutsOf(codec: Codec<{ readonly type: string }>): Layout[] {
  return Array.from({ length: NUMBERS_MAX }, (_, number) => number).flatMap((number) => {
    if (problemOf(codec, [number])?.problem === 'has an unknown type') return [];
    const fields: string[] = [];
    const accepted: unknown[] = [];
    const size = Number(/must have (\d+) elements/.exec(problemOf(codec, [number])?.problem ?? '')?.[1] ?? 0);
    while (fields.length < size) {
      const rest = Array<unknown>(size - fields.length - 1).fill(NOTHING);
      const name = problemOf(codec, [number, ...accepted, NOTHING, ...rest])?.at ?? '';
      const isAccepted = (candidate: unknown): boolean => {
        const at = problemOf(codec, [number, ...accepted, candidate, ...rest])?.at;
        return at === undefined || (at !== name && !at.startsWith(`${name}.`) && !at.startsWith(`${name}[`));
      };
      accepted.push([...CANDIDATES, ERROR_ITEM].find(isAccepted));
      fields.push(name);
    }
    return [{ number, name: codec.fromItem([number, ...accepted], '').type, fields }];
  });
}

function documented(heading: string): Layout[] {
  return tableUnder(doc, heading).map(([number, name, fields]) => ({
    number: Number(number),
    name: name!,
    fields: [...fields!.matchAll(/`(\w+)`/g)].map(([, field]) => field!),
  }));
}

describe('the messages', () => {
  it.each([
    ['### Between replicas', peerMessageCodec],
    ['### From a client to a replica', toReplicaCodec],
    ['### From a replica to a client', toClientCodec],
  ] as [string, Codec<{ readonly type: string }>][])('%s', (heading, codec) => {
    const layouts = layoutsOf(codec);
    expect(layouts.length).toBeGreaterThan(0);
    expect(documented(heading)).toEqual(layouts);
  });

  it('each is explained', () => {
    const names = ['### Between replicas', '### From a client to a replica', '### From a replica to a client']
      .flatMap(documented)
      .map(({ name }) => name);
    const explained = tableUnder(doc, '### How messages are received').flatMap(([names]) =>
      names!.replaceAll(/\(.*?\)/g, '').split(','),
    );
    const trimmed = new Set(explained.map((name) => name.trim()));
    expect(names.filter((name) => !trimmed.has(name) && !['receipt', 'status'].includes(name))).toEqual([]);
  });
});

describe('the domains', () => {
  const DOMAIN = /countersign\/[a-z-]+\/\d+/g;

  it('are those of the code', async () => {
    const entries = await readdir(join(root, 'src'), { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name));
    const texts = await Promise.all(
      paths.map(async ({ parentPath, name }) => await readFile(join(parentPath, name), 'utf8')),
    );
    const inCode = new Set(texts.flatMap((text) => text.match(DOMAIN) ?? []));
    const inTable = tableUnder(doc, '## 3. Hashing').flatMap(([domain]) => domain!.match(DOMAIN) ?? []);
    expect(inTable.toSorted()).toEqual([...inCode].toSorted());
    expect(inCode.size).toBeGreaterThan(0);
    expect(new Set(doc.match(DOMAIN))).toEqual(inCode);
  });
});

describe('the close codes', () => {
  const rows = tableUnder(doc, '### Close codes').map(([closeCode, code, data]) => ({
    closeCode: Number(closeCode),
    code: code!.replaceAll('`', '') as ErrorCode,
    names: [...data!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  }));

  it.each(rows)('$closeCode $code', ({ closeCode, code, names }) => {
    const error = { code, data: {} };
    expect(tellable(error)).toEqual(error);
    expect(closeCodeOf(error)).toBe(closeCode);
    expect(refusalOf(error).data.map(({ name }) => name)).toEqual(names);
  });

  it('are all there', async () => {
    const source = await readFile(join(root, 'src/main/network/refusals.ts'), 'utf8');
    const inCode = [...source.matchAll(/closeCode: (\d{4})/g)].map(([, closeCode]) => Number(closeCode));
    expect(rows.map(({ closeCode }) => closeCode)).toEqual(inCode);
  });
});

describe('the example', async () => {
  const example = doc.split('## 20. Worked example')[1]!;
  /** The bytes, in hex, that stand behind `name =`, one value for each of its lines. */
  const valuesOf = (name: string): string[] => {
    const rests = example.split(name).slice(1);
    const found = rests.map((rest) => /^ *= ([0-9a-f]+(?:\s+[0-9a-f]{64})*)/.exec(rest)?.[1]);
    return found.find((value) => value !== undefined)?.split(/\s+/) ?? [''];
  };
  const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');

  it('has the values of the vectors', async () => {
    const names = (await readdir(join(root, 'test/vectors'))).filter((name) => name.endsWith('.json'));
    const vectors = await Promise.all(
      names.map(async (name) => await readFile(join(root, 'test/vectors', name), 'utf8')),
    );
    const text = vectors.join('').replaceAll(/[\s",]/g, '');
    const given = [
      'network id',
      'id',
      'signing digest',
      'signature',
      'ids',
      'block hash',
      'hash',
      'stateDigest',
      'evidenceDigest',
      'bytes',
      'contentDigest',
    ];
    const values = given.flatMap((name) => valuesOf(`\n${name}`));
    expect(values.filter((value) => value === '' || !text.includes(value))).toEqual([]);
    const draft = /what they are:\n\n```text\n([\s\S]*?)```/
      .exec(example)![1]!
      .match(/^[0-9a-f]+$/gm)!
      .join('');
    expect(text).toContain(draft);
    expect(H('countersign/request/1', bytesOf(draft))).toBe(valuesOf('\nid')[0]);
  });

  it('computes with them as the document says', () => {
    const leaves = valuesOf('\nids').map((id) => H('countersign/merkle-leaf/1', bytesOf(id)));
    expect(valuesOf('\nleaf')).toEqual(leaves);
    const [first, second, third] = leaves.map(bytesOf);
    const node = H('countersign/merkle-node/1', first!, second!);
    expect(valuesOf('node(leaf 0, leaf 1)')).toEqual([node]);
    expect(valuesOf('node(that, leaf 2)')).toEqual([H('countersign/merkle-node/1', bytesOf(node), third!)]);
    const vote = bytesOf(valuesOf('\nB')[0]!);
    expect(valuesOf('\ndigest')).toEqual([H('countersign/checkpoint-vote/1', vote)]);
    const content = bytesOf(valuesOf('\nbytes')[0]!);
    expect(valuesOf('\ncontentDigest')).toEqual([H('countersign/view-change-content/1', content)]);
  });
});
