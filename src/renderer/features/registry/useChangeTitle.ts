/**
 * What a change of the registry is called: what it does, and to whom.
 * @module
 */
import type { ContentView } from '../../../shared/contract/model.ts';
import type { RegistryDifferenceView } from '../../../shared/contract/registry.ts';
import type { RegistryChange } from '../../../shared/domain/registry.ts';
import { visibleText } from '../../../shared/text/visible.ts';
import { useWords } from '../../ui/useWords.ts';

/** What `useChangeTitle` gives. */
export interface ChangeTitle {
  readonly titleOf: (
    change: Pick<RegistryChange, 'kind'>,
    difference: RegistryDifferenceView | null,
  ) => string;
  /** The title of a request that changes the registry, or approves or withdraws a change. */
  /** What a request about the registry proposes, approves or withdraws. */
  readonly subjectOf: (content: Extract<ContentView, { kind: 'registry' }>) => string;
  readonly contentTitle: (content: Extract<ContentView, { kind: 'registry' }>) => string;
}

export function useChangeTitle(): ChangeTitle {
  const { t } = useWords();
  const titleOf: ChangeTitle['titleOf'] = ({ kind }, difference) => {
    const what = t(`registry.changeOf.${kind}`);
    const whom = nameIn(difference);
    return whom === '' ? what : t('registry.titled', { what, whom: visibleText(whom) });
  };
  return {
    titleOf,
    subjectOf: ({ action, proposal, difference }) => {
      if (action.type === 'propose') return titleOf(action.change, difference);
      return proposal === null ? action.proposalId : titleOf(proposal.change, difference);
    },
    contentTitle: ({ action, proposal, difference }) => {
      if (action.type === 'propose') return titleOf(action.change, difference);
      if (proposal === null) return t(`registry.actionOf.${action.type}`);
      return t(`registry.acted.${action.type}`, { what: titleOf(proposal.change, difference) });
    },
  };
}

function nameIn(difference: RegistryDifferenceView | null): string {
  const facts = difference?.before ?? difference?.after ?? null;
  return facts === null || facts.kind === 'policy' ? '' : facts.name;
}
