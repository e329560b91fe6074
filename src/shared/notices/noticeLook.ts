/**
 * What there is to notify of in a picture of the console, the same for pages and for the window.
 * @module
 */
import type {
  EvidenceView,
  ItemView,
  NetworkView,
  PeerView,
  ReplicaView,
  ViewsView,
} from '../contract/model.ts';
import type { RegistrySummary } from '../contract/registry.ts';
import type { NoticeLook } from './notices.ts';
import { stepStatus } from './stepStatus.ts';

/** The parts of a picture that somebody may have to hear of. */
export interface NoticePicture {
  readonly items: readonly Pick<ItemView, 'id' | 'state' | 'title'>[];
  readonly evidence: readonly Pick<EvidenceView, 'accused' | 'epoch'>[];
  readonly registry: Pick<RegistrySummary, 'toApprove'> | null;
  readonly replica: ReplicaView;
  readonly network: Pick<NetworkView, 'f' | 'n' | 'q'>;
  readonly peers: readonly PeerView[];
  readonly views: ViewsView | null;
}

export function noticeLook(picture: NoticePicture): NoticeLook {
  const { items, evidence, registry, replica, network, peers, views } = picture;
  const primary = peers.find(({ index }) => index === replica.primaryIndex);
  return {
    items: items.map(({ id, title, state }) => ({ id, title, state })),
    toApprove: registry?.toApprove ?? 0,
    accused: evidence.map(({ epoch, accused }) => ({
      id: `${String(epoch)} ${String(accused.index)}`,
      name: accused.name,
    })),
    view:
      replica.mode === 'normal'
        ? { number: replica.view, primary: primary?.name ?? String(replica.primaryIndex) }
        : null,
    inStep: stepStatus(replica, network, peers, views).step === 'inStep',
  };
}
