/** Which items are to be compared before one of them is signed. */
import { describe, expect, it } from 'vitest';
import { conflictsOf, grouped } from '../../../../src/renderer/features/inbox/conflicts.ts';
import type { ItemView } from '../../../../src/shared/contract/model.ts';
import { item } from '../../stores/samples.ts';

const made = (id: string, change: Partial<ItemView> = {}): ItemView => ({
  ...item(id),
  kind: 'document',
  title: `title of ${id}`,
  contentHash: `content of ${id}`,
  subject: `subject of ${id}`,
  decision: 'approved',
  state: 'draft',
  origin: 'here',
  ...change,
});
const kinds = (...items: ItemView[]): [string, string, string][] =>
  [...conflictsOf(items)].map(([id, { kind, other }]) => [id, kind, other.id]);
const same = { contentHash: 'one content', subject: 'one subject' };

describe('conflicts', () => {
  it('are not seen where there are none', () => {
    expect(kinds(made('a'), made('b'), made('c', { state: 'final' }))).toEqual([]);
  });

  it('tell one file that was dropped twice, at both', () => {
    expect(kinds(made('a', same), made('b', same))).toEqual([
      ['a', 'twice', 'b'],
      ['b', 'twice', 'a'],
    ]);
  });

  it('tell a draft whose content was signed before, at the draft alone', () => {
    for (const state of ['signing', 'sent', 'accepted', 'final'] as const) {
      expect(kinds(made('a', same), made('b', { ...same, state }))).toEqual([['a', 'signedBefore', 'b']]);
    }
  });

  it('forget what was declined, refused or has expired', () => {
    for (const state of ['declined', 'refused', 'expired'] as const) {
      expect(kinds(made('a', same), made('b', { ...same, state }))).toEqual([]);
    }
  });

  it('leave alone what another supervisor signed: each makes a request of her own', () => {
    const theirs = made('b', { ...same, origin: 'requestFile', state: 'imported' });
    expect(kinds(made('a', same), theirs)).toEqual([]);
  });

  it('tell that another request decides otherwise about the same files, whoever signed it', () => {
    const theirs = made('b', { subject: 'one', decision: 'rejected', origin: 'requestFile', state: 'final' });
    expect(kinds(made('a', { subject: 'one' }), theirs)).toEqual([['a', 'contradicts', 'b']]);
  });

  it('tell other words about the same records, and one title over other content', () => {
    const records = { subject: 'one', decision: null, kind: 'assessments' } as const;
    expect(kinds(made('a', records), made('b', { ...records, state: 'sent' }))).toEqual([
      ['a', 'sameSubject', 'b'],
    ]);
    expect(kinds(made('a', { title: 'one' }), made('b', { title: 'one' })).map(([, kind]) => kind)).toEqual([
      'sameTitle',
      'sameTitle',
    ]);
    expect(kinds(made('a', { title: '' }), made('b', { title: '' }))).toEqual([]);
  });

  it('name the gravest of several', () => {
    const others = [
      made('b', { title: 'title of a' }),
      made('c', same),
      made('d', { ...same, state: 'final' }),
    ];
    expect(kinds(made('a', same), ...others)[0]).toEqual(['a', 'signedBefore', 'd']);
  });

  it('know nothing of the subject of older items', () => {
    expect(kinds(made('a', { subject: null }), made('b', { subject: null }))).toEqual([]);
  });

  it('are found among 10,000 items of one title in time', () => {
    const items = Array.from({ length: 10_000 }, (_, index) => made(String(index), { title: 'one' }));
    const began = performance.now();
    expect(conflictsOf(items).size).toBe(10_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('grouping', () => {
  it('puts side by side what is to be compared, and keeps the order of the rest', () => {
    const items = [made('a'), made('b', same), made('c'), made('d', same), made('e')];
    expect(grouped(items, conflictsOf(items)).map(({ id }) => id)).toEqual(['a', 'b', 'd', 'c', 'e']);
    expect(grouped(items, new Map()).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
