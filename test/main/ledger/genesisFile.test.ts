import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GENESIS_FILE_CHARS_MAX,
  parseGenesisFile,
  renderGenesisFile,
} from '../../../src/main/ledger/genesisFile.ts';
import { networkIdOf, sortedGenesis, type Genesis } from '../../../src/main/ledger/genesis.ts';
import { SUPERVISORS_MAX } from '../../../src/main/ledger/limits.ts';
import { isName, tidyName } from '../../../src/shared/text/name.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { caught } from '../../support/errors.ts';

const { genesis } = makeGenesis();
const text = renderGenesisFile(genesis);

/** The file with one place changed; `network_id` stays as it was. */
function edited(change: (file: Record<string, never>) => void): string {
  const file = JSON.parse(text) as Record<string, never>;
  change(file);
  return JSON.stringify(file);
}

/** A file that says `changed` and carries its right network id. */
const fileOf = (changed: Genesis): string => renderGenesisFile(changed);

describe('a genesis file', () => {
  it('comes back as the genesis it was made from', () => {
    expect(parseGenesisFile(text)).toEqual(genesis);
    expect(renderGenesisFile(parseGenesisFile(text))).toBe(text);
  });

  it('is for people: it names its format, its network id and its units', () => {
    const file = JSON.parse(text) as Record<string, Record<string, unknown>>;
    expect(Object.keys(file)).toEqual([
      'format',
      'version',
      'network_id',
      'name',
      'created_at_ms',
      'replicas',
      'supervisors',
      'policy',
      'limits',
    ]);
    expect(file['network_id']).toBe(networkIdOf(genesis));
    expect(Object.keys(file['limits']!)).toEqual([
      'max_request_bytes',
      'max_block_requests',
      'max_block_bytes',
      'checkpoint_distance',
      'max_request_age_ms',
      'max_clock_skew_ms',
    ]);
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('is refused with a name that hides something, wherever it stands', () => {
    const hidden = 'A\u202eb';
    for (const changed of [
      { ...genesis, name: hidden },
      { ...genesis, replicas: genesis.replicas.with(1, { ...genesis.replicas[1]!, name: hidden }) },
      { ...genesis, replicas: genesis.replicas.with(0, { ...genesis.replicas[0]!, organisation: hidden }) },
      { ...genesis, supervisors: genesis.supervisors.with(0, { ...genesis.supervisors[0]!, name: hidden }) },
    ]) {
      expect(caught(() => parseGenesisFile(fileOf(changed))).code).toBe('name.hidden');
    }
  });

  it('may have other line ends and indentation', () => {
    expect(parseGenesisFile(text.replaceAll('\n', '\r\n'))).toEqual(genesis);
    expect(parseGenesisFile(JSON.stringify(JSON.parse(text)))).toEqual(genesis);
  });

  it('says any genesis that keeps the rules', () => {
    const unit = fc.constantFrom(...Array.from('aZ9 éß-.&\'"\\/{}中文（）、🔒'));
    const words = fc.string({ unit, minLength: 1, maxLength: 40 }).map(tidyName).filter(isName);
    fc.assert(
      fc.property(words, words, fc.maxSafeNat(), (name, organisation, createdAtMs) => {
        const changed: Genesis = {
          ...genesis,
          name,
          createdAtMs,
          supervisors: genesis.supervisors.map((supervisor) => ({ ...supervisor, organisation })),
        };
        expect(parseGenesisFile(fileOf(changed))).toEqual(changed);
      }),
    );
  });
});

describe('what is refused, and where', () => {
  type File = Record<string, never>;
  const set = (path: string, value: unknown) => (file: File) => {
    const steps = path.split('.');
    const last = steps.pop()!;
    const parent = steps.reduce((node: Record<string, unknown>, step) => node[step] as never, file);
    parent[last] = value;
  };
  const cases: [what: string, change: (file: File) => void, at: string][] = [
    ['another format', set('format', 'countersign-receipt'), 'format'],
    ['a policy of one', set('policy.threshold', 1), 'policy.threshold'],
    ['a policy that nobody can meet', set('policy.threshold', 99), 'policy.threshold'],
    ['a proposal for no block', set('policy.proposal_blocks', 0), 'policy.proposal_blocks'],
    ['another version', set('version', 1), 'version'],
    ['a network id in capitals', set('network_id', 'AB'.repeat(32)), 'network_id'],
    ['a name that is no text', set('name', 1), 'name'],
    ['a name that is too long', set('name', 'x'.repeat(256)), 'name'],
    ['half of a surrogate pair', set('name', '\ud800'), 'name'],
    ['a fraction', set('created_at_ms', 1.5), 'created_at_ms'],
    ['a negative number', set('limits.max_clock_skew_ms', -1), 'limits.max_clock_skew_ms'],
    ['a number beyond 2^53-1', set('created_at_ms', 2 ** 53), 'created_at_ms'],
    ['a number in text', set('replicas.0.port', '40000'), 'replicas[0].port'],
    ['port 0', set('replicas.1.port', 0), 'replicas[1].port'],
    ['no host', set('replicas.1.host', ''), 'replicas[1].host'],
    ['a key that is too short', set('supervisors.1.public_key', 'ab'), 'supervisors[1].public_key'],
    ['a field that nobody knows', set('limits.max_speed', 1), 'limits'],
    ['no supervisors', set('supervisors', []), 'supervisors'],
    [
      'limits beyond what the protocol allows',
      set('limits.max_block_requests', 70_000),
      'limits.maxBlockRequests',
    ],
    ['limits below what makes sense', set('limits.max_request_bytes', 10), 'limits.maxRequestBytes'],
    ['a change of any value', set('name', 'another name'), 'network_id'],
  ];
  it.each(cases)('%s', (_what, change, at) => {
    expect(caught(() => parseGenesisFile(edited(change)))).toMatchObject({
      code: 'genesis.invalid',
      data: { at },
    });
  });

  it('every field that is missing', () => {
    const paths = [
      'format',
      'version',
      'network_id',
      'name',
      'created_at_ms',
      'replicas',
      'supervisors',
      'policy',
      'limits',
    ];
    const inner = [
      'replicas.2.name',
      'replicas.2.host',
      'supervisors.0.public_key',
      'limits.max_block_bytes',
    ];
    for (const path of [...paths, ...inner]) {
      const error = caught(() => parseGenesisFile(edited(set(path, undefined))));
      expect(error, path).toMatchObject({ code: 'genesis.invalid' });
      expect(error.data, path).toMatchObject({ at: path.replace(/\.(\d)/, '[$1]') });
    }
  });

  it('prototype keys, at any depth', () => {
    for (const place of ['{', '"limits": {', '"replicas": [\n    {']) {
      const dirty = text.replace(place, `${place} "__proto__": { "polluted": true },`);
      expect(dirty).not.toBe(text);
      expect(caught(() => parseGenesisFile(dirty))).toMatchObject({
        code: 'genesis.invalid',
        data: { at: 'the file', problem: 'holds the key __proto__' },
      });
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each(['', 'null', '[]', '"x"', '{', '\ufeff{}', '['.repeat(100_000), '{"a":'.repeat(100_000)])(
    'what is no genesis at all (%#)',
    (junk) => {
      expect(caught(() => parseGenesisFile(junk))).toMatchObject({ code: 'genesis.invalid' });
    },
  );

  it('a file that is too large, before it is read', () => {
    const large = text + ' '.repeat(GENESIS_FILE_CHARS_MAX);
    expect(caught(() => parseGenesisFile(large))).toMatchObject({
      code: 'genesis.invalid',
      data: { at: 'the file' },
    });
  });

  it('a genesis whose file would be too large to be read', () => {
    const supervisors = Array.from({ length: SUPERVISORS_MAX }, (_, index) => ({
      name: '\u0001'.repeat(255),
      organisation: '',
      publicKey: index.toString(16).padStart(64, '0'),
    }));
    expect(caught(() => renderGenesisFile({ ...genesis, supervisors }))).toMatchObject({
      code: 'genesis.invalid',
    });
  });

  it('members that are not sorted by public key', () => {
    const file = edited((value) => (value['replicas'] as unknown as unknown[]).reverse());
    expect(caught(() => parseGenesisFile(file))).toMatchObject({
      code: 'genesis.invalid',
      data: { at: 'replicas', problem: 'must be sorted by public key' },
    });
  });

  it('one key for two members', () => {
    const [replica] = genesis.replicas;
    const { publicKey } = replica!;
    const supervisor = { ...genesis.supervisors[0]!, publicKey };
    const changed = sortedGenesis({ ...genesis, supervisors: [...genesis.supervisors, supervisor] });
    const at = changed.supervisors.findIndex((member) => member.publicKey === publicKey);
    expect(caught(() => parseGenesisFile(fileOf(changed)))).toMatchObject({
      code: 'genesis.duplicateKey',
      data: { key: publicKey, first: 'replicas[0]', second: `supervisors[${String(at)}]` },
    });
  });

  it('a key that the check of keys refuses', () => {
    const weak = genesis.supervisors[1]!.publicKey;
    const isStrongKey = (publicKey: string): boolean => publicKey !== weak;
    expect(caught(() => parseGenesisFile(text, { isStrongKey }))).toMatchObject({
      code: 'genesis.weakKey',
      data: { key: weak, at: 'supervisors[1]' },
    });
    expect(parseGenesisFile(text, { isStrongKey: () => true })).toEqual(genesis);
  });
});
