/**
 * All that is known of the connections of the local replica, as a page shows it.
 * @module
 */
import type { PeerView } from '../../../shared/contract/model.ts';
import {
  TROUBLES_SHOWN_MAX,
  type PeerDetail,
  type PeerRole,
  type PeersView,
  type TroubleView,
} from '../../../shared/contract/peers.ts';
import { fromPlainError } from '../../../shared/errors.ts';
import type { PeerEntry, PeerStatus, Trouble } from '../../network/index.ts';
import type { ReplicaStatus } from '../../replica/replica.ts';
import { toConsoleError } from '../errors.ts';
import { attestedHeight, peersView } from '../live/networkView.ts';
import type { Running } from '../running.ts';
import type { NetworkWatch } from './networkWatch.ts';

export interface PeersSource {
  readonly status: ReplicaStatus;
  /** What this replica's card says, for one that nobody knows. */
  readonly own: PeerEntry | null;
  readonly watch: NetworkWatch;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

/** The peers of what runs. */
export function runningPeers({ node, networkWatch, pulse }: Running, nowMs: number): PeersView {
  return peersDetail({
    status: node.replica.status(),
    own: node.ownEntry,
    watch: networkWatch,
    startedAtMs: pulse.startedAtMs,
    nowMs,
  });
}

/** The answer to `peers.get`. */
export function peersDetail({ status, own, watch, startedAtMs, nowMs }: PeersSource): PeersView {
  const { network } = status;
  const links = new Map(network.peers.map((peer) => [peer.index, peer]));
  return {
    nowMs,
    attestedHeight: attestedHeight(status),
    members: peersView(status, own, startedAtMs).map((peer) =>
      memberDetail(peer, peer.self ? undefined : links.get(peer.index), status, watch),
    ),
    guests: network.guests.map((guest) => guestDetail(guest, watch)),
    knocks: watch.knocks.map(({ host, firstAtMs, ...trouble }) => ({
      host,
      firstAtMs,
      ...troubleView(trouble),
    })),
    refused: sum(network.refusals),
    clients: network.clients,
  };
}

function memberDetail(
  peer: PeerView,
  link: PeerStatus | undefined,
  status: ReplicaStatus,
  watch: NetworkWatch,
): PeerDetail {
  // Whether it takes part is told by its role.
  const { participating: _participating, ...shown } = peer;
  const bad = peer.self ? [] : watch.badMessagesOf(peer.index);
  const clockOffsetMs = link?.clockOffsetMs ?? null;
  return { ...shown, clockOffsetMs, role: roleOf(peer, status), ...dialView(link, bad) };
}

function roleOf({ index, self, participating }: PeerView, status: ReplicaStatus): PeerRole {
  const { membership, standing } = status;
  if (self && membership.ownIndex < 0) return 'outside';
  if (participating === false) return 'learner';
  const isPrimary = standing.position.mode === 'normal' && standing.primary === index;
  return isPrimary ? 'primary' : 'backup';
}

function guestDetail(guest: PeerStatus, watch: NetworkWatch): PeerDetail {
  const { index, name, publicKey, address, state, since, roundTripMs, lastMessageAtMs } = guest;
  return {
    index,
    name,
    publicKey,
    address,
    self: false,
    role: 'guest',
    state,
    sinceMs: since,
    view: null,
    tipHeight: null,
    stableHeight: null,
    roundTripMs,
    clockOffsetMs: guest.clockOffsetMs,
    lastMessageAtMs,
    bytesIn: guest.bytesIn,
    bytesOut: guest.bytesOut,
    lastError: guest.lastError === null ? null : toConsoleError(fromPlainError(guest.lastError)),
    ...dialView(guest, watch.badMessagesOf(index)),
  };
}

type DialView = Pick<
  PeerDetail,
  'messagesIn' | 'messagesOut' | 'dialledHere' | 'failedDials' | 'nextDialAtMs' | 'troubles'
>;

function dialView(link: PeerStatus | undefined, bad: readonly Trouble[]): DialView {
  const troubles = [...(link?.troubles ?? []), ...bad]
    .sort((left, right) => right.lastAtMs - left.lastAtMs)
    .slice(0, TROUBLES_SHOWN_MAX);
  return {
    messagesIn: link?.messagesIn ?? 0,
    messagesOut: link?.messagesOut ?? 0,
    dialledHere: link?.isDialled ?? false,
    failedDials: link?.failedDials ?? 0,
    nextDialAtMs: link?.nextDialAtMs ?? null,
    troubles: troubles.map(troubleView),
  };
}

function troubleView({ error, count, lastAtMs }: Trouble): TroubleView {
  return { error: toConsoleError(fromPlainError(error)), count, lastAtMs };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}
