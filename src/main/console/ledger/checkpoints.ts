/**
 * Stable checkpoints as a page reads them, newest first: what the ledger has of each, and how it came about where that
 * was seen here.
 * @module
 */
import type { CheckpointEntry, CheckpointPage, CheckpointRound } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { CheckpointSummary, LedgerStore } from '../../storage/index.ts';
import type { HandlerInput } from '../dispatch.ts';
import { memberView } from '../live/networkView.ts';
import type { ReplicaSets } from '../live/replicaSets.ts';

export interface CheckpointPageSources {
  readonly store: Pick<LedgerStore, 'checkpoints' | 'headers'>;
  readonly sets: Pick<ReplicaSets, 'read'>;
  /** How a stable checkpoint came about. */
  readonly seen: (height: number, hash: Hex) => CheckpointRound | undefined;
}

/** Stable checkpoints below a height, or the newest. Throws what the store throws. */
export async function checkpointPage(
  { store, sets, seen }: CheckpointPageSources,
  { beforeHeight, limit }: HandlerInput<'checkpoint.page'>,
): Promise<CheckpointPage> {
  // One more than is shown: the distance of the last one is measured against it.
  const read = await store.checkpoints(limit + 1, beforeHeight ?? undefined);
  const shown = read.slice(0, limit);
  const [newest] = shown;
  const [top] = newest === undefined ? [] : await store.headers(newest.height, newest.height);
  const checkpoints = shown.map((checkpoint, index): CheckpointEntry => {
    const { height, hash } = checkpoint;
    const above = shown[index - 1];
    const epoch = epochOf(checkpoint);
    const round = seen(height, hash);
    return {
      epoch,
      height,
      hash,
      acceptedAtMs: round?.acceptedAtMs ?? null,
      stableAtMs: round?.stableAtMs ?? null,
      votes: round?.votes ?? [],
      blockTimeMs: checkpoint.blockTimeMs,
      view: checkpoint.certificate?.view ?? 0,
      previousHeight: read[index + 1]?.height ?? 0,
      // The last block of an epoch is a stable checkpoint, and all of those are kept (rules E1 and E3).
      endsEpoch: above === undefined ? (top?.nextReplicas ?? null) !== null : epochOf(above) > epoch,
      signers: checkpoint.certificate?.signatures.map(({ replica }) => replica) ?? [],
    };
  });
  const epochs = await Promise.all(
    [...new Set(checkpoints.map(({ epoch }) => epoch))].map(async (epoch) => ({
      epoch,
      replicas: (await sets.read(epoch)).map(memberView),
    })),
  );
  return { checkpoints, epochs };
}

function epochOf({ certificate }: CheckpointSummary): number {
  return certificate?.epoch ?? 0;
}
