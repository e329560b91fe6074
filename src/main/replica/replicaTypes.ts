/**
 * What a replica is started with, what it tells, and where it says that it stands.
 * @module
 */
import type { ReplicaEntry } from '../../shared/domain/registry.ts';
import type { PlainError } from '../../shared/errors.ts';
import type { ConsensusOptions, Membership } from '../consensus/config.ts';
import type { Standing } from '../consensus/consensus.ts';
import type { Announcement, LastingLearnerReason } from '../consensus/effects.ts';
import type { SignGuard } from '../keys/guard/signGuard.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { ReplicaNetworkStatus } from '../network/index.ts';
import type { LedgerStore } from '../storage/index.ts';
import type { BadMessageCounts } from './badMessages.ts';
import type { Admission } from './guests.ts';
import type { SignatureVerifier } from './inbox.ts';
import type { Outlet } from './outlet.ts';

/** Puts something of its own between a replica and its way out. The one use is to try out faults (`faults/`). */
export type Interpose = (outlet: Outlet, membership: Membership) => Outlet;

export interface ReplicaOptions {
  readonly genesis: Genesis;
  /** All that this replica signs goes through it. The caller closes it, after `stop`. */
  readonly guard: SignGuard;
  readonly store: LedgerStore;
  readonly verifier: SignatureVerifier;
  /** Where to listen, if not at the address that the registry has or proposes for this replica. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** What this replica is called, and where it listens, while the registry knows nothing of it. */
  readonly ownAddress?: { readonly name?: string; readonly host: string; readonly port: number };
  readonly consensus?: Partial<ConsensusOptions>;
  /** Why this replica must not sign, where its host knows that: its durable state is not what it was. */
  readonly learner?: LastingLearnerReason;
  readonly interpose?: Interpose;
  /** Milliseconds since 1970 in UTC. */
  readonly now?: () => number;
  /** Told of everything worth showing or counting. Must not throw. */
  readonly onEvent?: (event: ReplicaEvent) => void;
}

/** Something that happened to a replica. */
export type ReplicaEvent =
  | Announcement
  /** It goes on in another epoch, or has another place among the replicas that are to be: see `ReplicaStatus`. */
  | { readonly type: 'membership'; readonly epoch: number; readonly admission: Admission }
  | { readonly type: 'peer'; readonly index: number; readonly connected: boolean }
  | { readonly type: 'refusedGuest'; readonly address: string; readonly error: PlainError }
  | { readonly type: 'badMessage'; readonly from: string; readonly error: PlainError }
  /** It has stopped by itself and will not go on: its disk failed, or a rule was broken. */
  | { readonly type: 'halted'; readonly error: PlainError };

/** Where a replica stands, with its network. */
export interface ReplicaStatus {
  readonly standing: Standing;
  /** The members of its epoch. */
  readonly membership: Membership;
  /** Whether it is one of them, or what else the network knows of it. */
  readonly admission: Admission;
  /** What the registry has or proposes for this replica; `null` where it knows nothing of it. */
  readonly ownEntry: ReplicaEntry | null;
  readonly network: ReplicaNetworkStatus;
  /** Members that it is connected with, itself included where it is one. */
  readonly connectedReplicas: number;
  readonly halted: PlainError | null;
  readonly badMessages: BadMessageCounts;
}
