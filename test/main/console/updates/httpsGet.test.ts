/** Files come by https whole or not at all, from a real server. */
import type { ServerResponse } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  REDIRECTS_MAX,
  httpsGetWhole,
  type GetOptions,
} from '../../../../src/main/console/updates/httpsGet.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { rejected } from '../../../support/errors.ts';
import { PACKAGE, ReleaseServer } from '../../../support/releases.ts';

const usual = getCACertificates('default');
const options: GetOptions = { signal: new AbortController().signal };
let server: ReleaseServer;

beforeAll(async () => {
  server = await ReleaseServer.start();
  setDefaultCACertificates([...usual, server.certificate]);
});
afterAll(async () => {
  setDefaultCACertificates([...usual]);
  await server.close();
});

async function refusal(path: string, maxBytes = PACKAGE.length, more: Partial<GetOptions> = {}) {
  return (await rejected(httpsGetWhole(server.url(path), maxBytes, { ...options, ...more }))).code;
}

describe('a file by https', () => {
  it('comes whole, also from where its address leads on to, and nobody says who asks', async () => {
    server.put('/file', PACKAGE);
    server.put('/moved', (_request, response) => response.writeHead(302, { location: '/file' }).end());
    expect(Buffer.from(await httpsGetWhole(server.url('/moved'), PACKAGE.length, options))).toEqual(PACKAGE);
    const headers = Object.keys(server.asked.at(-1)?.headers ?? {});
    expect(headers.toSorted()).toEqual(['accept-encoding', 'connection', 'host']);
  });

  it('that is larger than expected is not taken in', async () => {
    expect(await refusal('/file', PACKAGE.length - 1)).toBe('update.tooLarge');
    server.put('/endless', (_request, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(PACKAGE, more);
      };
      more();
    });
    expect(await refusal('/endless')).toBe('update.tooLarge');
  });

  it('that is cut off, silent, elsewhere or nowhere is refused', async () => {
    server.put('/cut', (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
    });
    expect(await refusal('/cut')).toBe('update.unreachable');
    server.put('/silent', (_request, response) => response.writeHead(200).write('half'));
    expect(await refusal('/silent', 100, { silenceMaxMs: 200 })).toBe('update.silent');
    server.put('/nothing', () => undefined);
    expect(await refusal('/nothing', 100, { silenceMaxMs: 200 })).toBe('update.silent');
    expect(await refusal('/none')).toBe('update.httpStatus');
    const nowhere = httpsGetWhole('https://localhost:1/file', 100, options);
    expect(await rejected(nowhere)).toMatchObject({
      code: 'update.unreachable',
      data: { problem: 'ECONNREFUSED' },
    });
  });

  it('is followed over https alone, and not for ever', async () => {
    const to =
      (location?: string) =>
      (_request: unknown, response: ServerResponse): void => {
        response.writeHead(302, location === undefined ? {} : { location }).end();
      };
    server.put('/plain', to('http://localhost/file'));
    expect(await refusal('/plain')).toBe('update.badRedirect');
    server.put('/nowhere', to());
    expect(await refusal('/nowhere')).toBe('update.badRedirect');
    server.put('/round', to('/round'));
    const before = server.asked.length;
    expect(await refusal('/round')).toBe('update.badRedirect');
    expect(server.asked.length - before).toBe(REDIRECTS_MAX + 1);
  });

  it('of a server whose certificate nobody believes is refused', async () => {
    const other = await ReleaseServer.start();
    other.put('/file', PACKAGE);
    const answer = rejected(httpsGetWhole(other.url('/file'), PACKAGE.length, options));
    expect(await answer).toMatchObject({ code: 'update.unreachable' });
    expect(other.asked).toEqual([]);
    await other.close();
  });

  it('is not waited for any more when a person has had enough', async () => {
    const stop = new AbortController();
    server.put('/slow', (_request, response) => {
      response.writeHead(200).write('half');
      stop.abort(new CountersignError('stopped', { what: 'the update' }));
    });
    expect(await refusal('/slow', 100, { signal: stop.signal })).toBe('stopped');
  });
});
