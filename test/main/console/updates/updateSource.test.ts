/** Where a build looks for releases is read strictly, or not at all. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SOURCE_BYTES_MAX,
  parseSource,
  readSource,
} from '../../../../src/main/console/updates/updateSource.ts';
import { caught, rejected } from '../../../support/errors.ts';
import { RELEASE_KEYS } from '../../../support/releases.ts';

const good = {
  format: 1,
  url: 'https://releases.example/countersign-update.json',
  keys: RELEASE_KEYS,
  threshold: 2,
};
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-source-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('the source of updates', () => {
  it('is read from the file of the build, and absent where there is none', async () => {
    const path = join(folder, 'updates.json');
    expect(await readSource(path)).toBeNull();
    await writeFile(path, JSON.stringify(good));
    expect(await readSource(path)).toEqual({ url: good.url, keys: RELEASE_KEYS, threshold: 2 });
    await writeFile(path, ' '.repeat(SOURCE_BYTES_MAX + 1));
    expect((await rejected(readSource(path))).code).toBe('encoding.tooLarge');
  });

  it.each([
    ['an address that is no https', { url: 'http://releases.example/' }, 'url must be an https address'],
    ['no keys', { keys: [] }, 'keys'],
    ['a key twice', { keys: [RELEASE_KEYS[0], RELEASE_KEYS[0]] }, 'names a key twice'],
    ['a threshold of nothing', { threshold: 0 }, 'threshold'],
    ['more keys needed than there are', { threshold: 4 }, 'needs more keys than there are'],
    ['a field that nobody knows', { channel: 'beta' }, 'channel'],
  ])('with %s is refused, and says what is wrong', (_name, change, problem) => {
    const error = caught(() => parseSource('updates.json', JSON.stringify({ ...good, ...change })));
    expect(error).toMatchObject({ code: 'update.sourceMalformed', data: { path: 'updates.json' } });
    expect(JSON.stringify(error.data)).toContain(problem);
  });

  it('that is no JSON is refused', () => {
    expect(caught(() => parseSource('updates.json', '{')).data).toMatchObject({ problem: 'it is not JSON' });
  });
});
