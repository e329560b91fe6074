/**
 * What a snapshot says of the running network: nothing where none runs.
 * @module
 */
import { ITEMS_SNAPSHOT_MAX, type Snapshot } from '../../shared/contract/model.ts';
import { networkView } from './live/networkView.ts';
import type { Running } from './running.ts';
import type { Hosted } from './start/starter.ts';

/** The parts of a snapshot that come from what runs. */
export type LiveParts = Pick<
  Snapshot,
  | 'replica'
  | 'peers'
  | 'key'
  | 'items'
  | 'itemCount'
  | 'blocks'
  | 'checkpoints'
  | 'round'
  | 'views'
  | 'viewChanges'
  | 'evidence'
  | 'faults'
>;

export function liveParts(running: Running | null): LiveParts {
  return {
    replica: running?.pulse.replica() ?? null,
    peers: running?.pulse.peers() ?? [],
    key: running?.keyring.view() ?? null,
    items: running?.book.page(null, ITEMS_SNAPSHOT_MAX) ?? [],
    itemCount: running?.book.count ?? 0,
    blocks: [...(running?.pulse.chain.blocks ?? [])],
    checkpoints: [...(running?.pulse.chain.checkpoints ?? [])],
    round: running?.checkpoints.round ?? null,
    views: running?.agreement.views ?? null,
    viewChanges: [...(running?.agreement.changes ?? [])],
    evidence: running?.agreement.evidence.views ?? [],
    faults: running?.faults?.view() ?? null,
  };
}

/** The network as its registry has it now. */
export function hostedNetwork(hosted: Hosted | null, running: Running | null): Snapshot['network'] {
  if (hosted === null || running === null) return null;
  const { supervisors } = running.registry.stable.members;
  return networkView(hosted.node, supervisors.values(), hosted.embedded !== null);
}

export function registrySummary(running: Running | null): Snapshot['registry'] {
  return running?.registryReads.summary(running.keyring.view()?.publicKey ?? null) ?? null;
}
