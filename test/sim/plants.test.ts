/**
 * Planted bugs: each rule of the protocol removed in turn is found (RELIABILITY.md, R4), and so is each defect of the
 * prototype.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changed } from './plants/hooks.ts';
import { PLANTS } from './plants/plants.ts';
import { resultOf, sim } from './support/cli.ts';

const MINUTE_MS = 60_000;
/** More than any of them needs, by far. */
const SEEDS = '1500';
const root = join(import.meta.dirname, '../..');

describe('planted bugs', () => {
  it('have names of their own', () => {
    expect(new Set(PLANTS.map(({ name }) => name.toLowerCase())).size).toBe(PLANTS.length);
  });

  it.each(PLANTS)('$name fits the source as it is', async ({ changes }) => {
    for (const file of new Set(changes.map((change) => change.file))) {
      const text = await readFile(join(root, file), 'utf8');
      const ofFile = changes.filter((change) => change.file === file);
      expect(changed(text, ofFile)).not.toBe(text);
    }
  });

  it.each(PLANTS)(
    '$name is found: $breaks',
    { timeout: 10 * MINUTE_MS },
    async ({ name, shows, schedule }) => {
      const made = schedule === undefined ? [] : ['--schedule', schedule];
      const ended = await sim('--seeds', SEEDS, '--first', '--json', '--plant', name, ...made);
      const { violations, firstFailingSeed } = resultOf(ended);
      expect(ended.code).toBe(1);
      expect(firstFailingSeed).not.toBe(null);
      if (shows === 'violation') expect(violations).toBeGreaterThan(0);
    },
  );
});
