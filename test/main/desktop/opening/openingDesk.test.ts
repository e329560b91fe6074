/** What waits, what is opened when, and what a file becomes. */
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  REQUEST_UPLOAD_BYTES_MAX,
  UPLOAD_CHUNK_BYTES_MAX,
} from '../../../../src/shared/contract/channels.ts';
import { OPENINGS_MAX, type OpeningStep } from '../../../../src/shared/contract/opening.ts';
import type { Stage } from '../../../../src/shared/contract/model.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { OpeningDesk, type OpeningConsole } from '../../../../src/main/desktop/opening/openingDesk.ts';
import { wishOfLink, wishOfPath } from '../../../../src/main/desktop/opening/wishes.ts';

let folder: string;
let stage: Stage;
let calls: [channel: string, input: unknown][];
let finish: () => { id: string };
const running: Stage = { name: 'running', sinceMs: 0 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-opening-'));
  stage = running;
  calls = [];
  finish = () => ({ id: 'one' });
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** The console, as far as files are opened with it: keeps what it is called with. */
function desk(): OpeningDesk {
  const handle = (async (channel: string, input: unknown) => {
    await Promise.resolve();
    calls.push([channel, input]);
    if (channel === 'upload.begin') return { uploadId: 'up' };
    return channel === 'upload.finish' ? finish() : {};
  }) as OpeningConsole['handle'];
  return new OpeningDesk(() => ({
    handle,
    get stage() {
      return stage;
    },
  }));
}

/** What a page hears that takes every answer. */
async function next(opening: OpeningDesk): Promise<Omit<OpeningStep, 'number'>> {
  const { number, ...step } = await opening.next(taken.get(opening) ?? 0);
  taken.set(opening, number);
  return step;
}
const taken = new WeakMap<OpeningDesk, number>();

const link = (path: string) => wishOfLink(`countersign://open${path}`);

describe('the desk', () => {
  it('keeps everything in order until the network runs, but tells at once what can never be opened', async () => {
    stage = { name: 'setup' };
    const opening = desk();
    opening.add([link('/blocks'), link('/nowhere'), link('/keys')]);
    const waiting = ['countersign://open/blocks', 'countersign://open/keys'];
    expect(await next(opening)).toMatchObject({
      opened: { kind: 'failed', error: { code: 'opening.linkPage' } },
      waiting,
    });
    expect(await next(opening)).toEqual({ opened: null, waiting });
    stage = running;
    expect(await next(opening)).toEqual({
      opened: { kind: 'page', path: '/blocks' },
      waiting: waiting.slice(1),
    });
    expect(await next(opening)).toEqual({ opened: { kind: 'page', path: '/keys' }, waiting: [] });
    expect(await next(opening)).toEqual({ opened: null, waiting: [] });
  });

  it('holds no more than its limit, and says once that it left some out', async () => {
    const opening = desk();
    opening.add(Array.from({ length: OPENINGS_MAX - 1 }, () => link('/blocks')));
    opening.add([link('/keys'), link('/peers'), link('/views')]);
    expect(opening.size).toBe(OPENINGS_MAX);
    for (let index = 0; index < OPENINGS_MAX; index++) await next(opening);
    expect(await next(opening)).toMatchObject({
      opened: { kind: 'failed', error: { code: 'opening.tooMany', data: { max: OPENINGS_MAX } } },
    });
    expect(await next(opening)).toEqual({ opened: null, waiting: [] });
  });

  it('gives an outcome again until a page has it: one that was loaded again meanwhile misses nothing', async () => {
    const opening = desk();
    opening.add([link('/blocks'), link('/keys')]);
    // The second asks as a page that has nothing yet, while the answer to the first is on its way.
    const steps = await Promise.all([opening.next(0), opening.next(0)]);
    expect(steps).toMatchObject([
      { opened: { path: '/blocks' }, number: 1 },
      { opened: { path: '/blocks' }, number: 1 },
    ]);
    expect(await opening.next(1)).toMatchObject({ opened: { path: '/keys' }, number: 2 });
    expect(await opening.next(2)).toEqual({ opened: null, number: 2, waiting: [] });
    // Loaded again later, it is not told of what was taken.
    expect(await opening.next(0)).toEqual({ opened: null, number: 2, waiting: [] });
  });
});

describe('a file', () => {
  it('that is a request goes in by pieces, byte for byte, and nothing signs or sends it', async () => {
    const bytes = Buffer.alloc(UPLOAD_CHUNK_BYTES_MAX + 3, 'xyz');
    await writeFile(join(folder, 'a.csreq'), bytes);
    const opening = desk();
    opening.add([wishOfPath('a.csreq', folder)]);
    expect(await next(opening)).toMatchObject({ opened: { kind: 'item', id: 'one' } });
    expect(calls.map(([channel]) => channel)).toEqual([
      'upload.begin',
      'upload.chunk',
      'upload.chunk',
      'upload.finish',
    ]);
    expect(calls[0]?.[1]).toEqual({
      name: 'a.csreq',
      mediaType: '',
      sizeBytes: bytes.length,
      purpose: 'request',
    });
    const pieces = calls
      .slice(1, 3)
      .map(([, input]) => Buffer.from((input as { data: string }).data, 'base64'));
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('that is in the inbox already leads there; one that is refused is said to be, and its upload is dropped', async () => {
    await writeFile(join(folder, 'a.csdraft'), '{}');
    const opening = desk();
    const wish = wishOfPath('a.csdraft', folder);
    finish = () => {
      throw new CountersignError('import.alreadyThere', { name: 'a.csdraft', existing: 'two' });
    };
    opening.add([wish]);
    expect(await next(opening)).toMatchObject({ opened: { kind: 'item', id: 'two' } });
    finish = () => {
      throw new CountersignError('draftFile.invalid', { at: 'the file', problem: 'is empty' });
    };
    opening.add([wish]);
    expect(await next(opening)).toMatchObject({
      opened: { kind: 'failed', name: 'a.csdraft', error: { code: 'draftFile.invalid' } },
    });
    expect(calls.at(-1)).toEqual(['upload.cancel', { uploadId: 'up' }]);
  });

  it('that is not there, is a folder or is too large is said to be, and nothing of it is handed on', async () => {
    await mkdir(join(folder, 'folder.csreq'));
    await writeFile(join(folder, 'large.csreq'), '');
    await truncate(join(folder, 'large.csreq'), REQUEST_UPLOAD_BYTES_MAX + 1);
    const opening = desk();
    opening.add(['none.csreq', 'folder.csreq', 'large.csreq'].map((name) => wishOfPath(name, folder)));
    const codes: unknown[] = [];
    for (let index = 0; index < 3; index++) codes.push((await next(opening)).opened);
    expect(codes).toMatchObject([
      { error: { code: 'file.notFound' } },
      { error: { code: 'file.unreadable' } },
      { error: { code: 'opening.tooLarge', data: { name: 'large.csreq' } } },
    ]);
    expect(calls).toEqual([]);
  });
});
