/**
 * Whether the local replica is in step with the others, and every fact that this rests on.
 * @module
 */
import {
  ON_THEIR_WAY_MAX,
  type NetworkView,
  type PeerView,
  type ReplicaView,
  type ViewsView,
} from '../contract/model.ts';

/**
 * From best to worst. `apart`: too few replicas are connected for anything to become final. `unknown`: this page does not
 * hear from the program, and what it knew need not hold any more.
 */
export type Step =
  | 'inStep'
  | 'behind'
  | 'waiting'
  | 'listening'
  | 'notParticipating'
  | 'learner'
  | 'changing'
  | 'apart'
  | 'unknown';

/** One fact: whether it speaks for being in step, and its words as a key with values still to be written. */
export interface Reason {
  readonly good: boolean;
  readonly key: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, string>>;
  /** Listed as `names`. */
  readonly names: readonly string[];
  readonly timeMs: number | null;
  /** A span of time, in milliseconds. */
  readonly durationMs: number | null;
}

/** n, f and q = n-f of PROTOCOL.md. */
type NetworkSizes = Pick<NetworkView, 'f' | 'n' | 'q'>;

export interface StepStatus {
  readonly step: Step;
  readonly reasons: readonly Reason[];
}

/** `hears`: whether the page is connected with the program. */
export function stepStatus(
  replica: ReplicaView,
  network: NetworkSizes,
  peers: readonly PeerView[],
  views: ViewsView | null = null,
  hears = true,
): StepStatus {
  if (!hears) return { step: 'unknown', reasons: [reason(false, 'disconnected')] };
  const reasons = [
    heights(replica),
    quorum(replica, network),
    ...followers(network, peers),
    primary(replica, peers, views),
    ...suspicions(network, views),
    ...lastBlock(replica),
    ...clock(replica),
  ];
  if (replica.learner !== null) {
    reasons.unshift(reason(false, replica.learner === 'notMember' ? 'notMember' : 'learner'));
  } else if (replica.listening) reasons.unshift(reason(false, 'listening'));
  else if (!replica.participating) reasons.unshift(reason(false, 'notParticipating'));
  return { step: stepOf(replica, network, views), reasons };
}

function stepOf(replica: ReplicaView, network: NetworkSizes, views: ViewsView | null): Step {
  if (replica.connected < network.q) return 'apart';
  if (replica.mode === 'changing') return 'changing';
  if (replica.learner !== null) return 'learner';
  if (replica.listening) return 'listening';
  if (!replica.participating) return 'notParticipating';
  if (keepsWaiting(replica, views)) return 'waiting';
  return replica.attestedHeight - replica.tipHeight > ON_THEIR_WAY_MAX ? 'behind' : 'inStep';
}

/** Whether something waits here, somebody finds the primary too slow, and no block has come since. */
export function keepsWaiting({ awaiting, lastBlockAtMs }: ReplicaView, views: ViewsView | null): boolean {
  if (!awaiting) return false;
  return views?.suspicions.some(({ atMs }) => atMs > (lastBlockAtMs ?? 0)) ?? false;
}

function heights({ tipHeight, attestedHeight }: ReplicaView): Reason {
  const numbers = { height: tipHeight, attested: attestedHeight };
  const missing = attestedHeight - tipHeight;
  if (missing > ON_THEIR_WAY_MAX) return reason(false, 'behind', { ...numbers, missing });
  if (missing > 0) return reason(true, 'almost', { ...numbers, missing });
  return reason(true, missing === 0 ? 'equal' : 'ahead', numbers);
}

function quorum({ connected }: ReplicaView, { n, q }: NetworkSizes): Reason {
  const numbers = { connected, n, q };
  if (connected < q) return reason(false, 'tooFew', numbers);
  return reason(true, connected === n ? 'all' : 'enough', numbers);
}

/** Replicas that only follow count as faulty: the network bears so many fewer of others. */
function followers({ n, f }: NetworkSizes, peers: readonly PeerView[]): Reason[] {
  const names = peers.filter((peer) => !peer.self && peer.participating === false).map(({ name }) => name);
  return names.length === 0 ? [] : [{ ...reason(false, 'followers', { n, f }), names }];
}

function primary(
  { view, mode, primaryIndex, lastBlockAtMs }: ReplicaView,
  peers: readonly PeerView[],
  views: ViewsView | null,
): Reason {
  if (mode === 'changing') {
    return { ...reason(false, 'changing', { view }), timeMs: views?.sinceMs ?? lastBlockAtMs ?? 0 };
  }
  const peer = peers.find(({ index }) => index === primaryIndex);
  const texts = { primary: peer?.name ?? String(primaryIndex) };
  if (peer?.self === true) return reason(true, 'primarySelf', { view }, texts);
  return peer?.state === 'connected'
    ? reason(true, 'primary', { view }, texts)
    : reason(false, 'primaryAway', { view }, texts);
}

/** Some find the primary too slow, and not yet enough to leave its view (rule V1). */
function suspicions({ n, f }: NetworkSizes, views: ViewsView | null): Reason[] {
  if (views === null || views.mode === 'changing' || views.suspicions.length === 0) return [];
  return [reason(false, 'suspected', { count: views.suspicions.length, n, needed: f + 1 })];
}

/** How long ago it was made is not known to a clock that may be earlier. */
function lastBlock({ lastBlockAtMs, clock }: ReplicaView): Reason[] {
  if (lastBlockAtMs === null) return [reason(true, 'noBlock')];
  if (clock !== null && clock.aheadMs > 0) return [];
  return [{ ...reason(true, 'lastBlock'), timeMs: lastBlockAtMs }];
}

/** The clock of this computer is not the network's. */
function clock({ clock: view }: ReplicaView): Reason[] {
  if (view === null) return [];
  const key = view.shownBy === 'block' ? 'clockBeforeBlock' : view.aheadMs > 0 ? 'clockBehind' : 'clockAhead';
  return [{ ...reason(false, key), durationMs: Math.abs(view.aheadMs) }];
}

function reason(
  good: boolean,
  key: string,
  numbers: Record<string, number> = {},
  texts: Record<string, string> = {},
): Reason {
  return { good, key, numbers, texts, names: [], timeMs: null, durationMs: null };
}
