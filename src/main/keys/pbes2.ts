/**
 * Encryption with a passphrase: PBES2 (RFC 8018, section 6.2) with scrypt (RFC 7914) or PBKDF2 and AES-CBC, as an
 * `EncryptedPrivateKeyInfo` (RFC 5958, section 3).
 *
 * Written with scrypt and AES-256. Read with what OpenSSL writes: scrypt or PBKDF2, AES-128, -192 or -256.
 * Every key derivation runs in libuv's thread pool, never on the thread that calls.
 * @module
 */
import { createCipheriv, createDecipheriv, pbkdf2, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { CountersignError } from '../../shared/errors.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { derInteger, derOctets, derOid, DerReader, derSequence } from './der.ts';

/**
 * The cost of scrypt in files that this program writes: N = 2^14, r = 8, p = 8.
 *
 * That is the work of N = 2^17, p = 1 (a fraction of a second), in eight passes over 16 MiB instead of one over
 * 128 MiB: OpenSSL refuses to read a key whose scrypt needs more than 32 MiB.
 */
export const SCRYPT_COST = { N: 2 ** 14, r: 8, p: 8 } as const;

/** The most memory that a file may make scrypt use: a hostile file must not exhaust the machine. */
export const MAX_SCRYPT_MEMORY_BYTES = 256 * 1024 * 1024;
/** The most work (N * r * p) that a file may ask of scrypt: sixteen times that of our own files, some seconds. */
export const MAX_SCRYPT_WORK = 2 ** 24;
/** The most iterations that a file may ask of PBKDF2: some seconds. OpenSSL writes 2048 unless told otherwise. */
export const MAX_PBKDF2_ITERATIONS = 10_000_000;
/** Longest salt that is read. OpenSSL writes 8 or 16 bytes. */
export const MAX_SALT_BYTES = 64;

const SALT_BYTES = 16;
const IV_BYTES = 16;
const BLOCK_BYTES = 16;

const OID_PBES2 = '2a864886f70d01050d';
const OID_PBKDF2 = '2a864886f70d01050c';
const OID_SCRYPT = '2b06010401da47040b';
const OID_AES_256_CBC = '60864801650304012a';

const HMAC_SHA1 = 'sha1';
const HMACS: Readonly<Record<Hex, string>> = {
  '2a864886f70d0207': HMAC_SHA1,
  '2a864886f70d0208': 'sha224',
  '2a864886f70d0209': 'sha256',
  '2a864886f70d020a': 'sha384',
  '2a864886f70d020b': 'sha512',
};

interface Cipher {
  readonly name: 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc';
  readonly keyBytes: number;
}

const AES_256_CBC: Cipher = { name: 'aes-256-cbc', keyBytes: 32 };
const CIPHERS: Readonly<Record<Hex, Cipher>> = {
  '608648016503040102': { name: 'aes-128-cbc', keyBytes: 16 },
  '608648016503040116': { name: 'aes-192-cbc', keyBytes: 24 },
  [OID_AES_256_CBC]: AES_256_CBC,
};

interface ScryptParameters {
  readonly kind: 'scrypt';
  readonly salt: Uint8Array;
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

interface Pbkdf2Parameters {
  readonly kind: 'pbkdf2';
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly hmac: string;
}

type KdfParameters = (ScryptParameters | Pbkdf2Parameters) & { readonly keyBytes: number | undefined };

/** What an `EncryptedPrivateKeyInfo` says, its parameters within the bounds above. */
export interface EncryptedKey {
  readonly kdf: KdfParameters;
  readonly cipher: Cipher;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const scryptAsync = promisify<Uint8Array, Uint8Array, number, object, Buffer>(scrypt);
const pbkdf2Async = promisify(pbkdf2);

/** `plaintext` under `passphrase`, as the DER of an `EncryptedPrivateKeyInfo`. */
export async function encryptPbes2(plaintext: Uint8Array, passphrase: Uint8Array): Promise<Uint8Array> {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const key = await deriveKey({ kind: 'scrypt', salt, ...SCRYPT_COST }, passphrase, AES_256_CBC.keyBytes);
  const cipher = createCipheriv(AES_256_CBC.name, key, iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  key.fill(0);

  const { N, r, p } = SCRYPT_COST;
  const kdf = derSequence(
    derOid(OID_SCRYPT),
    derSequence(derOctets(salt), derInteger(N), derInteger(r), derInteger(p)),
  );
  const encryption = derSequence(derOid(OID_AES_256_CBC), derOctets(iv));
  const algorithm = derSequence(derOid(OID_PBES2), derSequence(kdf, encryption));
  return derSequence(algorithm, derOctets(ciphertext));
}

/** Reads the DER of an `EncryptedPrivateKeyInfo`. Throws `key.invalid`, also for parameters out of bounds. */
export function parsePbes2(der: Uint8Array): EncryptedKey {
  const file = new DerReader(der);
  const info = file.sequence();
  file.end();
  const algorithm = info.sequence();
  const ciphertext = info.octets();
  info.end();

  if (algorithm.oid() !== OID_PBES2) throw invalid('it is not encrypted with PBES2');
  const parameters = algorithm.sequence();
  algorithm.end();
  const kdf = parseKdf(parameters.sequence());
  const { cipher, iv } = parseCipher(parameters.sequence());
  parameters.end();

  if (kdf.keyBytes !== undefined && kdf.keyBytes !== cipher.keyBytes) {
    throw invalid('its key length does not fit its cipher');
  }
  if (ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0) {
    throw invalid('its encrypted part is not made of whole blocks');
  }
  return { kdf, cipher, iv, ciphertext };
}

/**
 * The plaintext of `encrypted`, or `undefined` if the padding shows that the passphrase is wrong. One wrong
 * passphrase in 256 passes by chance and gives noise: the caller has to check the structure.
 */
export async function decryptPbes2(
  encrypted: EncryptedKey,
  passphrase: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { kdf, cipher, iv, ciphertext } = encrypted;
  const key = await deriveKey(kdf, passphrase, cipher.keyBytes);
  const decipher = createDecipheriv(cipher.name, key, iv);
  key.fill(0);
  const start = decipher.update(ciphertext);
  try {
    const rest = decipher.final();
    const plaintext = Buffer.concat([start, rest]);
    rest.fill(0);
    return plaintext;
  } catch {
    return undefined;
  } finally {
    start.fill(0);
  }
}

async function deriveKey(
  kdf: ScryptParameters | Pbkdf2Parameters,
  passphrase: Uint8Array,
  keyBytes: number,
): Promise<Buffer> {
  if (kdf.kind === 'pbkdf2') return pbkdf2Async(passphrase, kdf.salt, kdf.iterations, keyBytes, kdf.hmac);
  const { N, r, p } = kdf;
  // Our own bounds are checked already. Twice the need, so that rounding inside OpenSSL never refuses a file.
  const maxmem = 2 * scryptMemoryBytes(kdf);
  try {
    return await scryptAsync(passphrase, kdf.salt, keyBytes, { N, r, p, maxmem });
  } catch (error) {
    // RFC 7914 has rules on how N, r and p go together, which OpenSSL checks.
    throw invalid('its scrypt parameters are wrong', { cause: error });
  }
}

function scryptMemoryBytes({ N, r, p }: Pick<ScryptParameters, 'N' | 'r' | 'p'>): number {
  return 128 * r * (N + p);
}

function parseKdf(algorithm: DerReader): KdfParameters {
  const oid = algorithm.oid();
  const parameters = algorithm.sequence();
  algorithm.end();
  if (oid === OID_SCRYPT) return parseScrypt(parameters);
  if (oid === OID_PBKDF2) return parsePbkdf2(parameters);
  throw invalid('its key is derived neither by scrypt nor by PBKDF2');
}

function parseScrypt(parameters: DerReader): KdfParameters {
  const salt = parseSalt(parameters);
  const N = parameters.integer();
  const r = parameters.integer();
  const p = parameters.integer();
  const keyBytes = optionalInteger(parameters);
  parameters.end();
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1)
    throw invalid('its scrypt parameters are wrong');
  if (scryptMemoryBytes({ N, r, p }) > MAX_SCRYPT_MEMORY_BYTES || N * r * p > MAX_SCRYPT_WORK) {
    throw invalid('its scrypt parameters ask for too much memory or time');
  }
  return { kind: 'scrypt', salt, N, r, p, keyBytes };
}

function parsePbkdf2(parameters: DerReader): KdfParameters {
  const salt = parseSalt(parameters);
  const iterations = parameters.integer();
  const keyBytes = optionalInteger(parameters);
  const hmac = parameters.isAtEnd ? HMAC_SHA1 : parseHmac(parameters.sequence());
  parameters.end();
  if (iterations < 1 || iterations > MAX_PBKDF2_ITERATIONS) {
    throw invalid(`its PBKDF2 iterations are not from 1 to ${String(MAX_PBKDF2_ITERATIONS)}`);
  }
  return { kind: 'pbkdf2', salt, iterations, hmac, keyBytes };
}

function parseHmac(algorithm: DerReader): string {
  const hmac = HMACS[algorithm.oid()];
  algorithm.optionalNull();
  algorithm.end();
  if (hmac === undefined) throw invalid('its PBKDF2 uses an unknown hash');
  return hmac;
}

function parseCipher(algorithm: DerReader): { readonly cipher: Cipher; readonly iv: Uint8Array } {
  const cipher = CIPHERS[algorithm.oid()];
  if (cipher === undefined) throw invalid('it is encrypted with something other than AES-CBC');
  const iv = algorithm.octets();
  algorithm.end();
  if (iv.length !== IV_BYTES) throw invalid('its initialisation vector has a wrong length');
  return { cipher, iv };
}

function parseSalt(parameters: DerReader): Uint8Array {
  const salt = parameters.octets();
  if (salt.length > MAX_SALT_BYTES) throw invalid(`its salt is longer than ${String(MAX_SALT_BYTES)} bytes`);
  return salt;
}

function optionalInteger(parameters: DerReader): number | undefined {
  return parameters.isAtInteger ? parameters.integer() : undefined;
}

function invalid(problem: string, options?: ErrorOptions): CountersignError<'key.invalid'> {
  return new CountersignError('key.invalid', { problem: `the key cannot be read: ${problem}` }, options);
}
