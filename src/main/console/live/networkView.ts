/**
 * The network as a page sees it: what its genesis and its registry say, and where its replicas stand.
 * @module
 */
import type { SupervisorEntry } from '../../../shared/domain/registry.ts';
import type { ClockView } from '../../../shared/contract/clock.ts';
import type {
  CatchUpView,
  Member,
  NetworkView,
  PeerView,
  ReplicaView,
} from '../../../shared/contract/model.ts';
import { networkIdOf, quorumSizes, type Genesis } from '../../ledger/genesis.ts';
import type { Membership } from '../../consensus/config.ts';
import { addressText, type PeerEntry } from '../../network/index.ts';
import type { ReplicaStatus } from '../../replica/replica.ts';
import { toConsoleError } from '../errors.ts';
import { fromPlainError } from '../../../shared/errors.ts';

/** A replica that tells who takes part now (`ReplicaNode`). */
export interface NetworkSource {
  readonly genesis: Genesis;
  readonly replica: { readonly status: () => Pick<ReplicaStatus, 'membership'> };
}

/** The network as a page sees it. `embedded`: all its replicas run on this machine. */
export function networkView(
  { genesis, replica }: NetworkSource,
  supervisors: Iterable<SupervisorEntry>,
  embedded: boolean,
): NetworkView {
  const { replicas } = replica.status().membership;
  return {
    networkId: networkIdOf(genesis),
    name: genesis.name,
    createdAtMs: genesis.createdAtMs,
    ...quorumSizes(replicas.length),
    replicas: replicas.map((member, index) => ({
      ...memberView(member),
      index,
      address: addressText(member),
    })),
    supervisors: Array.from(supervisors, memberView),
    maxRequestBytes: genesis.limits.maxRequestBytes,
    checkpointDistance: genesis.limits.checkpointDistance,
    embedded,
  };
}

/** Who holds a key. */
export function memberView({ publicKey, name, organisation }: Member): Member {
  return { publicKey, name, organisation };
}

/** What is shown of where a replica stands. */
export type ShownStatus = Pick<
  ReplicaStatus,
  'standing' | 'membership' | 'admission' | 'network' | 'connectedReplicas' | 'halted'
>;

/** What is counted besides where the replica stands. */
export interface ReplicaFigures {
  readonly catchUp: CatchUpView | null;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly storeBytes: number;
  readonly clock: ClockView | null;
}

/** Where the local replica stands. One that is no member comes after all members. */
export function replicaView(status: ShownStatus, figures: ReplicaFigures): ReplicaView {
  const { standing, membership, admission, connectedReplicas, halted } = status;
  return {
    index: shownIndex(membership),
    epoch: membership.epoch,
    admission,
    tipHeight: standing.tipHeight,
    stableHeight: standing.stable.height,
    attestedHeight: attestedHeight(status),
    lastBlockAtMs: standing.tipHeight === 0 ? null : standing.tipTimeMs,
    awaiting: standing.pendingRequests > 0 || standing.tipHeight > standing.stable.height,
    view: standing.position.view,
    primaryIndex: standing.primary,
    mode: standing.position.mode,
    connected: connectedReplicas,
    participating: halted === null && standing.learner === null && !standing.listening,
    listening: halted === null && standing.listening,
    learner: standing.learner,
    ...figures,
  };
}

/** The height that at least a quorum has reached, by what each replica said last: the q-th highest. */
export function attestedHeight({ standing, membership: { ownIndex, sizes } }: ShownStatus): number {
  const { n, q } = sizes;
  const heights = Array.from({ length: n }, (_, index) =>
    index === ownIndex ? standing.tipHeight : (standing.peers.get(index)?.tipHeight ?? 0),
  );
  return heights.sort((left, right) => right - left)[q - 1] ?? 0;
}

function shownIndex({ ownIndex, sizes }: Membership): number {
  return ownIndex < 0 ? sizes.n : ownIndex;
}

/**
 * All members, as the network knows them and as they say themselves, and this replica: it comes last where it is none.
 * `own`: what its card says, for one that nobody knows.
 */
export function peersView(status: ShownStatus, own: PeerEntry | null, startedAtMs: number): PeerView[] {
  const { standing, network, membership } = status;
  const ownIndex = shownIndex(membership);
  const shown: readonly PeerEntry[] =
    membership.ownIndex < 0 && own !== null ? [...membership.replicas, own] : membership.replicas;
  return shown.map((replica, index): PeerView => {
    const known = { index, name: replica.name, publicKey: replica.publicKey, address: addressText(replica) };
    const peer = network.peers.find((candidate) => candidate.index === index);
    if (index === ownIndex || peer === undefined) {
      return {
        ...known,
        ...SELF,
        sinceMs: startedAtMs,
        view: standing.position.view,
        tipHeight: standing.tipHeight,
        stableHeight: standing.stable.height,
        participating: standing.learner === null,
      };
    }
    const said = standing.peers.get(index);
    return {
      ...known,
      self: false,
      state: peer.state,
      sinceMs: peer.since,
      roundTripMs: peer.roundTripMs,
      lastMessageAtMs: peer.lastMessageAtMs,
      view: said?.view ?? null,
      tipHeight: said?.tipHeight ?? null,
      stableHeight: said?.stableHeight ?? null,
      participating: said?.participating ?? null,
      bytesIn: peer.bytesIn,
      bytesOut: peer.bytesOut,
      lastError: peer.lastError === null ? null : toConsoleError(fromPlainError(peer.lastError)),
    };
  });
}

const SELF = {
  self: true,
  state: 'connected',
  roundTripMs: null,
  lastMessageAtMs: null,
  bytesIn: 0,
  bytesOut: 0,
  lastError: null,
} as const;
