/**
 * What a replica's agreement is configured with: who takes part, and its practical delays. None of the delays
 * matters for safety.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { quorumSizes, windowOf, type Genesis, type QuorumSizes } from '../ledger/genesis.ts';
import { networkIdOf } from '../ledger/genesis.ts';

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
  /** Public keys of all replicas, sorted: the order determines the primary of each view. */
  readonly replicaKeys: readonly Hex[];
  /** This replica's index among them. */
  readonly ownIndex: number;
  readonly sizes: QuorumSizes;
  /** L: how far above its stable checkpoint a replica accepts blocks (rules A1 and G2). */
  readonly windowBlocks: number;
}

/** The membership that a genesis describes, as seen by the replica with the key `ownKey`. */
export function membershipOf(genesis: Genesis, ownKey: Hex): Membership {
  const replicaKeys = genesis.replicas.map(({ publicKey }) => publicKey);
  return {
    networkId: networkIdOf(genesis),
    replicaKeys,
    ownIndex: replicaKeys.indexOf(ownKey),
    sizes: quorumSizes(replicaKeys.length),
    windowBlocks: windowOf(genesis.limits),
  };
}

/** The primary of a view: sorted[v mod n] (seed note "Connection layer" 2). */
export function primaryOf(view: number, replicas: number): number {
  return view % replicas;
}
