/** Every error has its words in every language, with placeholders that its data can fill. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUES, errorWords } from '../../../src/shared/locales/errorWords.ts';
import { LANGUAGES } from '../../../src/shared/text/quantities.ts';

/** Each code of `ErrorData` with the names of its data, read from the source. */
async function declaredErrors(): Promise<Map<string, string[]>> {
  const path = join(import.meta.dirname, '../../../src/shared/errors.ts');
  const file = ts.createSourceFile('errors.ts', await readFile(path, 'utf8'), ts.ScriptTarget.Latest);
  const found = new Map<string, string[]>();
  for (const statement of file.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== 'ErrorData') continue;
    for (const member of statement.members) {
      if (!ts.isPropertySignature(member)) throw new Error('ErrorData holds something else than properties');
      const type = member.type;
      const fields = type !== undefined && ts.isTypeLiteralNode(type) ? type.members : [];
      found.set(
        (member.name as ts.StringLiteral | ts.Identifier).text,
        fields.map((field) => (field.name as ts.Identifier).text),
      );
    }
  }
  return found;
}

const declared = await declaredErrors();

function placeholdersOf(sentence: string): string[] {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();
}

describe('error words', () => {
  it('reads the declared errors', () => {
    expect(declared.size).toBeGreaterThan(50);
    expect(declared.get('import.formula')).toEqual(['name', 'row', 'column', 'cell']);
  });

  it.each(LANGUAGES)('has a sentence for every code and for no other: %s', (language) => {
    expect(Object.keys(ERROR_CATALOGUES[language]).sort()).toEqual([...declared.keys()].sort());
    for (const words of Object.values(ERROR_CATALOGUES[language])) {
      expect(Object.keys(words)).toEqual(['what', 'action']);
      expect(words.what).toMatch(/[.?!。？！]$/);
      expect(words.action).toMatch(/[.?!。？！]$|--help/);
    }
  });

  it.each(LANGUAGES)('uses only placeholders that the data of the code can fill: %s', (language) => {
    for (const [code, words] of Object.entries(ERROR_CATALOGUES[language])) {
      const used = placeholdersOf(words.what + words.action);
      expect({ code, unknown: used.filter((name) => !declared.get(code)!.includes(name)) }).toEqual({
        code,
        unknown: [],
      });
    }
  });

  it('uses the same placeholders in both languages, so that none loses a fact', () => {
    for (const [code, words] of Object.entries(ERROR_CATALOGUES.en)) {
      const other = ERROR_CATALOGUES['zh-CN'][code as keyof typeof ERROR_CATALOGUES.en];
      expect({ code, names: placeholdersOf(other.what + other.action) }).toEqual({
        code,
        names: placeholdersOf(words.what + words.action),
      });
    }
  });

  it('fills every placeholder', () => {
    for (const [code, fields] of declared) {
      const data = Object.fromEntries(fields.map((name) => [name, /Ms|Bytes|max|min/.test(name) ? 1 : 'x']));
      for (const language of LANGUAGES) {
        const { what, action } = errorWords({ code, data }, language);
        expect(what + action).not.toMatch(/[{}]/);
      }
    }
  });

  it('writes sizes, times and hashes for people', () => {
    const hash = 'ab'.repeat(32);
    const tooLarge = { code: 'encoding.tooLarge', data: { sizeBytes: 1_572_864, maxBytes: 1024 } };
    expect(errorWords(tooLarge, 'en').what).toBe('The data has 1.5 MiB, and at most 1 KiB are taken.');
    const timeout = { code: 'handshake.timeout', data: { timeoutMs: 5_000 } };
    expect(errorWords(timeout, 'en').what).toContain('5 seconds');
    const missing = { code: 'request.notFound', data: { id: hash } };
    expect(errorWords(missing, 'en').what).toContain(hash);
    expect(errorWords(missing, 'en', { shortHashes: true }).what).toContain('abababab…abababab');
    const port = { code: 'network.portInUse', data: { host: '127.0.0.1', port: 47_100 } };
    expect(errorWords(port, 'zh-CN').what).toContain('47100');
  });

  it('shows hidden characters in data, and leaves no way to fake a placeholder', () => {
    const cell = {
      code: 'import.formula',
      data: { name: '{row}', row: 3, column: 'a\u202Eb', cell: '\u001B[2J' },
    };
    const { what } = errorWords(cell, 'en');
    expect(what).toContain('a‹U+202E›b');
    expect(what).toContain('‹U+001B›[2J');
    expect(what).toContain('of {row} holds');
  });

  it('has words for a code it does not know', () => {
    const { what } = errorWords({ code: 'from.tomorrow', data: { size: 3 } }, 'en');
    expect(what).toContain('from.tomorrow size=3');
    expect(errorWords({ code: 'constructor', data: {} }, 'en').what).toContain('constructor');
  });
});
