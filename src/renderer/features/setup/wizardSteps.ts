/**
 * The steps of making and of joining a network. Where one stands follows from what there is, so that a reload or a
 * restart changes nothing.
 * @module
 */
import type { SetupPath, SetupView } from '../../../shared/contract/setup.ts';

export type WizardStep = 'card' | 'collect' | 'import' | 'compare';

/** The steps of each way, in order. */
export const STEPS: Readonly<Record<SetupPath, readonly WizardStep[]>> = {
  create: ['card', 'collect', 'compare'],
  join: ['card', 'import', 'compare'],
};

/** The step that comes next; `null` where no way has been chosen. */
export function stepOf({
  path,
  ownCards,
  genesis,
}: Pick<SetupView, 'path' | 'ownCards' | 'genesis'>): WizardStep | null {
  if (path === null) return null;
  if (ownCards.length === 0) return 'card';
  if (genesis !== null) return 'compare';
  return path === 'create' ? 'collect' : 'import';
}
