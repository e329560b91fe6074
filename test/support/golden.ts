/**
 * Transcripts that are compared with files under `test/scenarios/golden/`. `UPDATE_GOLDEN=1` writes them anew.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';

const FOLDER = join(import.meta.dirname, '../scenarios/golden');

/** Compares `lines` with the committed transcript `name`. */
export async function expectGolden(name: string, lines: readonly string[]): Promise<void> {
  const path = join(FOLDER, `${name}.txt`);
  const actual = `${lines.join('\n')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(path, actual);
  expect(actual).toBe(await readFile(path, 'utf8'));
}
