/**
 * The one ed25519 verifier: `crypto_sign_verify_detached` of libsodium.
 *
 * Ed25519 libraries give different verdicts on odd points, and the verdict of one library has changed between its
 * versions. A split verdict splits the ledger, so nothing else in this program may verify a signature. The verdicts
 * are pinned by `test/vectors/ed25519.json`.
 * @module
 */
import sodium from 'sodium-native';
import { invariant } from '../../shared/errors.ts';
import { isHex, type Hex } from '../../shared/encoding/hex.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './ed25519.ts';

/** A signature to verify. Anything of a wrong length or form gets the verdict `false`. */
export interface VerifyJob {
  readonly signature: Hex;
  readonly digest: Uint8Array;
  readonly publicKey: Hex;
}

/** A job as bytes: signature (64), digest (32), public key (32). */
export const RECORD_BYTES = SIGNATURE_BYTES + DIGEST_BYTES + PUBLIC_KEY_BYTES;

const DIGEST_OFFSET = SIGNATURE_BYTES;
const PUBLIC_KEY_OFFSET = DIGEST_OFFSET + DIGEST_BYTES;
const BITS_PER_BYTE = 8;

/** The verdict on one job, on the calling thread (about 50 µs). */
export function verifySync(job: VerifyJob): boolean {
  const record = packJob(job);
  return record !== undefined && verifyRecord(record);
}

/** The verdict on a message of any length. For test vectors: the ledger itself signs digests only. */
export function verifyMessage(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  // sodium-native asserts the length of the key and only the least length of the signature.
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return sodium.crypto_sign_verify_detached(asBuffer(signature), asBuffer(message), asBuffer(publicKey));
}

/** The record of `job`, or `undefined` if a part has a wrong length or form. */
export function packJob(job: VerifyJob): Buffer | undefined {
  const { signature, digest, publicKey } = job;
  if (!isHex(signature, SIGNATURE_BYTES) || !isHex(publicKey, PUBLIC_KEY_BYTES)) return undefined;
  if (digest.length !== DIGEST_BYTES) return undefined;
  const record = Buffer.allocUnsafe(RECORD_BYTES);
  record.write(signature, 0, 'hex');
  record.set(digest, DIGEST_OFFSET);
  record.write(publicKey, PUBLIC_KEY_OFFSET, 'hex');
  return record;
}

/** The verdicts on `records`, whole records one after another, as a bitmap: bit `i % 8` of byte `i / 8`. */
export function verifyRecords(records: Uint8Array): Uint8Array<ArrayBuffer> {
  invariant(
    records.length % RECORD_BYTES === 0,
    'a batch is made of whole records',
    () => `it has ${String(records.length)} bytes`,
  );
  const count = records.length / RECORD_BYTES;
  const verdicts = new Uint8Array(Math.ceil(count / BITS_PER_BYTE));
  for (let index = 0; index < count; index++) {
    const at = index * RECORD_BYTES;
    if (verifyRecord(records.subarray(at, at + RECORD_BYTES))) setBit(verdicts, index);
  }
  return verdicts;
}

/** Bit `index` of a bitmap made by `verifyRecords`. */
export function verdictAt(verdicts: Uint8Array, index: number): boolean {
  const byte = verdicts[Math.floor(index / BITS_PER_BYTE)] ?? 0;
  return ((byte >> (index % BITS_PER_BYTE)) & 1) === 1;
}

function setBit(bitmap: Uint8Array, index: number): void {
  const at = Math.floor(index / BITS_PER_BYTE);
  bitmap[at] = (bitmap[at] ?? 0) | (1 << (index % BITS_PER_BYTE));
}

function verifyRecord(record: Uint8Array): boolean {
  return verifyMessage(
    record.subarray(0, DIGEST_OFFSET),
    record.subarray(DIGEST_OFFSET, PUBLIC_KEY_OFFSET),
    record.subarray(PUBLIC_KEY_OFFSET),
  );
}

/** The same bytes as a Buffer, which the types of sodium-native ask for. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
