/**
 * What somebody else made different in a draft: the words that can be edited, as they were shown and as they are.
 * @module
 */
import type { ContentView } from '../../../shared/contract/model.ts';

export const EDITABLE = ['title', 'decision', 'remark'] as const;
export type EditableField = (typeof EDITABLE)[number];

export interface ChangedWord {
  readonly field: EditableField;
  /** As it was shown; empty where there was nothing. */
  readonly shown: string;
  readonly current: string;
}

/** What differs between two contents of one draft, in the order of the page. */
export function changedWords(shown: ContentView, current: ContentView): readonly ChangedWord[] {
  return EDITABLE.map((field) => ({
    field,
    shown: wordOf(shown, field),
    current: wordOf(current, field),
  })).filter((word) => word.shown !== word.current);
}

function wordOf(content: ContentView, field: EditableField): string {
  if (field === 'remark') return content.remark;
  if (field === 'decision') return content.kind === 'document' ? content.decision : '';
  return content.kind === 'registry' ? '' : content.title;
}
