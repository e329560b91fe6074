/** docs/LIMITS.md says what the code does: each constant exists with its value, and none is left out. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { constantsOf, modulesOfSrc } from '../support/constants.ts';
import { tableUnder } from '../support/markdown.ts';

const UNITS: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  ms: 1,
  s: 1_000,
  min: 60_000,
  d: 86_400_000,
};

/** The number that a value of the document stands for: `4,096`, `64 KiB`, `15 s` or `2^14`. */
function valueOf(text: string): number {
  const power = /^(\d+)\^(\d+)$/.exec(text);
  if (power) return Number(power[1]) ** Number(power[2]);
  const [, digits, unit] = /^([\d,]+)(?: (\w+))?$/.exec(text) ?? [];
  const factor = unit === undefined ? 1 : UNITS[unit];
  return Number(digits?.replaceAll(',', '')) * (factor ?? NaN);
}

/** By these names a constant says that it is a limit. */
const LIMIT = /(^|_)(MAX|CEILING)(_|$)|^DEFAULT_(LIMITS|OPTIONS)\.|_OVERHEAD_BYTES$/;

const doc = await readFile(join(import.meta.dirname, '../../docs/LIMITS.md'), 'utf8');
const rows = tableUnder(doc, '# Limits').map(([name, path, value, why, reached]) => ({
  name: name!.replaceAll('`', ''),
  path: path!.replaceAll('`', ''),
  value: value!,
  why: why!,
  reached: reached!,
}));

describe('docs/LIMITS.md', () => {
  it.each(rows)('$name of $path', async ({ name, path, value, why }) => {
    const { declared, values } = await constantsOf(path);
    expect([...declared]).toContain(name);
    expect(valueOf(value)).toBe(values.get(name));
    expect(why).not.toBe('');
  });

  it('leaves no limit of src out, and names none twice', async () => {
    const documented = rows.map(({ path, name }) => `${path} ${name}`);
    const modules = await modulesOfSrc();
    const found = await Promise.all(
      modules.map(async (path) =>
        [...(await constantsOf(path)).declared]
          .filter((name) => LIMIT.test(name))
          .map((name) => `${path} ${name}`),
      ),
    );
    expect(found.flat().filter((limit) => !documented.includes(limit))).toEqual([]);
    expect(documented.length).toBe(new Set(documented).size);
  });

  it('speaks of errors that there are', async () => {
    const errors = await readFile(join(import.meta.dirname, '../../src/shared/errors.ts'), 'utf8');
    const codes = rows.flatMap(({ reached }) => reached.match(/`[a-z]+\.[a-zA-Z]+`/g) ?? []);
    const unknown = codes.filter((code) => !errors.includes(`'${code.replaceAll('`', '')}'`));
    expect(unknown).toEqual([]);
    expect(codes.length).toBeGreaterThan(0);
  });
});

describe('reading values', () => {
  it.each([
    ['4,096', 4_096],
    ['64 KiB', 65_536],
    ['15 s', 15_000],
    ['2^14', 16_384],
    ['some', NaN],
    ['3 miles', NaN],
  ])('%s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });
});
