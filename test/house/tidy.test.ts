/** The habits of the house that no linter looks after. */
import { readFile, readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { LAYERS } from '../../scripts/eslint/layers.js';

const root = join(import.meta.dirname, '../..');
const LINES_MAX = 450;
const CODE = /\.(ts|vue|mjs|js)$/;

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Every file of code below `folder`, with its path from the root in forward slashes. */
async function sources(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && CODE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(
    paths.map(async (path) => ({
      path: path
        .slice(root.length + 1)
        .split(sep)
        .join('/'),
      text: await readFile(path, 'utf8'),
    })),
  );
}

/** "path:line" of every line of `files` that matches. */
function linesWith(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}`] : [])),
  );
}

const src = await sources('src');
const own = 'test/house/tidy.test.ts';
const everything = [...src, ...(await sources('test')), ...(await sources('scripts'))].filter(
  ({ path }) => path !== own,
);

test(`no file of src has more than ${LINES_MAX} lines`, () => {
  const long = src
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > LINES_MAX);
  expect(long).toEqual([]);
});

/** "path:line" of every `any` in the code of a file; of a component, its script. */
function anysIn({ path, text }: SourceFile): string[] {
  const code = path.endsWith('.vue')
    ? text.replace(
        /^([\s\S]*?<script[^>]*>)([\s\S]*?)<\/script>[\s\S]*$/,
        (_all, before: string, script: string) => before.replace(/[^\n]/g, '') + script,
      )
    : text;
  const file = ts.createSourceFile('file.ts', code, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      found.push(`${path}:${file.getLineAndCharacterOfPosition(node.end).line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test('no any', () => {
  const sample = '<template><p>any</p></template>\n<script setup lang="ts">\nconst x: any = 1;\n</script>';
  expect(anysIn({ path: 'a.ts', text: "const any = 'any'; // any\nlet x: Map<string, any>;" })).toEqual([
    'a.ts:2',
  ]);
  expect(anysIn({ path: 'a.vue', text: sample })).toEqual(['a.vue:3']);
  expect(everything.filter(({ path }) => /\.(ts|vue)$/.test(path)).flatMap(anysIn)).toEqual([]);
});

test('nothing is left to do', () => {
  expect(linesWith(everything, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
});

test('no lint or type error is silenced without a reason', () => {
  expect(linesWith(everything, /@ts-(ignore|nocheck)/)).toEqual([]);
  expect(linesWith(everything, /@ts-expect-error\s*$/)).toEqual([]);
  // A reason follows two dashes.
  expect(linesWith(everything, /eslint-disable(?!.*--\s*\S)/)).toEqual([]);
});

test('no test is left alone or left out', () => {
  expect(linesWith(everything, /\b(test|it|describe)\.only\b/)).toEqual([]);
});

test('every folder of src/main is a known layer', async () => {
  const known = Object.keys(LAYERS);
  const entries = await readdir(join(root, 'src/main'), { withFileTypes: true });
  expect(entries.map(({ name }) => `src/main/${name}`).filter((path) => !known.includes(path))).toEqual([]);
});

/** "a.b.c" for every leaf, with the names of its placeholders: a translation must keep both. */
function leavesOf(value: unknown, path: string): string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      leavesOf(inner, path === '' ? key : `${path}.${key}`),
    );
  }
  const placeholders = new Set(String(value).match(/\{\s*\w+\s*\}/g) ?? []);
  return [`${path} ${[...placeholders].sort().join(' ')}`.trimEnd()];
}

test('both languages say the same things', async () => {
  const [en, zh] = await Promise.all(
    ['en', 'zh-CN'].map(async (locale) => {
      const text = await readFile(join(root, `src/renderer/locales/${locale}.json`), 'utf8').catch(
        () => undefined,
      );
      return text === undefined ? undefined : leavesOf(JSON.parse(text), '').sort();
    }),
  );
  expect(zh).toEqual(en);
});
