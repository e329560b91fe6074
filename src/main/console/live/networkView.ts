/**
 * The network as a page sees it: what its genesis and its registry say, and where its replicas stand.
 * @module
 */
import type { SupervisorEntry } from '../../../shared/domain/registry.ts';
import type { Member, NetworkView, PeerView, ReplicaView } from '../../../shared/contract/model.ts';
import { networkIdOf, quorumSizes, type Genesis } from '../../ledger/genesis.ts';
import { addressText } from '../../network/index.ts';
import type { ReplicaStatus } from '../../replica/replica.ts';
import { toConsoleError } from '../errors.ts';
import { fromPlainError } from '../../../shared/errors.ts';

/** The network as a page sees it. `embedded`: all its replicas run on this machine. */
export function networkView(
  genesis: Genesis,
  supervisors: Iterable<SupervisorEntry>,
  embedded: boolean,
): NetworkView {
  return {
    networkId: networkIdOf(genesis),
    name: genesis.name,
    createdAtMs: genesis.createdAtMs,
    ...quorumSizes(genesis.replicas.length),
    replicas: genesis.replicas.map((replica, index) => ({
      ...memberView(replica),
      index,
      address: addressText(replica),
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

/** What is counted besides where the replica stands. */
export interface ReplicaFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly storeBytes: number;
}

/** Where the local replica stands. */
export function replicaView(
  genesis: Genesis,
  index: number,
  status: ReplicaStatus,
  figures: ReplicaFigures,
): ReplicaView {
  const { standing, connectedReplicas, halted } = status;
  return {
    index,
    tipHeight: standing.tipHeight,
    stableHeight: standing.stable.height,
    attestedHeight: attestedHeight(genesis, index, status),
    lastBlockAtMs: standing.tipHeight === 0 ? null : standing.tipTimeMs,
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
function attestedHeight(genesis: Genesis, ownIndex: number, { standing }: ReplicaStatus): number {
  const { n, q } = quorumSizes(genesis.replicas.length);
  const heights = Array.from({ length: n }, (_, index) =>
    index === ownIndex ? standing.tipHeight : (standing.peers.get(index)?.tipHeight ?? 0),
  );
  return heights.sort((left, right) => right - left)[q - 1] ?? 0;
}

/** All replicas, this one included, as the network knows them and as they say themselves. */
export function peersView(
  genesis: Genesis,
  ownIndex: number,
  status: ReplicaStatus,
  startedAtMs: number,
): PeerView[] {
  const { standing, network } = status;
  return genesis.replicas.map((replica, index): PeerView => {
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
