/**
 * The self-signed certificate that TLS asks for.
 *
 * It proves nothing and nobody trusts it: who a replica is follows from the handshake alone, which binds its
 * ed25519 key to the TLS connection. So it is made anew at each start, with a new P-256 key (Electron's BoringSSL
 * speaks no ed25519 certificates), and tells nothing about the machine.
 * @module
 */
// The library below needs it to be there first.
import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';

/** A certificate and its private key, both in PEM. */
export interface TlsCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SUBJECT = 'CN=countersign';
const VALID_FROM = new Date('2020-01-01T00:00:00Z');
/** RFC 5280, section 4.1.2.5: "no well-defined expiration date". An expiry nobody checks protects nobody. */
const VALID_UNTIL = new Date('9999-12-31T23:59:59Z');

/** A new P-256 key with a certificate signed by itself. Its serial number is random. */
export async function createCertificate(): Promise<TlsCertificate> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: SUBJECT,
    notBefore: VALID_FROM,
    notAfter: VALID_UNTIL,
    signingAlgorithm: ALGORITHM,
    keys,
    // Not an authority. Some TLS libraries want version 3, and version 3 wants an extension.
    extensions: [new BasicConstraintsExtension(false)],
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
