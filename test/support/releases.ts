/**
 * Releases as somebody publishes them: signed descriptions, packages, and a server that hands them out by https.
 * @module
 */
import 'reflect-metadata';
import { createHash, createPrivateKey } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { manifestDigest, manifestText, type Manifest } from '../../src/main/console/updates/manifest.ts';
import { publicKeyOf, signDigest } from '../../src/main/keys/ed25519.ts';

const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
/** Keys of those who release. */
export const RELEASE_KEYS = seeds.map(publicKeyOf);
/** A package as it is in the tests: its content does not matter, only that it is the one. */
export const PACKAGE = Buffer.alloc(300_000, 'package ');
const DAY_MS = 86_400_000;

type Content = Omit<Manifest, 'signatures'>;

export function packageAt(url: string, bytes: Uint8Array = PACKAGE): Manifest['packages'][number] {
  return {
    system: 'linux',
    processor: 'x64',
    kind: 'AppImage',
    name: 'countersign-1.3.0-linux-x86_64.AppImage',
    size_bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    url,
  };
}

/** The file that describes release 1.3.0, with `change`, signed by the keys of `signers`. */
export function description(
  url: string,
  change: Partial<Content> = {},
  signers: readonly number[] = [0, 1],
): Uint8Array {
  const content: Content = {
    format: 1,
    product: 'countersign',
    version: '1.3.0',
    released_ms: Date.now() - DAY_MS,
    expires_ms: Date.now() + DAY_MS,
    notes: { en: 'Search finds words of refusals.', 'zh-CN': '搜索可以找到拒绝理由中的词。' },
    packages: [packageAt(url)],
    ...change,
  };
  const digest = manifestDigest(content);
  const signatures = signers.map((index) => ({
    public_key: RELEASE_KEYS[index]!,
    signature: signDigest(digest, seeds[index]!),
  }));
  return Buffer.from(manifestText({ ...content, signatures }));
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine whose certificate nobody believes who is not told to. */
export class ReleaseServer {
  /** Its certificate, in PEM. */
  readonly certificate: string;
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[] = [];
  readonly #server: Server;
  readonly #answers = new Map<string, Answer>();

  private constructor(certificate: string, key: string) {
    this.certificate = certificate;
    this.#server = createServer({ cert: certificate, key }, (request, response) => {
      const path = request.url ?? '';
      this.asked.push({ path, headers: request.headers });
      const answer = this.#answers.get(path);
      if (answer === undefined) response.writeHead(404).end();
      else answer(request, response);
    });
  }

  static async start(): Promise<ReleaseServer> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=localhost',
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2099-01-01T00:00:00Z'),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true),
        new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
      ],
    });
    const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
    const pem = createPrivateKey({ key, format: 'der', type: 'pkcs8' }).export({
      type: 'pkcs8',
      format: 'pem',
    });
    const server = new ReleaseServer(`${certificate.toString('pem')}\n`, pem.toString());
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  url(path: string): string {
    return `https://localhost:${String((this.#server.address() as AddressInfo).port)}${path}`;
  }

  /** From now on `path` is answered by `answer`, or with its bytes. */
  put(path: string, answer: Answer | Uint8Array): void {
    this.#answers.set(
      path,
      typeof answer === 'function' ? answer : (_request, response) => void response.end(answer),
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
