/**
 * What a request is called in lists. A change of the registry is named by whom it is about, and where only the ledger
 * knows that, by what it is.
 * @module
 */
import { useWords } from './useWords.ts';

/** What `useRequestTitle` gives. */
export interface RequestTitle {
  /** With hidden characters as they are: show it as `VisibleText`. */
  readonly titleOf: (request: { readonly kind: string; readonly title: string }) => string;
}

export function useRequestTitle(): RequestTitle {
  const { t } = useWords();
  return {
    titleOf: ({ kind, title }) => {
      if (kind === 'registry') return title === '' ? t('registry.one') : t('registry.oneOf', { whom: title });
      return title === '' ? t('inbox.untitled') : title;
    },
  };
}
