/**
 * The replicas that follow and do not take part: those that supervisors have proposed to admit, and those that were
 * removed last.
 * @module
 */
import type { Proposal, ReplicaEntry } from '../../shared/domain/registry.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { Registry } from '../ledger/registry/registry.ts';
import { historyOf, type PlacedRegistryRequest } from '../ledger/registry/replay.ts';

/** Why a replica that takes no part is let in. */
export interface Guest {
  readonly entry: ReplicaEntry;
  /** `proposed`: it waits to be admitted. `removed`: the replicas go on without it. */
  readonly as: 'proposed' | 'removed';
}

/**
 * Most replicas that were removed and are still let in, those that left last: one that was behind when it was removed, or
 * when its key was replaced, must be able to learn of that, however many changes have followed.
 */
export const REMOVED_GUESTS_MAX = 16;

/**
 * The guests when the block at `height` is the last stable one. `requests` are all changes of the registry up to there,
 * lowest first.
 */
export function guestsAt(
  genesis: Genesis,
  requests: readonly PlacedRegistryRequest[],
  height: number,
): readonly Guest[] {
  let registry = Registry.ofGenesis(genesis);
  /** The last to leave comes last. */
  const removed = new Map<Hex, ReplicaEntry>();
  for (const { registry: after } of historyOf(genesis, requests, height)) {
    if (after.replicas !== registry.replicas) noteChange(removed, registry.replicas, after.replicas);
    registry = after;
  }
  const proposed = registry.proposals
    .flatMap((proposal) => entryProposed(registry, proposal))
    .filter(({ publicKey }) => !registry.replicas.some((replica) => replica.publicKey === publicKey));
  // A removed one that is to come back is proposed: what lies ahead of it counts.
  for (const { publicKey } of proposed) removed.delete(publicKey);
  return [
    ...[...removed.values()].slice(-REMOVED_GUESTS_MAX).map((entry): Guest => ({ entry, as: 'removed' })),
    ...proposed.map((entry): Guest => ({ entry, as: 'proposed' })),
  ];
}

function noteChange(
  removed: Map<Hex, ReplicaEntry>,
  before: readonly ReplicaEntry[],
  after: readonly ReplicaEntry[],
): void {
  const keys = new Set(after.map(({ publicKey }) => publicKey));
  for (const entry of before) if (!keys.has(entry.publicKey)) removed.set(entry.publicKey, entry);
  for (const key of keys) removed.delete(key);
}

/** The replica that a proposal would admit, under a key that does not take part yet. */
function entryProposed({ replicas }: Registry, { change }: Proposal): readonly ReplicaEntry[] {
  if (change.kind === 'addReplica') return [change.replica];
  if (change.kind !== 'rotateReplica') return [];
  const known = replicas.find(({ publicKey }) => publicKey === change.publicKey);
  return known === undefined ? [] : [{ ...known, publicKey: change.newPublicKey }];
}

/** Where a replica stands to the set of replicas. `unknown`: nobody has proposed it, or its proposal has expired. */
export type Admission = 'member' | Guest['as'] | 'unknown';

/** What the network knows of the replica with the key `publicKey`. */
export function admissionOf(
  members: readonly ReplicaEntry[],
  guests: readonly Guest[],
  publicKey: Hex,
): { readonly admission: Admission; readonly entry: ReplicaEntry | null } {
  const isOwn = (entry: ReplicaEntry): boolean => entry.publicKey === publicKey;
  const member = members.find(isOwn);
  if (member !== undefined) return { admission: 'member', entry: member };
  const guest = guests.find(({ entry }) => isOwn(entry));
  return guest === undefined
    ? { admission: 'unknown', entry: null }
    : { admission: guest.as, entry: guest.entry };
}
