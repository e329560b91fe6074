/**
 * The built page as files: which file a URL stands for, and how it is sent. Nothing outside the folder can be named.
 * @module
 */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The page that every address of the console without an extension leads to: the router of the page reads it. */
export const INDEX_FILE = 'index.html';

/** The page of the confirmation window, which is served there and nowhere else. */
export const CONFIRM_FILE = 'confirm.html';

/** Longest URL, in characters: the console's own are short. */
const URL_CHARS_MAX = 2_048;

/** A file to send. */
export interface FileTarget {
  readonly kind: 'file';
  readonly path: string;
  readonly sizeBytes: number;
}

/** What a URL stands for. `bad`: it is no path within the folder. */
export type Target = FileTarget | { readonly kind: 'bad' } | { readonly kind: 'missing' };

/** Headers of every answer. */
export const SECURITY_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff', 'font/woff'],
  ['.woff2', 'font/woff2'],
]);

/** The file in `folder` that the request target `url` stands for. */
export async function findFile(folder: string, url: string): Promise<Target> {
  const segments = segmentsOf(url);
  if (segments === null) return { kind: 'bad' };
  const name = segments.at(-1) ?? '';
  if (name === CONFIRM_FILE) return { kind: 'missing' };
  const found = await fileAt(folder, join(folder, ...segments));
  if (found !== null) return found;
  if (extname(name) !== '') return { kind: 'missing' };
  return (await fileAt(folder, join(folder, INDEX_FILE))) ?? { kind: 'missing' };
}

/** The headers with which a file is sent. */
export function fileHeaders({ path, sizeBytes }: FileTarget): Record<string, string> {
  const YEAR_SECONDS = 31_536_000;
  // The build puts a hash of the content into the names below `assets`.
  const isHashed = path.split(sep).at(-2) === 'assets';
  return {
    ...SECURITY_HEADERS,
    'Content-Type': MEDIA_TYPES.get(extname(path).toLowerCase()) ?? 'application/octet-stream',
    'Content-Length': String(sizeBytes),
    'Cache-Control': isHashed ? `public, max-age=${String(YEAR_SECONDS)}, immutable` : 'no-cache',
  };
}

/** Sends a file, or its headers alone. Ends early where the reader goes. */
export async function sendFile(
  response: ServerResponse,
  file: FileTarget,
  headersOnly: boolean,
): Promise<void> {
  const { path, sizeBytes } = file;
  response.writeHead(200, fileHeaders(file));
  if (headersOnly || sizeBytes === 0) {
    response.end();
    return;
  }
  // Exactly as long as was announced, whatever happens to the file meanwhile.
  await pipeline(createReadStream(path, { end: sizeBytes - 1 }), response);
}

/** The decoded names in a path; `null` for anything that is not a plain path downwards. */
function segmentsOf(url: string): string[] | null {
  const [raw = ''] = url.split(/[?#]/, 1);
  // Also keeps `http://elsewhere/`, `//elsewhere/` and `*` out.
  if (url.length > URL_CHARS_MAX || !raw.startsWith('/') || raw.startsWith('//')) return null;
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return null;
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\\:]/.test(path)) return null;
  const segments = path.split('/').slice(1);
  const isPlain = segments.every((segment, index) => {
    const isLast = index === segments.length - 1;
    return !segment.startsWith('.') && (segment !== '' || isLast);
  });
  return isPlain ? segments : null;
}

/** The file at `path`, which must lie within `folder` also after following links. */
async function fileAt(folder: string, path: string): Promise<FileTarget | null> {
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(path)]);
    if (!real.startsWith(root + sep)) return null;
    const { size } = await stat(real).then((found) => (found.isFile() ? found : { size: -1 }));
    return size < 0 ? null : { kind: 'file', path: real, sizeBytes: size };
  } catch {
    return null;
  }
}
