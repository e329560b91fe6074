/** What was typed and not saved is kept for the tab. */
import { describe, expect, it } from 'vitest';
import { keepTyped, typedInto } from '../../../../src/renderer/features/review/typedWords.ts';

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

describe('typed words', () => {
  it('are kept for each item, and go when nothing is left to save', () => {
    const tab = storage();
    keepTyped('a', { title: 'one' }, () => tab);
    keepTyped('b', { remark: 'two', decision: 'rejected' }, () => tab);
    expect(typedInto('a', () => tab)).toEqual({ title: 'one' });
    expect(typedInto('b', () => tab)).toEqual({ remark: 'two', decision: 'rejected' });
    keepTyped('a', {}, () => tab);
    expect(typedInto('a', () => tab)).toEqual({});
    expect(tab.kept.size).toBe(1);
  });

  it('are nothing where what is there is not theirs', () => {
    for (const text of ['{', 'null', '[]', '{"title":1}', '{"decision":"perhaps"}']) {
      const tab = storage();
      tab.setItem('countersign.typed.a', text);
      expect(typedInto('a', () => tab)).toEqual({});
    }
  });

  it('do without a storage', () => {
    const forbidden = (): never => {
      throw new Error('forbidden');
    };
    expect(() => keepTyped('a', { title: 'one' }, forbidden)).not.toThrow();
    expect(typedInto('a', forbidden)).toEqual({});
  });
});
