/** Proves that each rule of the house fires where it must and keeps quiet where it must. */
import { ESLint } from 'eslint';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import { houseConfigs } from '../../scripts/eslint/house.js';
import { LAYERS } from '../../scripts/eslint/layers.js';

const root = join(import.meta.dirname, '../..');

const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  baseConfig: [{ files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } }, ...houseConfigs],
});

/** The rules that `code` breaks when it stands in the file `path`. */
async function broken(path: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, path) });
  return result!.messages.map((message) => message.ruleId ?? message.message);
}

describe('imports go down the layers', () => {
  const refused: [path: string, code: string][] = [
    ['src/shared/a.ts', "import { x } from '../main/ledger/x.ts';"],
    ['src/shared/deep/er/a.ts', "import { x } from '../../../renderer/x.ts';"],
    ['src/main/ledger/a.ts', "import { x } from '../consensus/x.ts';"],
    ['src/main/ledger/deep/a.ts', "import { x } from '../../storage/x.ts';"],
    ['src/main/consensus/a.ts', "import { x } from '../storage/x.ts';"],
    ['src/main/storage/a.ts', "import { x } from '../network/x.ts';"],
    ['src/main/network/a.ts', "import { x } from '../keys/x.ts';"],
    ['src/main/keys/a.ts', "import { x } from '../storage/x.ts';"],
    ['src/main/keys/a.ts', "import { x } from '../replica/x.ts';"],
    ['src/main/replica/a.ts', "import { x } from '../client/x.ts';"],
    ['src/main/client/a.ts', "import { x } from '../replica/x.ts';"],
    ['src/main/replica/a.ts', "import { x } from '../console/x.ts';"],
    ['src/main/console/a.ts', "import { x } from '../desktop/x.ts';"],
    ['src/main/console/a.ts', "import { x } from '../headless/x.ts';"],
    ['src/main/desktop/a.ts', "import { x } from '../headless/x.ts';"],
    ['src/main/headless/a.ts', "import { x } from '../desktop/x.ts';"],
    ['src/main/headless/a.ts', "import { x } from '../../renderer/x.ts';"],
    ['src/main/headless/a.ts', "import { x } from '../../../test/x.ts';"],
    ['src/preload/a.ts', "import { x } from '../main/console/x.ts';"],
    ['src/preload/a.ts', "import { x } from '../renderer/x.ts';"],
    ['src/renderer/stores/a.ts', "import { x } from '../../main/console/x.ts';"],
    ['src/renderer/stores/a.ts', "import { x } from '../../preload/x.ts';"],
  ];
  test.each(refused)('%s may not %s', async (path, code) => {
    expect(await broken(path, code)).toEqual(['house/layers']);
  });

  const accepted: [path: string, code: string][] = [
    ['src/shared/a.ts', "import { x } from './domain/x.ts';"],
    ['src/main/ledger/deep/a.ts', "import { x } from '../../../shared/x.ts';"],
    ['src/main/consensus/a.ts', "import { x } from '../ledger/x.ts';"],
    ['src/main/storage/a.ts', "import { x } from '../consensus/x.ts';"],
    ['src/main/replica/a.ts', "import { x } from '../network/x.ts'; import { y } from '../keys/y.ts';"],
    ['src/main/client/a.ts', "import { x } from '../network/x.ts';"],
    ['src/main/console/a.ts', "import { x } from '../replica/x.ts'; import { y } from '../client/y.ts';"],
    ['src/main/desktop/a.ts', "import { x } from '../console/x.ts';"],
    ['src/main/headless/a.ts', "import { x } from '../ledger/x.ts';"],
    ['src/main/headless/a.ts', "import p from '../../../package.json' with { type: 'json' };"],
    ['src/preload/a.ts', "import { x } from '../shared/x.ts';"],
    ['src/renderer/features/a/a.ts', "import { x } from '../../ui/x.ts';"],
    ['src/renderer/features/a/a.ts', "import { x } from '../../../shared/x.ts';"],
    ['test/main/ledger/a.test.ts', "import { x } from '../../../src/main/desktop/x.ts';"],
  ];
  test.each(accepted)('%s may %s', async (path, code) => {
    expect(await broken(path, code)).toEqual([]);
  });

  test.each([
    "import type { X } from '../consensus/x.ts';",
    "export { x } from '../consensus/x.ts';",
    "export * from '../consensus/x.ts';",
    "export type X = import('../consensus/x.ts').X;",
    "export const x = import('../consensus/x.ts');",
    "export const x = new URL('../consensus/x.ts', import.meta.url);",
    "import '../consensus/x.ts';",
  ])('every way of naming a module counts: %s', async (code) => {
    expect(await broken('src/main/ledger/a.ts', code)).toEqual(['house/layers']);
  });

  test('a file in no known layer is refused', async () => {
    expect(await broken('src/main/a.ts', '')).toEqual(['house/layers']);
    expect(await broken('src/main/helpers/a.ts', '')).toEqual(['house/layers']);
    expect(await broken('src/a.ts', '')).toEqual(['house/layers']);
  });
});

