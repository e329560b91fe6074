/**
 * The self-signed certificate that TLS asks for.
 *
 * It proves nothing and nobody trusts it: who a replica is follows from the handshake alone, which binds its
 * ed25519 key to the TLS connection. So it is made anew at each start, with a new P-256 key (Electron's BoringSSL
 * speaks no ed25519 certificates), and tells nothing about the machine.
 *
 * It is written by hand, as RFC 5280 lays it out: the whole of X.509 is not needed to say so little.
 * @module
 */
import { generateKeyPair, randomBytes, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import * as der from './der.ts';

/** A certificate and its private key, both in PEM. */
export interface TlsCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const VERSION_3 = Uint8Array.of(2);
const ECDSA_WITH_SHA256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = der.objectIdentifier('2.5.4.3');
const SUBJECT = 'countersign';
/** Not an authority. Some TLS libraries want version 3, and version 3 wants an extension. */
const BASIC_CONSTRAINTS = der.sequence(der.objectIdentifier('2.5.29.19'), der.octetString(der.sequence()));
/** RFC 5280 allows 20 bytes; 16 random ones never meet again. */
const SERIAL_BYTES = 16;
const VALID_FROM = '200101000000Z';
/** RFC 5280, section 4.1.2.5: "no well-defined expiration date". An expiry nobody checks protects nobody. */
const VALID_UNTIL = '99991231235959Z';

/** A new P-256 key with a certificate signed by itself. */
export async function createCertificate(): Promise<TlsCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const body = toBeSigned(publicKey);
  const signature = sign('sha256', body, privateKey);
  const certificate = der.sequence(body, ECDSA_WITH_SHA256, der.bitString(signature));
  return {
    certificate: pem('CERTIFICATE', certificate),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function toBeSigned(publicKey: KeyObject): Uint8Array {
  const name = der.sequence(der.setOf(der.sequence(COMMON_NAME, der.utf8String(SUBJECT))));
  return der.sequence(
    der.explicit(0, der.unsignedInteger(VERSION_3)),
    der.unsignedInteger(randomBytes(SERIAL_BYTES)),
    ECDSA_WITH_SHA256,
    name,
    der.sequence(der.utcTime(VALID_FROM), der.generalizedTime(VALID_UNTIL)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(BASIC_CONSTRAINTS)),
  );
}

function pem(label: string, bytes: Uint8Array): string {
  const LINE_CHARS = 64;
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(new RegExp(`.{1,${LINE_CHARS}}`, 'g'));
  return `-----BEGIN ${label}-----\n${(lines ?? []).join('\n')}\n-----END ${label}-----\n`;
}
