/**
 * Private keys as files that a person keeps: encrypted PKCS#8 in PEM (RFC 8410, RFC 7468), readable and writable
 * by OpenSSL.
 *
 * PKCS#8 encryption does not notice a damaged file: some flipped bits would give a different private key. So the
 * text in front of the PEM block, which OpenSSL ignores, carries the public key and a checksum. With them damage
 * is told from a wrong passphrase. In a file written by another program without them, some damage looks like a
 * wrong passphrase, and damage to one block can give another key: compare the public key of what you import.
 * @module
 */
import { hash } from 'node:crypto';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { equalBytes } from '../../shared/encoding/codec.ts';
import { toHex, type Hex } from '../../shared/encoding/hex.ts';
import { derInteger, derOctets, derOid, DerReader, derSequence } from './der.ts';
import { publicKeyOf, SEED_BYTES } from './ed25519.ts';
import { decryptPbes2, encryptPbes2, parsePbes2, type EncryptedKey } from './pbes2.ts';

/** Shortest passphrase for a new key, in Unicode characters. A file can be attacked offline, without limit. */
export const MIN_PASSPHRASE_CHARS = 8;
/** Longest passphrase, in bytes of UTF-8: OpenSSL reads no longer one from a terminal. */
export const MAX_PASSPHRASE_BYTES = 1024;
/** Largest PEM that is read, in characters. Our own have about 620. */
export const MAX_PEM_CHARS = 16 * 1024;

const LABEL = 'ENCRYPTED PRIVATE KEY';
const BEGIN = `-----BEGIN ${LABEL}-----`;
const END = `-----END ${LABEL}-----`;
const BASE64_LINE_CHARS = 64;
const OID_ED25519 = '2b6570';
/** Version 2 of PKCS#8 (RFC 5958) may add attributes [0] and the public key [1], a bit string without its tag. */
const TAG_ATTRIBUTES = 0xa0;
const TAG_PUBLIC_KEY = 0x81;

const ENCRYPT_HINT = 'openssl pkcs8 -topk8 -scrypt -in key.pem -out encrypted.pem';

/**
 * The private key `seed` (32 bytes) as PEM, encrypted under `passphrase`. Takes a fraction of a second, off the
 * calling thread.
 *
 * Throws `key.passphraseTooShort`, and `key.invalid` for a passphrase beyond `MAX_PASSPHRASE_BYTES`.
 */
export async function exportKeyPem(seed: Uint8Array, passphrase: string): Promise<string> {
  const publicKey = publicKeyOf(seed);
  const plaintext = derSequence(derInteger(0), derSequence(derOid(OID_ED25519)), derOctets(derOctets(seed)));
  const secret = newPassphrase(passphrase);
  try {
    return toPem(await encryptPbes2(plaintext, secret), publicKey);
  } finally {
    plaintext.fill(0);
    secret.fill(0);
  }
}

/**
 * The private key (32 bytes) in `pem`. The caller erases it after use.
 *
 * Throws `key.wrongPassphrase`, or `key.invalid` for a file that is damaged, not encrypted, not an ed25519 key,
 * or asks for an absurd amount of work (see the limits of `pbes2.ts`).
 */
export async function importKeyPem(pem: string, passphrase: string): Promise<Uint8Array> {
  const file = parsePem(pem);
  const encrypted = parsePbes2(file.der);
  for (const candidate of passphraseCandidates(passphrase)) {
    const seed = await tryPassphrase(encrypted, candidate);
    candidate.fill(0);
    if (seed === undefined) continue;
    if (file.publicKey !== undefined && file.publicKey !== publicKeyOf(seed)) {
      seed.fill(0);
      throw invalid('the public key written above the private key belongs to another key');
    }
    return seed;
  }
  throw new CountersignError('key.wrongPassphrase', {});
}

/**
 * The bytes of a passphrase that is being chosen; erase them after use. Unicode has several forms of one text, and
 * keyboards differ: new keys use the composed form (NFC). Throws `key.passphraseTooShort` or `key.invalid`.
 */
export function newPassphrase(passphrase: string): Buffer {
  const composed = passphrase.normalize('NFC');
  if (Array.from(composed).length < MIN_PASSPHRASE_CHARS) {
    throw new CountersignError('key.passphraseTooShort', { minChars: MIN_PASSPHRASE_CHARS });
  }
  const bytes = Buffer.from(composed, 'utf8');
  if (bytes.length > MAX_PASSPHRASE_BYTES) {
    throw invalid(`its passphrase would have more than ${String(MAX_PASSPHRASE_BYTES)} bytes`);
  }
  return bytes;
}

/** The bytes of a passphrase in the form of `newPassphrase`; erase them after use. Throws `key.wrongPassphrase`. */
export function knownPassphrase(passphrase: string): Buffer {
  const bytes = Buffer.from(passphrase.normalize('NFC'), 'utf8');
  // Nothing was ever sealed with a longer one.
  if (bytes.length > MAX_PASSPHRASE_BYTES) throw new CountersignError('key.wrongPassphrase', {});
  return bytes;
}

