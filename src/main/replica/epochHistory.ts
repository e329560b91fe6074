/**
 * The changes of the set of replicas that a store can prove: for receipts, for evidence, and for clients that ask who
 * takes part now.
 * @module
 */
import type { ReplicaEntry } from '../../shared/domain/registry.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, invariant } from '../../shared/errors.ts';
import { EPOCH_CHANGES_BYTES_MAX, encodeEpochChange, type EpochChange } from '../ledger/epochChange.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { Registry } from '../ledger/registry/registry.ts';
import { historyOf } from '../ledger/registry/replay.ts';
import type { LedgerStore } from '../storage/index.ts';

/** What is stable never changes, so it is read once. */
const known = new WeakMap<LedgerStore, readonly EpochChange[]>();

/**
 * The change that ends `epoch`; `null` where no stable checkpoint of this store does. Throws what the store throws.
 */
export async function epochChangeOf(
  store: LedgerStore,
  genesis: Genesis,
  epoch: number,
): Promise<EpochChange | null> {
  const cached = known.get(store)?.[epoch];
  if (cached !== undefined) return cached;
  const [stable] = await store.checkpoints(1);
  const changes = await changesUpTo(store, genesis, stable?.height ?? 0);
  return changes[epoch] ?? null;
}

/**
 * The changes from the genesis to `epoch`, which blocks at or below `height` end. Throws `encoding.tooLarge` where there
 * are more than a file or a message can hold.
 */
export async function epochChangesTo(
  store: LedgerStore,
  genesis: Genesis,
  epoch: number,
  height: number,
): Promise<readonly EpochChange[]> {
  if (epoch === 0) return [];
  const cached = known.get(store) ?? [];
  const all = cached.length >= epoch ? cached : await changesUpTo(store, genesis, height);
  const changes = all.slice(0, epoch);
  invariant(changes.length === epoch, 'every epoch but the last has a stable end', () => String(epoch));
  const sizeBytes = changes.reduce((sum, change) => sum + encodeEpochChange(change).length, 0);
  if (sizeBytes > EPOCH_CHANGES_BYTES_MAX) {
    throw new CountersignError('encoding.tooLarge', { sizeBytes, maxBytes: EPOCH_CHANGES_BYTES_MAX });
  }
  return changes;
}

/** All changes that this store can prove, in order: as many as epochs have ended. Throws what the store throws. */
export async function stableEpochChanges(
  store: LedgerStore,
  genesis: Genesis,
): Promise<readonly EpochChange[]> {
  const [stable] = await store.checkpoints(1);
  return stable === undefined ? [] : await changesUpTo(store, genesis, stable.height);
}

/** The replicas of an epoch that this store has come to. Throws `invariant.broken` for a later one. */
export async function replicasIn(
  store: LedgerStore,
  genesis: Genesis,
  epoch: number,
): Promise<readonly ReplicaEntry[]> {
  if (epoch === 0) return genesis.replicas;
  const change = await epochChangeOf(store, genesis, epoch - 1);
  invariant(change !== null, 'every epoch but the last has a stable end', () => String(epoch));
  return change.replicas;
}

/** All changes that blocks at or below `height` bring about and stable checkpoints certify, in order. */
async function changesUpTo(
  store: LedgerStore,
  genesis: Genesis,
  height: number,
): Promise<readonly EpochChange[]> {
  const requests = await store.registryRequests(height);
  const changes: EpochChange[] = [...(known.get(store) ?? [])];
  const ends = endsIn(genesis, requests, height);
  for (const end of ends.slice(changes.length)) {
    const [header] = await store.headers(end.height, end.height);
    const checkpoint = await store.checkpointCovering(end.height);
    // Above the last stable block a change can still be taken back.
    if (header === undefined || checkpoint?.height !== end.height || checkpoint.certificate === null) break;
    invariant(header.nextReplicas === end.digest, 'a block names the set that follows it', () =>
      JSON.stringify(header),
    );
    changes.push({ header, certificate: checkpoint.certificate, replicas: end.replicas });
  }
  if (changes.length > (known.get(store)?.length ?? 0)) known.set(store, changes);
  return changes;
}

interface EpochEnd {
  readonly height: number;
  readonly replicas: EpochChange['replicas'];
  readonly digest: Hex;
}

/** The blocks that change the set of replicas, by the changes of the registry that the chain holds. */
function endsIn(
  genesis: Genesis,
  requests: Parameters<typeof historyOf>[1],
  height: number,
): readonly EpochEnd[] {
  let before = Registry.ofGenesis(genesis).summary.replicasDigest;
  return historyOf(genesis, requests, height).flatMap(({ height: at, registry }) => {
    const digest = registry.summary.replicasDigest;
    if (digest === before) return [];
    before = digest;
    return [{ height: at, replicas: registry.replicas, digest }];
  });
}
