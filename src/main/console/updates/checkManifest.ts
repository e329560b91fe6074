/**
 * Whether a manifest may be offered to a person: signed by enough release keys, in its time, newer than what runs
 * and than anything seen, and with a package for this machine (SECURITY.md, 16). A function of its input.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { verifySync } from '../../keys/verifier.ts';
import { manifestDigest, parseManifest, PRODUCT, type Manifest, type ReleasePackage } from './manifest.ts';

/** Whom a build believes: at least `threshold` of `keys` must have signed. */
export interface ReleaseTrust {
  readonly keys: readonly Hex[];
  /** From 1 to the number of keys. */
  readonly threshold: number;
}

/** What a manifest is held against. */
export interface UpdateSituation {
  readonly trust: ReleaseTrust;
  /** The version that runs. */
  readonly running: string;
  /** The newest version of any manifest that was ever accepted here, or `null`: an older one is a replay. */
  readonly newestSeen: string | null;
  readonly nowMs: number;
  /** As Node.js names them: `linux`, `x64`. */
  readonly system: string;
  readonly processor: string;
}

/** A manifest that passed every check. */
export interface OfferedUpdate {
  readonly manifest: Manifest;
  /** Those for this machine: at least one. */
  readonly packages: readonly ReleasePackage[];
  /** The trusted keys that signed. */
  readonly signers: readonly Hex[];
}

/**
 * The update that the file `bytes` offers. Signatures come first: nothing an unknown party wrote is reported on.
 *
 * Throws `update.tooLarge`, `update.malformed`, `update.badSignature`, `update.unsigned`, `update.wrongProduct`,
 * `update.fromFuture`, `update.expired`, `update.notNewer`, `update.replayed` or `update.noPackage`.
 */
export function checkManifest(bytes: Uint8Array, situation: UpdateSituation): OfferedUpdate {
  const manifest = parseManifest(bytes);
  const signers = signersOf(manifest, situation.trust);
  if (manifest.product !== PRODUCT) {
    throw new CountersignError('update.wrongProduct', { expected: PRODUCT, actual: manifest.product });
  }
  checkTime(manifest, situation.nowMs);
  checkVersion(manifest.version, situation);
  const { system, processor } = situation;
  const packages = manifest.packages.filter(
    (candidate) => candidate.system === system && candidate.processor === processor,
  );
  if (packages.length === 0) throw new CountersignError('update.noPackage', { system, processor });
  return { manifest, packages, signers };
}

/**
 * The trusted keys that signed. Unknown keys count for nothing and do no harm, so that keys can be replaced; a wrong
 * signature in the name of a trusted key is refused even where others suffice.
 */
export function signersOf(manifest: Manifest, trust: ReleaseTrust): readonly Hex[] {
  const digest = manifestDigest(manifest);
  const signers = new Set<Hex>();
  for (const { public_key: publicKey, signature } of manifest.signatures) {
    if (!trust.keys.includes(publicKey)) continue;
    if (!verifySync({ signature, digest, publicKey })) {
      throw new CountersignError('update.badSignature', { publicKey });
    }
    signers.add(publicKey);
  }
  // A threshold of nothing would make every manifest good.
  const needed = Math.max(trust.threshold, 1);
  if (signers.size < needed) throw new CountersignError('update.unsigned', { found: signers.size, needed });
  return [...signers];
}

/** Below 0 if version `left` is older than `right`, 0 if they are the same, above 0 if it is newer. */
export function compareVersions(left: string, right: string): number {
  const theirs = right.split('.').map(Number);
  const differences = left.split('.').map((part, index) => Number(part) - (theirs[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function checkTime({ released_ms: releasedMs, expires_ms: expiresMs }: Manifest, nowMs: number): void {
  if (nowMs < releasedMs) throw new CountersignError('update.fromFuture', { releasedMs, nowMs });
  if (nowMs >= expiresMs) throw new CountersignError('update.expired', { expiresMs, nowMs });
}

function checkVersion(version: string, { running, newestSeen }: UpdateSituation): void {
  if (compareVersions(version, running) <= 0) {
    throw new CountersignError('update.notNewer', { version, running });
  }
  if (newestSeen !== null && compareVersions(version, newestSeen) < 0) {
    throw new CountersignError('update.replayed', { version, newestSeen });
  }
}
