/**
 * What a replica's agreement is configured with: who takes part, and its practical delays. None of the delays
 * matters for safety.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { ReplicaEntry } from '../../shared/domain/registry.ts';
import { invariant } from '../../shared/errors.ts';
import { epochAfter } from '../ledger/block.ts';
import { networkIdOf, quorumSizes, windowOf, type Genesis, type QuorumSizes } from '../ledger/genesis.ts';
import { replayedRegistry } from '../ledger/registry/replay.ts';
import type { DurableState } from './effects.ts';

/** Delays and bounds that each replica chooses for itself. */
export interface ConsensusOptions {
  /** How long to wait for a client's broadcast of a body that an order lacks, before fetching it, in milliseconds. */
  readonly bodyGraceMs: number;
  /** How long to wait for a fetched body or answer before asking another replica, in milliseconds. */
  readonly fetchRetryMs: number;
  /** Certify the tip when no block came for so long, in milliseconds: a receipt needs a stable checkpoint. */
  readonly checkpointIdleMs: number;
  /** Send localCommits and votes again when a round has not ended after so long, in milliseconds. */
  readonly checkpointRetryMs: number;
  /** Time between beacons, in milliseconds. */
  readonly beaconIntervalMs: number;
  /** How long to stay eager after a client missed the fast path (rule K4), in milliseconds. */
  readonly eagerMs: number;
  /** How long a request may wait to be ordered, or a block to become stable, before the primary is suspected (rule
   * V1), in milliseconds. Doubles with every view change in a row. */
  readonly viewTimeoutMs: number;
  /** Most that the doubled `viewTimeoutMs` may come to, in milliseconds. */
  readonly maxViewTimeoutMs: number;
  /** Send the own view change again while its view has not begun, in milliseconds. */
  readonly viewChangeRetryMs: number;
  /** Most requests that wait to be ordered. */
  readonly maxPoolRequests: number;
  /** Most bytes of requests that wait to be ordered. */
  readonly maxPoolBytes: number;
  /** Most requests of one supervisor that wait to be ordered: nobody can fill the pool for the others. */
  readonly maxPoolRequestsPerSupervisor: number;
}

export const DEFAULT_OPTIONS: ConsensusOptions = {
  bodyGraceMs: 30,
  fetchRetryMs: 500,
  checkpointIdleMs: 250,
  checkpointRetryMs: 1_000,
  beaconIntervalMs: 1_000,
  eagerMs: 10_000,
  viewTimeoutMs: 2_000,
  maxViewTimeoutMs: 30_000,
  viewChangeRetryMs: 500,
  maxPoolRequests: 20_000,
  maxPoolBytes: 128 * 1024 * 1024,
  maxPoolRequestsPerSupervisor: 2_000,
};

/** Everything about the network and this replica's place in it that does not change within an epoch. */
export interface Membership {
  readonly networkId: Hex;
  /** Counts the sets of replicas, from 0 (rules, 10). */
  readonly epoch: number;
  /** The replicas of the epoch, sorted by public key: the order determines the primary of each view. */
  readonly replicas: readonly ReplicaEntry[];
  /** Their public keys, in the same order. */
  readonly replicaKeys: readonly Hex[];
  /** This replica's public key. */
  readonly ownKey: Hex;
  /** This replica's index among them; -1 for one that is no member of the epoch: it follows, and signs nothing. */
  readonly ownIndex: number;
  readonly sizes: QuorumSizes;
  /** L: how far above its stable checkpoint a replica accepts blocks (rules A1 and G2). */
  readonly windowBlocks: number;
}

/** The membership of epoch 0, which a genesis describes, as seen by the replica with the key `ownKey`. */
export function membershipOf(genesis: Genesis, ownKey: Hex): Membership {
  return membershipWith(genesis, 0, genesis.replicas, ownKey);
}

/**
 * The membership of the epoch that a durable state stands in, as seen by the replica with the key `ownKey`: what the
 * registry says at the stable checkpoint. Throws `invariant.broken` where the position is not of that epoch.
 */
export function membershipAt(
  genesis: Genesis,
  durable: Pick<DurableState, 'position' | 'stable' | 'stableBlock' | 'registryRequests'>,
  ownKey: Hex,
): Membership {
  const { position, stable, stableBlock, registryRequests } = durable;
  const { epoch } = position;
  invariant(
    epoch === (stableBlock === null ? 0 : epochAfter(stableBlock.header)),
    'an epoch begins at its stable checkpoint (rule E2)',
    () => JSON.stringify({ position, stableHeight: stable.height }),
  );
  const { replicas } = replayedRegistry(genesis, registryRequests, stable.height);
  return membershipWith(genesis, epoch, replicas, ownKey);
}

function membershipWith(
  genesis: Genesis,
  epoch: number,
  replicas: readonly ReplicaEntry[],
  ownKey: Hex,
): Membership {
  const replicaKeys = replicas.map(({ publicKey }) => publicKey);
  return {
    networkId: networkIdOf(genesis),
    epoch,
    replicas,
    replicaKeys,
    ownKey,
    ownIndex: replicaKeys.indexOf(ownKey),
    sizes: quorumSizes(replicaKeys.length),
    windowBlocks: windowOf(genesis.limits),
  };
}

/** The primary of a view: sorted[v mod n] (seed note "Connection layer" 2). */
export function primaryOf(view: number, replicas: number): number {
  return view % replicas;
}