/** The composed form, and the form as typed: other programs do not compose. */
function passphraseCandidates(passphrase: string): readonly Buffer[] {
  const candidates = [...new Set([passphrase.normalize('NFC'), passphrase])];
  return candidates
    .map((candidate) => Buffer.from(candidate, 'utf8'))
    .filter((bytes) => bytes.length <= MAX_PASSPHRASE_BYTES);
}

async function tryPassphrase(
  encrypted: EncryptedKey,
  passphrase: Uint8Array,
): Promise<Uint8Array | undefined> {
  const plaintext = await decryptPbes2(encrypted, passphrase);
  if (plaintext === undefined) return undefined;
  try {
    return parsePrivateKey(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/** The seed in a `PrivateKeyInfo`, or `undefined` if it is noise. Throws `key.invalid` for another kind of key. */
function parsePrivateKey(plaintext: Uint8Array): Uint8Array | undefined {
  const parts = parsePrivateKeyInfo(plaintext);
  if (parts === undefined) return undefined;
  if (parts.algorithm !== OID_ED25519) throw invalid('it is not an ed25519 key');
  const seed = Uint8Array.from(parts.key);
  if (seed.length !== SEED_BYTES) throw invalid('an ed25519 private key has 32 bytes');
  if (parts.publicKey !== undefined && parts.publicKey !== publicKeyOf(seed)) {
    throw invalid('its public key belongs to another private key');
  }
  return seed;
}

interface PrivateKeyParts {
  readonly algorithm: Hex;
  readonly key: Uint8Array;
  readonly publicKey: Hex | undefined;
}

function parsePrivateKeyInfo(plaintext: Uint8Array): PrivateKeyParts | undefined {
  try {
    const whole = new DerReader(plaintext);
    const info = whole.sequence();
    whole.end();
    info.integer();
    const algorithm = info.sequence().oid();
    const octets = info.octets();
    if (info.nextTag === TAG_ATTRIBUTES) info.content(TAG_ATTRIBUTES);
    // The first byte of a bit string counts its unused bits.
    const bits = info.nextTag === TAG_PUBLIC_KEY ? info.content(TAG_PUBLIC_KEY).subarray(1) : undefined;
    info.end();
    const key = algorithm === OID_ED25519 ? new DerReader(octets).octets() : octets;
    return { algorithm, key, publicKey: bits === undefined ? undefined : toHex(bits) };
  } catch (error) {
    // A wrong passphrase got past the padding by chance.
    if (hasCode(error, 'key.invalid')) return undefined;
    throw error;
  }
}

function toPem(der: Uint8Array, publicKey: Hex): string {
  const base64 = Buffer.from(der).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += BASE64_LINE_CHARS) {
    lines.push(base64.slice(at, at + BASE64_LINE_CHARS));
  }
  return [
    'Countersign private key (ed25519), encrypted with a passphrase',
    `Public key: ${publicKey}`,
    `SHA-256: ${checksum(der)}`,
    BEGIN,
    ...lines,
    END,
    '',
  ].join('\n');
}

interface PemFile {
  readonly der: Uint8Array;
  /** The public key in front of the block, where the file is our own. */
  readonly publicKey: Hex | undefined;
}

function parsePem(pem: string): PemFile {
  if (pem.length > MAX_PEM_CHARS) throw invalid(`it has more than ${String(MAX_PEM_CHARS)} characters`);
  const begin = pem.indexOf(BEGIN);
  const end = pem.indexOf(END);
  if (begin < 0 || end < begin) throw invalid(problemWithoutBlock(pem));
  const der = decodeBase64(pem.slice(begin + BEGIN.length, end));
  const text = pem.slice(0, begin);
  const sum = /^SHA-256: (.*?)\r?$/m.exec(text)?.[1];
  if (sum !== undefined && sum !== checksum(der)) throw invalid('it is damaged: its checksum does not match');
  return { der, publicKey: /^Public key: (.*?)\r?$/m.exec(text)?.[1] };
}

function problemWithoutBlock(pem: string): string {
  if (/-----BEGIN (RSA |EC )?PRIVATE KEY-----/.test(pem)) {
    return `it is not encrypted; encrypt it with: ${ENCRYPT_HINT}`;
  }
  if (pem.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) {
    return 'it is a key of OpenSSH; an encrypted PKCS#8 key in PEM is needed';
  }
  return `it holds no complete ${BEGIN} block`;
}

function decodeBase64(text: string): Uint8Array {
  const base64 = text.replace(/[ \t\r\n]/g, '');
  const bytes = Buffer.from(base64, 'base64');
  // Buffer skips what it does not know. Encoding again finds every such character, and unused bits that are set.
  if (!equalBytes(Buffer.from(bytes.toString('base64')), Buffer.from(base64))) {
    throw invalid('it is damaged: its PEM block is not base64');
  }
  return bytes;
}

function checksum(der: Uint8Array): Hex {
  return hash('sha256', der, 'hex');
}

function invalid(problem: string): CountersignError<'key.invalid'> {
  return new CountersignError('key.invalid', { problem });
}
