import { expect, it } from 'vitest';
import { changedWords } from '../../../../src/renderer/features/review/changedWords.ts';
import type { ContentView } from '../../../../src/shared/contract/model.ts';

const document: ContentView = {
  kind: 'document',
  title: 'Permit 2291',
  remark: '',
  decision: 'approved',
  files: [],
};
const table: ContentView = {
  kind: 'assessments',
  title: 'Wells',
  remark: 'As measured',
  columns: [],
  recordCount: 0,
  firstRecord: 0,
  records: [],
};

it('names each word that was changed, as it was and as it is', () => {
  const current: ContentView = { ...document, title: 'Permit 2292', decision: 'rejected', remark: 'No' };
  expect(changedWords(document, current)).toEqual([
    { field: 'title', shown: 'Permit 2291', current: 'Permit 2292' },
    { field: 'decision', shown: 'approved', current: 'rejected' },
    { field: 'remark', shown: '', current: 'No' },
  ]);
  expect(changedWords(table, { ...table, remark: '' })).toEqual([
    { field: 'remark', shown: 'As measured', current: '' },
  ]);
});

it('names nothing that stayed', () => {
  expect(changedWords(document, { ...document })).toEqual([]);
  expect(changedWords(table, { ...table, columns: ['station'] })).toEqual([]);
});