describe('only desktop and preload import electron', () => {
  const codes = ["import { app } from 'electron';", "import { app } from 'electron/main';"];
  const may = ['src/main/desktop', 'src/preload'];
  test.each(Object.keys(LAYERS))('%s', async (layer) => {
    const expected = may.includes(layer) ? [] : ['house/layers'];
    for (const code of codes) expect(await broken(`${layer}/a.ts`, code)).toEqual(expected);
  });
});

describe('packages and the platform', () => {
  const refused: [path: string, code: string][] = [
    ['src/shared/a.ts', "import { hash } from 'node:crypto';"],
    ['src/shared/a.ts', "import { WebSocket } from 'ws';"],
    ['src/shared/a.ts', "import { ref } from 'vue';"],
    ['src/main/ledger/a.ts', "import { hash } from 'node:crypto';"],
    ['src/main/ledger/hash.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/main/ledger/deep/hash.ts', "import { hash } from 'node:crypto';"],
    ['src/main/ledger/a.ts', "import sodium from 'sodium-native';"],
    ['src/main/consensus/hash.ts', "import { hash } from 'node:crypto';"],
    ['src/main/consensus/a.ts', "import { setTimeout } from 'node:timers/promises';"],
    ['src/main/storage/a.ts', "import { readFile } from 'fs/promises';"],
    ['src/renderer/a.ts', "import { join } from 'node:path';"],
    ['src/preload/a.ts', "import { join } from 'node:path';"],
    ['src/preload/a.ts', "import { z } from 'zod';"],
  ];
  test.each(refused)('%s may not %s', async (path, code) => {
    expect(await broken(path, code)).toEqual(['house/layers']);
  });

  const accepted: [path: string, code: string][] = [
    ['src/shared/a.ts', "import { z } from 'zod'; import { encode } from 'cborg';"],
    ['src/shared/a.ts', "import { encode } from 'cborg/length';"],
    ['src/main/ledger/a.ts', "import { encode } from 'cborg';"],
    ['src/main/ledger/hash.ts', "import { hash } from 'node:crypto';"],
    ['src/main/storage/a.ts', "import { DatabaseSync } from 'node:sqlite';"],
    ['src/main/keys/a.ts', "import sodium from 'sodium-native';"],
    ['src/renderer/a.ts', "import { ref } from 'vue'; import { z } from '@tanstack/vue-virtual';"],
  ];
  test.each(accepted)('%s may %s', async (path, code) => {
    expect(await broken(path, code)).toEqual([]);
  });
});

