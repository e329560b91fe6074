/**
 * Writes DER (ITU-T X.690), the encoding of certificates: only what `certificate.ts` needs.
 * @module
 */

const SHORT_LENGTH_MAX = 0x7f;
const LONG_LENGTH = 0x80;
const HIGH_BIT = 0x80;
const BITS_PER_BYTE = 8;
const ARC_BITS = 7;

const UNIVERSAL = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const FIRST_CONTEXT_TAG = 0xa0;

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Uint8Array {
  if (length <= SHORT_LENGTH_MAX) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(LONG_LENGTH | bytes.length, ...bytes);
}

/** SEQUENCE of the parts. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(UNIVERSAL.sequence, ...parts);
}

/** SET of one part. */
export function setOf(part: Uint8Array): Uint8Array {
  return element(UNIVERSAL.set, part);
}

/** INTEGER of an unsigned number, most significant byte first. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  const firstUsed = bytes.findIndex((byte) => byte !== 0);
  const shortest = firstUsed === -1 ? Uint8Array.of(0) : bytes.subarray(firstUsed);
  // A leading bit of one would make it negative.
  const sign = ((shortest[0] ?? 0) & HIGH_BIT) === 0 ? [] : [0];
  return element(UNIVERSAL.integer, Uint8Array.from(sign), shortest);
}

/** BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return element(UNIVERSAL.bitString, Uint8Array.of(0), bytes);
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Uint8Array {
  return element(UNIVERSAL.octetString, bytes);
}

/** UTF8String. */
export function utf8String(text: string): Uint8Array {
  return element(UNIVERSAL.utf8String, new TextEncoder().encode(text));
}

/** OBJECT IDENTIFIER, given in dotted form. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest];
  return element(UNIVERSAL.objectIdentifier, Uint8Array.from(arcs.flatMap(arcBytes)));
}

function arcBytes(arc: number): number[] {
  const bytes = [arc % 2 ** ARC_BITS];
  for (let rest = arc >> ARC_BITS; rest > 0; rest >>= ARC_BITS) {
    bytes.unshift((rest % 2 ** ARC_BITS) | (1 << (BITS_PER_BYTE - 1)));
  }
  return bytes;
}

/** UTCTime: `YYMMDDHHMMSSZ`, for years up to 2049 (RFC 5280, section 4.1.2.5). */
export function utcTime(text: string): Uint8Array {
  return element(UNIVERSAL.utcTime, new TextEncoder().encode(text));
}

/** GeneralizedTime: `YYYYMMDDHHMMSSZ`, for years from 2050. */
export function generalizedTime(text: string): Uint8Array {
  return element(UNIVERSAL.generalizedTime, new TextEncoder().encode(text));
}

/** A context-specific, constructed element with an explicit tag. */
export function explicit(tag: number, part: Uint8Array): Uint8Array {
  return element(FIRST_CONTEXT_TAG + tag, part);
}
