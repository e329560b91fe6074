/**
 * `countersign://console/…`: the built pages, under the same rules and headers as over HTTP (SECURITY.md 2 and 3).
 * @module
 */
import { readFile } from 'node:fs/promises';
import { protocol, type Protocol } from 'electron';
import { SECURITY_HEADERS, fileHeaders, findFile } from '../console/transports/staticFiles.ts';
import { CONSOLE_SCHEME, consolePathOf } from './origin.ts';

/** Makes the scheme known to Chromium. Before the app is ready. */
export function registerConsoleScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: CONSOLE_SCHEME, privileges: { standard: true, secure: true, bypassCSP: false } },
  ]);
}

/** Answers the scheme in one session with the files in `pageFolder`. */
export function serveConsoleScheme(sessionProtocol: Protocol, pageFolder: string): void {
  sessionProtocol.handle(CONSOLE_SCHEME, async (request) => await answer(request, pageFolder));
}

async function answer({ method, url }: Request, pageFolder: string): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') return refusal(405);
  const path = consolePathOf(url);
  if (path === null) return refusal(404);
  const target = await findFile(pageFolder, path);
  if (target.kind !== 'file') return refusal(target.kind === 'bad' ? 400 : 404);
  try {
    // Built files are small, and an archive's files can only be read whole.
    const bytes = method === 'HEAD' ? null : new Uint8Array(await readFile(target.path));
    return new Response(bytes, { headers: fileHeaders(target) });
  } catch {
    // It was there a moment ago.
    return refusal(404);
  }
}

function refusal(status: 400 | 404 | 405): Response {
  return new Response(null, { status, headers: { ...SECURITY_HEADERS, 'Cache-Control': 'no-store' } });
}