describe('ledger, consensus and shared are pure', () => {
  const impure = [
    'export const x = new Date();',
    'export const x = Date.now();',
    'setTimeout(() => undefined, 1);',
    'setInterval(() => undefined, 1);',
    'setImmediate(() => undefined);',
    'queueMicrotask(() => undefined);',
    'export const x = process.env;',
    'console.log(1);',
    'export const x = Buffer.alloc(1);',
    'export const x = performance.now();',
    'export const x = crypto.randomUUID();',
    'export const x = globalThis.Date;',
  ];
  for (const layer of ['src/shared', 'src/main/ledger', 'src/main/consensus']) {
    test.each(impure)(`${layer} may not say %s`, async (code) => {
      expect(await broken(`${layer}/a.ts`, code)).toEqual(['no-restricted-globals']);
    });
    test(`${layer} may not say Math.random()`, async () => {
      expect(await broken(`${layer}/a.ts`, 'export const x = Math.random();')).toEqual([
        'no-restricted-properties',
      ]);
    });
    test(`${layer} may use what is the same everywhere`, async () => {
      const code =
        'export const x = Math.max(1, new Uint8Array(2).length) + new TextEncoder().encode("").length;';
      expect(await broken(`${layer}/a.ts`, code)).toEqual([]);
    });
  }

  test('ledger and consensus compare nothing by the language of the machine', async () => {
    for (const layer of ['src/main/ledger', 'src/main/consensus']) {
      expect(await broken(`${layer}/a.ts`, "export const x = 'a'.localeCompare('b');")).toEqual([
        'no-restricted-syntax',
      ]);
      expect(await broken(`${layer}/a.ts`, 'export const x = new Intl.Collator();')).toEqual([
        'no-restricted-globals',
      ]);
    }
  });

  test('the layers that touch the world may', async () => {
    for (const code of [...impure, 'export const x = Math.random();']) {
      expect(await broken('src/main/replica/a.ts', code)).toEqual([]);
    }
  });
});

describe('no synchronous file access outside workers', () => {
  const blocking = [
    "import { readFileSync } from 'node:fs';",
    "import { writeFileSync as w } from 'node:fs';",
    "export { existsSync } from 'node:fs';",
    "import fs from 'node:fs'; fs.readFileSync('a');",
    "import * as fs from 'node:fs'; fs.readFileSync('a');",
    "import * as fs from 'node:fs'; fs['readFileSync']('a');",
    "import fs from 'node:fs'; const { readFileSync } = fs;",
  ];
  test.each(blocking)('%s', async (code) => {
    expect(await broken('src/main/storage/a.ts', code)).toEqual(['house/no-sync-fs']);
    expect(await broken('src/main/storage/a.worker.ts', code)).toEqual([]);
    expect(await broken('src/main/storage/worker/a.ts', code)).toEqual([]);
  });

  test('asynchronous access passes', async () => {
    const code =
      "import fs, { createReadStream } from 'node:fs'; fs.createReadStream('a'); createReadStream('b');";
    expect(await broken('src/main/storage/a.ts', code)).toEqual([]);
  });
});

test('the configuration in use has these rules as errors', async () => {
  const inUse = new ESLint({ cwd: root });
  const severity = async (path: string, rule: string): Promise<unknown> => {
    const config = (await inUse.calculateConfigForFile(join(root, path))) as {
      rules: Record<string, [number] | undefined>;
    };
    return config.rules[rule]?.[0];
  };
  expect(await severity('src/renderer/App.vue', 'house/layers')).toBe(2);
  expect(await severity('src/main/storage/a.ts', 'house/no-sync-fs')).toBe(2);
  for (const layer of ['src/shared', 'src/main/ledger', 'src/main/consensus']) {
    expect(await severity(`${layer}/a.ts`, 'house/layers')).toBe(2);
    expect(await severity(`${layer}/a.ts`, 'no-restricted-globals')).toBe(2);
    expect(await severity(`${layer}/a.ts`, 'no-restricted-properties')).toBe(2);
    expect(await severity(`${layer}/a.ts`, '@typescript-eslint/no-explicit-any')).toBe(2);
    expect(await severity(`${layer}/a.ts`, '@typescript-eslint/no-floating-promises')).toBe(2);
  }
});
