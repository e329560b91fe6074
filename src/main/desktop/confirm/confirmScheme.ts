/**
 * `countersign://confirm/…`: the one page of the confirmation window and the parts that it names, and nothing else of
 * what was built (SECURITY.md 2 and 3).
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Protocol } from 'electron';
import type { Language } from '../../../shared/text/quantities.ts';
import {
  CONFIRM_FILE,
  SECURITY_HEADERS,
  fileHeaders,
  findFile,
} from '../../console/transports/staticFiles.ts';
import { CONSOLE_SCHEME } from '../origin.ts';

/** The host of the window, in the scheme of the program. */
export const CONFIRM_ORIGIN = `${CONSOLE_SCHEME}://confirm`;
const PAGE_URL = `${CONFIRM_ORIGIN}/`;

/** The one address of the window, with the language that its page speaks. */
export function confirmUrl(language: Language): string {
  return `${PAGE_URL}?language=${language}`;
}

/** As the console's, without data: pictures and without any connection; the one Trusted Types policy is Vue's. */
export const CONFIRM_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types vue',
].join('; ');

/** What the page names: its scripts, its styles, its picture. */
const PART = /(?:src|href)="(\/assets\/[\w.-]+)"/g;

/** Whether a request of the window is for what its scheme may serve. */
export function isConfirmRequest(url: string): boolean {
  return url.startsWith(PAGE_URL);
}

/** Answers the scheme in the window's session with the page in `pageFolder`. */
export function serveConfirmScheme(sessionProtocol: Protocol, pageFolder: string): void {
  let parts: Promise<ReadonlySet<string>> | null = null;
  sessionProtocol.handle(CONSOLE_SCHEME, async ({ method, url }) => {
    if (method !== 'GET' && method !== 'HEAD') return refusal(405);
    if (!isConfirmRequest(url)) return refusal(404);
    const [path = ''] = url.slice(CONFIRM_ORIGIN.length).split('?', 1);
    try {
      const page = join(pageFolder, CONFIRM_FILE);
      if (path === '/') {
        const bytes = new Uint8Array(await readFile(page));
        return content(method, bytes, fileHeaders({ kind: 'file', path: page, sizeBytes: bytes.length }));
      }
      parts ??= readFile(page, 'utf8').then(partsOf);
      if (!(await parts).has(path)) return refusal(404);
      const target = await findFile(pageFolder, path);
      if (target.kind !== 'file') return refusal(404);
      return content(method, new Uint8Array(await readFile(target.path)), fileHeaders(target));
    } catch {
      return refusal(404);
    }
  });
}

function partsOf(html: string): ReadonlySet<string> {
  return new Set(Array.from(html.matchAll(PART), ([, part]) => part ?? ''));
}

function content(method: string, bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string>): Response {
  return new Response(method === 'HEAD' ? null : bytes, {
    headers: { ...headers, 'Content-Security-Policy': CONFIRM_POLICY },
  });
}

function refusal(status: 404 | 405): Response {
  return new Response(null, {
    status,
    headers: { ...SECURITY_HEADERS, 'Content-Security-Policy': CONFIRM_POLICY, 'Cache-Control': 'no-store' },
  });
}
