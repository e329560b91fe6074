/** What the documents point at is there. */
import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test('every path that a document names exists', async () => {
  const names = (await readdir(join(root, 'docs'), { recursive: true })).filter((name) =>
    name.endsWith('.md'),
  );
  const texts = await Promise.all(
    names.map(async (name) => await readFile(join(root, 'docs', name), 'utf8')),
  );
  const paths = texts.flatMap((text) => text.match(/(?<=`)(src|test|docs|scripts)\/[\w./-]+(?=`)/g) ?? []);
  const missing = await Promise.all(
    [...new Set(paths)].map(async (path) =>
      access(join(root, path)).then(
        () => [],
        () => [path],
      ),
    ),
  );
  expect(missing.flat()).toEqual([]);
  expect(paths.length).toBeGreaterThan(0);
});
