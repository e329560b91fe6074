/** Every word that a screen asks for is there, in every language, and none is left over. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createI18n } from 'vue-i18n';
import { CHANNEL_NAMES } from '../../../src/shared/contract/channels.ts';
import { ERROR_CATALOGUES } from '../../../src/shared/locales/errorWords.ts';
import en from '../../../src/renderer/locales/en.json' with { type: 'json' };
import zhCN from '../../../src/renderer/locales/zh-CN.json' with { type: 'json' };

const renderer = join(import.meta.dirname, '../../../src/renderer');

function leaves(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, string][] => {
    const here = path === '' ? key : `${path}.${key}`;
    return typeof inner === 'object' && inner !== null ? leaves(inner, here) : [[here, String(inner)]];
  });
}
const english = new Map(leaves(en));
const chinese = new Map(leaves(zhCN));

/** All words in quotes that look like a key, and the patterns of keys that are put together. */
async function usedKeys(): Promise<{ literal: Set<string>; patterns: RegExp[] }> {
  const entries = await readdir(renderer, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name));
  const literal = new Set<string>();
  const patterns: RegExp[] = [];
  for (const file of files) {
    const text = await readFile(join(file.parentPath, file.name), 'utf8');
    for (const [, key] of text.matchAll(/['`]([a-zA-Z]+(?:\.[\w-]+)+)['`]/g)) literal.add(key!);
    for (const [, template] of text.matchAll(/(?:\bt|plural|return)\(?\s*`([^`]*\$\{[^`]*)`/g)) {
      const source = template!.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'));
      patterns.push(new RegExp(`^${source.join('[\\w-]+')}$`));
    }
  }
  return { literal, patterns };
}

describe('words', () => {
  it('have the same keys and placeholders in both languages', () => {
    expect([...chinese.keys()]).toEqual([...english.keys()]);
    const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    for (const [key, text] of english) {
      expect({ key, names: placeholders(chinese.get(key)!) }).toEqual({ key, names: placeholders(text) });
    }
  });

  it('are never empty, and Chinese ones are Chinese', () => {
    const same = [...english].filter(([key, text]) => chinese.get(key) === text).map(([key]) => key);
    // Names, signs, and what consists of placeholders alone.
    expect(same).toEqual([
      'app.name',
      'app.pageTitle',
      'files.sha256',
      'replicas.unknown',
      'settings.languages.en',
      'settings.languages.zh-CN',
      'time.both',
    ]);
    for (const text of [...english.values(), ...chinese.values()]) expect(text.trim()).not.toBe('');
  });

  it('are all used, and all that are used are there', async () => {
    const { literal, patterns } = await usedKeys();
    const roots = new Set(Object.keys(en));
    const missing = [...literal].filter((key) => roots.has(key.split('.')[0]!) && !english.has(key));
    // Not keys of words: channels of the contract and names of error codes share their form.
    const others: readonly string[] = [...CHANNEL_NAMES, ...Object.keys(ERROR_CATALOGUES.en)];
    expect(missing.filter((key) => !others.includes(key))).toEqual([]);
    const unused = [...english.keys()].filter(
      (key) => !literal.has(key) && !patterns.some((pattern) => pattern.test(key)),
    );
    expect(unused).toEqual([]);
    for (const pattern of patterns.filter((one) => one.source.includes('\\.'))) {
      expect([pattern.source, [...english.keys()].some((key) => pattern.test(key))]).toEqual([
        pattern.source,
        true,
      ]);
    }
  });

  it('name no kind for what is new in a live list: there is more than one such list', () => {
    expect(chinese.get('liveList.newOnes')).not.toMatch(/区块|检查点/);
    expect(english.get('liveList.newOnes')).not.toMatch(/block|checkpoint/i);
  });

  it('accuse in both languages where they accuse in one', () => {
    for (const [key, text] of english) {
      expect([key, (chinese.get(key) ?? '').includes('指控')]).toEqual([key, /accus/i.test(text)]);
    }
  });

  it('can be read by the message compiler, in every plural form', () => {
    const warnings: string[] = [];
    const i18n = createI18n({
      legacy: false,
      locale: 'en',
      messages: { en, 'zh-CN': zhCN },
      missing: (_locale, key) => {
        warnings.push(key);
      },
    });
    const { t, locale } = i18n.global;
    for (const language of ['en', 'zh-CN'] as const) {
      locale.value = language;
      for (const [key, text] of english) {
        const named = Object.fromEntries([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, 'X']));
        for (const count of [0, 1, 2, 1000]) {
          const written = t(key, { ...named, count: String(count) }, count);
          expect(written).not.toMatch(/[{}|]/);
          expect(written).not.toBe(key);
        }
      }
    }
    expect(warnings).toEqual([]);
    locale.value = 'en';
    const drafts = [1, 2].map((count) => t('shell.drafts', { count: String(count) }, count));
    expect(drafts).toEqual(['1 draft to review', '2 drafts to review']);
    expect(t('blocks.requestCount', { count: '0' }, 0)).toBe('no requests');
  });
});
