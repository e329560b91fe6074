/**
 * What a review sees around it in the console.
 * @module
 */
import { call } from '../../bridge/current.ts';
import { useSession } from '../../stores/session.ts';
import ProposalLinks from '../registry/ProposalLinks.vue';
import type { ReviewWorld } from './reviewWorld.ts';

export function consoleWorld(): ReviewWorld {
  const session = useSession();
  return {
    networkName: () => session.network?.name ?? '',
    signerName: () => session.key?.name ?? '',
    stableHeight: () => session.replica?.stableHeight ?? null,
    itemById: (id) => session.itemById(id) ?? null,
    load: async (id, firstRecord, recordCount) => await call('item.get', { id, firstRecord, recordCount }),
    links: ProposalLinks,
  };
}
