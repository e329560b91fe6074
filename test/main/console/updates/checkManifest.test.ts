/** A manifest of a release is refused for every reason that there is, and for any byte that differs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkManifest,
  compareVersions,
  type UpdateSituation,
} from '../../../../src/main/console/updates/checkManifest.ts';
import {
  MANIFEST_BYTES_MAX,
  manifestDigest,
  manifestText,
  type Manifest,
} from '../../../../src/main/console/updates/manifest.ts';
import { publicKeyOf, signDigest } from '../../../../src/main/keys/ed25519.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { caught } from '../../../support/errors.ts';

const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const keys = seeds.map(publicKeyOf);
const RELEASED_MS = 1_700_000_000_000;
const EXPIRES_MS = 1_710_000_000_000;

const situation: UpdateSituation = {
  trust: { keys: keys.slice(0, 2), threshold: 1 },
  running: '1.9.0',
  newestSeen: null,
  nowMs: RELEASED_MS + 1,
  system: 'linux',
  processor: 'x64',
};

const content: Omit<Manifest, 'signatures'> = {
  format: 1,
  product: 'countersign',
  version: '1.10.0',
  released_ms: RELEASED_MS,
  expires_ms: EXPIRES_MS,
  notes: { en: 'Faster search.', 'zh-CN': '搜索更快。' },
  packages: [
    {
      system: 'linux',
      processor: 'x64',
      kind: 'deb',
      name: 'countersign_1.10.0_amd64.deb',
      size_bytes: 100_000_000,
      sha256: 'ab'.repeat(32),
      url: 'https://releases.example/countersign_1.10.0_amd64.deb',
    },
  ],
};

/** The file of `content` with `change`, signed by the keys of `signers`. */
function fileOf(change: Partial<typeof content> = {}, signers: readonly number[] = [0]): Uint8Array {
  const changed = { ...content, ...change };
  const digest = manifestDigest(changed);
  const signatures = signers.map((index) => ({
    public_key: keys[index]!,
    signature: signDigest(digest, seeds[index]!),
  }));
  return new TextEncoder().encode(manifestText({ ...changed, signatures }));
}

/** The code with which `bytes` are refused where `change` holds. */
function refusal(bytes: Uint8Array, change: Partial<UpdateSituation> = {}): string {
  return caught(() => checkManifest(bytes, { ...situation, ...change })).code;
}

/** `bytes` with `from`, which they hold, replaced. */
function edited(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const source = new TextDecoder().decode(bytes);
  expect(source).toContain(from);
  return new TextEncoder().encode(source.replace(from, to));
}

describe('a manifest', () => {
  it('is offered with its packages and signers', () => {
    const offered = checkManifest(fileOf(), situation);
    expect(offered.manifest.version).toBe('1.10.0');
    expect(offered.packages).toEqual(content.packages);
    expect(offered.signers).toEqual([keys[0]]);
  });

  it('is refused with any bit of it flipped', () => {
    const good = fileOf();
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(7), (at, bit) => {
        const bad = good.slice();
        bad[at]! ^= 1 << bit;
        expect(caught(() => checkManifest(bad, situation))).toBeInstanceOf(CountersignError);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused if it is too large, unread', () => {
    expect(refusal(new Uint8Array(MANIFEST_BYTES_MAX + 1))).toBe('update.tooLarge');
  });

  it.each([
    ['no JSON', 'countersign', 'coun"tersign'],
    ['an unknown field', '"format": 1', '"more": 1,\n  "format": 1'],
    ['a second spelling', '"format": 1', '"format": 1.0'],
    ['an address without https', 'https://', 'http://'],
    ['a name that leads out of its folder', '"name": "', '"name": "../'],
    ['a version with a suffix', '"1.10.0"', '"1.10.0-beta"'],
  ])('is refused as malformed: %s', (_, from, to) => {
    expect(refusal(edited(fileOf(), from, to))).toBe('update.malformed');
  });

  it('is refused without enough trusted signatures, however often one key signs', () => {
    const two = { trust: { keys: keys.slice(0, 2), threshold: 2 } };
    expect(refusal(fileOf({}, []))).toBe('update.unsigned');
    expect(refusal(fileOf({}, [2]))).toBe('update.unsigned');
    expect(refusal(fileOf({}, [0, 0]), two)).toBe('update.unsigned');
    expect(refusal(fileOf({}, []), { trust: { keys: [], threshold: 0 } })).toBe('update.unsigned');
    expect(checkManifest(fileOf({}, [2, 0, 1]), { ...situation, ...two }).signers).toHaveLength(2);
  });

  it('is refused with a wrong signature of a trusted key, even where another suffices', () => {
    const { signatures } = JSON.parse(new TextDecoder().decode(fileOf({ version: '1.11.0' }))) as Manifest;
    const own = JSON.parse(new TextDecoder().decode(fileOf({}, [1]))) as Manifest;
    const mixed = manifestText({ ...own, signatures: [...own.signatures, ...signatures] });
    expect(refusal(new TextEncoder().encode(mixed))).toBe('update.badSignature');
  });

  it('is refused for another product, outside its time, and without a package for this machine', () => {
    expect(refusal(fileOf({ product: 'other' }))).toBe('update.wrongProduct');
    expect(refusal(fileOf(), { nowMs: RELEASED_MS - 1 })).toBe('update.fromFuture');
    expect(refusal(fileOf(), { nowMs: EXPIRES_MS })).toBe('update.expired');
    expect(refusal(fileOf(), { processor: 'arm64' })).toBe('update.noPackage');
    expect(refusal(fileOf(), { system: 'win32' })).toBe('update.noPackage');
  });

  it('is refused if it would go back', () => {
    expect(refusal(fileOf(), { running: '1.10.0' })).toBe('update.notNewer');
    expect(refusal(fileOf(), { running: '2.0.0' })).toBe('update.notNewer');
    expect(refusal(fileOf(), { newestSeen: '1.10.1' })).toBe('update.replayed');
    expect(checkManifest(fileOf(), { ...situation, newestSeen: '1.10.0' }).packages).toHaveLength(1);
  });
});

it.each([
  ['1.10.0', '1.9.9', 1],
  ['1.9.9', '1.10.0', -1],
  ['2.0.0', '2.0.0', 0],
])('orders versions by number: %s, %s', (left, right, sign) => {
  expect(Math.sign(compareVersions(left, right))).toBe(sign);
});
