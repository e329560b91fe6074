/** Every line of the security checklist has a test that names it: "SECURITY 4: …" in a title. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const tests = join(import.meta.dirname, '..');
const LINES = 16;

/** Numbers that titles of tests name: "SECURITY 4:", "SECURITY 2-5:". */
async function named(): Promise<Set<number>> {
  const entries = await readdir(tests, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'));
  const texts = await Promise.all(
    files.map(async (entry) => await readFile(join(entry.parentPath, entry.name), 'utf8')),
  );
  const found = new Set<number>();
  for (const [, first, last] of texts
    .join('\n')
    .matchAll(/\b(?:it|describe)\('SECURITY (\d+)(?:-(\d+))?: /g)) {
    for (let line = Number(first); line <= Number(last ?? first); line++) found.add(line);
  }
  return found;
}

it('has a test for each line of the checklist', async () => {
  const lines = await named();
  const missing = Array.from({ length: LINES }, (_, index) => index + 1).filter((line) => !lines.has(line));
  expect(missing).toEqual([]);
});
