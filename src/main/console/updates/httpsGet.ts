/**
 * Fetches a file by https: nothing else, with every size and every wait bounded, and without saying who asks.
 *
 * The sockets are Node's: Chromium itself reaches no network (SECURITY.md, 4).
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { CountersignError } from '../../../shared/errors.ts';
import { codeOf } from '../../storage/fileErrors.ts';
import { isHttps } from './manifest.ts';

/** How long a server may send nothing, in milliseconds. */
export const HTTPS_SILENCE_MAX_MS = 30_000;
/** Most addresses that one leads on to: places that keep files lead on once or twice. */
export const REDIRECTS_MAX = 5;

const OK = 200;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export interface GetOptions {
  readonly signal: AbortSignal;
  /** `HTTPS_SILENCE_MAX_MS` unless given. */
  readonly silenceMaxMs?: number;
}

/**
 * The pieces of the file at `url`, as they come. Ends early only by throwing: `update.unreachable`, `update.silent`,
 * `update.httpStatus`, `update.badRedirect`, or the reason of the signal.
 */
export async function* httpsGet(url: string, options: GetOptions): AsyncGenerator<Uint8Array, void> {
  const response = await follow(url, options);
  try {
    for await (const piece of response) yield piece as Uint8Array;
  } catch (error) {
    throw failure(url, error, options);
  } finally {
    response.destroy();
  }
}

/** The whole file at `url`, of at most `maxBytes`. Throws as above, and `update.tooLarge`. */
export async function httpsGetWhole(url: string, maxBytes: number, options: GetOptions): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of httpsGet(url, options)) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) throw new CountersignError('update.tooLarge', { sizeBytes, maxBytes });
    pieces.push(piece);
  }
  return Buffer.concat(pieces, sizeBytes);
}

/** The answer with the file, wherever `url` leads. */
async function follow(url: string, options: GetOptions): Promise<IncomingMessage> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const response = await ask(at, options);
    const { statusCode: status = 0, headers } = response;
    if (status === OK) return response;
    response.destroy();
    if (!REDIRECTS.includes(status)) throw new CountersignError('update.httpStatus', { url: at, status });
    const next = URL.parse(headers.location ?? '', at)?.href ?? '';
    if (redirects === REDIRECTS_MAX || headers.location === undefined || !isHttps(next)) {
      throw new CountersignError('update.badRedirect', { url: at });
    }
    at = next;
  }
}

async function ask(url: string, options: GetOptions): Promise<IncomingMessage> {
  const { signal, silenceMaxMs = HTTPS_SILENCE_MAX_MS } = options;
  try {
    return await new Promise((resolve, reject) => {
      const asked = request(url, {
        signal,
        timeout: silenceMaxMs,
        headers: { 'accept-encoding': 'identity' },
      });
      // Whoever reads an answer that has begun hears of it as well.
      let answer: IncomingMessage | null = null;
      asked.once('response', (response) => {
        answer = response;
        resolve(response);
      });
      asked.once('error', reject);
      asked.once('timeout', () => {
        (answer ?? asked).destroy(new CountersignError('update.silent', { url, timeoutMs: silenceMaxMs }));
      });
      asked.end();
    });
  } catch (error) {
    throw failure(url, error, options);
  }
}

function failure(url: string, error: unknown, { signal }: GetOptions): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof CountersignError) return error;
  const problem = codeOf(error) ?? (error instanceof Error ? error.message : String(error));
  return new CountersignError('update.unreachable', { url, problem }, { cause: error });
}
