/**
 * The document that tells of a release (`countersign-update.json`): its form, and the bytes that release keys sign
 * (SECURITY.md, 16).
 *
 * There is exactly one text for each manifest: the fields in the order of the schema, two spaces deep, one line end.
 * Any other text is refused, so nothing in the file escapes the signatures.
 * @module
 */
import { z } from 'zod';
import { encode, hexBytes, list, oneOf, record, text, uint } from '../../../shared/encoding/codec.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { digest } from '../../ledger/hash.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../keys/ed25519.ts';

/** The product of which manifests speak. */
export const PRODUCT = 'countersign';
/** Most bytes of the file. */
export const MANIFEST_BYTES_MAX = 65_536;
/** Most characters of the notes in one language. */
export const NOTES_CHARS_MAX = 8_000;
/** Most packages of one release. */
export const PACKAGES_MAX = 32;
/** Most signatures of one manifest, and most keys that a build trusts. */
export const RELEASE_KEYS_MAX = 16;
/** Most bytes of one package. */
export const PACKAGE_BYTES_MAX = 1_073_741_824;
/** Most characters of a package's name. */
export const PACKAGE_NAME_CHARS_MAX = 128;
/** Most characters of a package's address. */
export const PACKAGE_URL_CHARS_MAX = 1_024;
/** Most characters of a version: three numbers of up to six digits. */
export const VERSION_CHARS_MAX = 20;

const SYSTEMS = ['linux', 'win32', 'darwin'] as const;
const PROCESSORS = ['x64', 'arm64'] as const;
const KINDS = ['AppImage', 'deb', 'rpm', 'nsis', 'dmg'] as const;

/** Three numbers. No suffixes: a release for people has none, and so versions have one plain order. */
export const VERSION = /^(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){2}$/;
/** No separators, and no dot in front: a name can never lead out of a folder. */
const PACKAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** `lengthBytes` bytes as lower-case hexadecimal digits. */
export const hex = (lengthBytes: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${String(2 * lengthBytes)}}$`));
const timeMs = z.int().nonnegative();
const notes = z.string().max(NOTES_CHARS_MAX);

const packageSchema = z.strictObject({
  system: z.enum(SYSTEMS),
  processor: z.enum(PROCESSORS),
  kind: z.enum(KINDS),
  name: z.string().max(PACKAGE_NAME_CHARS_MAX).regex(PACKAGE_NAME),
  size_bytes: z.int().positive().max(PACKAGE_BYTES_MAX),
  sha256: hex(DIGEST_BYTES),
  url: z.string().max(PACKAGE_URL_CHARS_MAX).refine(isHttps, 'must be an https address'),
});

const manifestSchema = z.strictObject({
  format: z.literal(1),
  product: z.string().max(PACKAGE_NAME_CHARS_MAX),
  version: z.string().regex(VERSION),
  released_ms: timeMs,
  expires_ms: timeMs,
  notes: z.strictObject({ en: notes, 'zh-CN': notes }),
  packages: z.array(packageSchema).min(1).max(PACKAGES_MAX).readonly(),
  signatures: z
    .array(z.strictObject({ public_key: hex(PUBLIC_KEY_BYTES), signature: hex(SIGNATURE_BYTES) }))
    .max(RELEASE_KEYS_MAX),
});

/** A manifest as it stands in the file. Times are milliseconds since 1970 in UTC. */
export type Manifest = z.infer<typeof manifestSchema>;
/** One file of a release, for one system and processor. */
export type ReleasePackage = Manifest['packages'][number];

const packageCodec = record<ReleasePackage>({
  system: oneOf(SYSTEMS),
  processor: oneOf(PROCESSORS),
  kind: oneOf(KINDS),
  name: text(PACKAGE_NAME_CHARS_MAX),
  size_bytes: uint(PACKAGE_BYTES_MAX),
  sha256: hexBytes(DIGEST_BYTES),
  url: text(PACKAGE_URL_CHARS_MAX),
});

const contentCodec = record<Omit<Manifest, 'signatures'>>({
  format: { toItem: (value) => value, fromItem: () => 1 },
  product: text(PACKAGE_NAME_CHARS_MAX),
  version: text(VERSION_CHARS_MAX),
  released_ms: uint(),
  expires_ms: uint(),
  notes: record<Manifest['notes']>({ en: text(NOTES_CHARS_MAX), 'zh-CN': text(NOTES_CHARS_MAX) }),
  packages: list(packageCodec, PACKAGES_MAX, 1),
});

/** What release keys sign: the digest of everything but the signatures, in a domain of its own. */
export function manifestDigest(manifest: Omit<Manifest, 'signatures'>): Uint8Array {
  return digest('countersign/update-manifest/1', encode(contentCodec, manifest));
}

/** The one text of `manifest`. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifestSchema.parse(manifest), null, 2)}\n`;
}

/** The manifest in a file. Throws `update.tooLarge` and `update.malformed`; signatures are not looked at here. */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > MANIFEST_BYTES_MAX) {
    throw new CountersignError('update.tooLarge', { sizeBytes: bytes.length, maxBytes: MANIFEST_BYTES_MAX });
  }
  let source: string;
  let value: unknown;
  try {
    source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(source);
  } catch (error) {
    throw malformed('the whole file', 'is not JSON in UTF-8', { cause: error });
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(issue?.path.join('.') ?? '', issue?.message ?? '');
  }
  if (manifestText(parsed.data) !== source) throw malformed('the whole file', 'is not in its one form');
  return parsed.data;
}

function malformed(
  at: string,
  problem: string,
  options?: ErrorOptions,
): CountersignError<'update.malformed'> {
  return new CountersignError(
    'update.malformed',
    { at: at === '' ? 'the whole file' : at, problem },
    options,
  );
}

/** Whether `url` is the address of something that is fetched by https. */
export function isHttps(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:' && url.startsWith('https://');
}
