/**
 * What no correct replica ever does to its durable state. The store refuses it, whoever asks: a bug above must not
 * become a state that cannot be booted or that forgets what was promised (RELIABILITY.md, invariants 2, 4 and 8).
 *
 * Every function throws `invariant.broken`.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { invariant } from '../../shared/errors.ts';
import type { AcceptedBlock, StableCheckpoint, ViewPosition } from '../consensus/effects.ts';
import { isLinked, type HashedHeader } from '../ledger/block.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { merkleRoot } from '../ledger/merkle.ts';
import { LedgerState } from '../ledger/state.ts';
import type { CommitCertificate } from '../ledger/statement.ts';

/** Views never go back (rule V2), and a replica is normal in no view below one for which it signed a view change. */
export function checkPosition(before: ViewPosition, after: ViewPosition): void {
  const forward =
    after.epoch > before.epoch ||
    (after.epoch === before.epoch &&
      after.view >= before.view &&
      after.target >= before.target &&
      after.lastNormalView >= before.lastNormalView);
  invariant(forward, 'the position among the views never goes back', () => JSON.stringify({ before, after }));
  invariant(
    after.mode === 'changing' || after.view >= after.target,
    'no view is entered below the target',
    () => JSON.stringify({ before, after }),
  );
}

/** A block extends the tip by one, and its header binds exactly the requests that come with it. */
export function checkAppend(tip: HashedHeader, header: HashedHeader, ids: readonly Hex[]): void {
  invariant(isLinked(tip, header), 'a block is linked to the one below', () =>
    JSON.stringify({ tip, header }),
  );
  invariant(
    header.requestCount === ids.length && header.requestsRoot === merkleRoot(ids),
    'a header binds the requests of its block',
    () => JSON.stringify({ header, ids: ids.length }),
  );
}

/** One order for each view and height (rule A1): a signature is added once, for the view of the block. */
export function checkOrderSigned(
  height: number,
  stored: AcceptedBlock['order'] | undefined,
  view: number,
  signature: Hex,
): void {
  invariant(stored !== undefined, 'an order is signed for a block of the chain', () => String(height));
  if (stored === null) return;
  const same = stored.view === view && (stored.signature === '' || stored.signature === signature);
  invariant(same, 'one order for each view and height', () => JSON.stringify({ height, stored, view }));
}

/** Nothing stable is taken back. */
export function checkRollback(tipHeight: number, stableHeight: number, height: number): void {
  invariant(height >= stableHeight && height <= tipHeight, 'nothing stable is rolled back', () =>
    JSON.stringify({ height, stableHeight, tipHeight }),
  );
}

/** The commit certificate is never lowered; certificates are ordered by view first (rule C2). */
export function checkCommitCertificate(before: CommitCertificate | null, after: CommitCertificate): void {
  if (before === null) return;
  const order = after.epoch - before.epoch || after.view - before.view || after.height - before.height;
  invariant(order >= 0, 'the commit certificate is never lowered', () =>
    JSON.stringify({
      before: [before.epoch, before.view, before.height],
      after: [after.epoch, after.view, after.height],
    }),
  );
}

/**
 * A checkpoint certifies the block of the chain at its height (`header`) and comes with the running values that lead
 * to the state digest in that block. The stable height never goes back.
 */
export function checkCheckpoint(
  genesis: Genesis,
  stableHeight: number,
  header: HashedHeader | undefined,
  checkpoint: StableCheckpoint,
): void {
  const { height, hash, certificate } = checkpoint;
  invariant(height >= stableHeight, 'the stable height never goes back', () =>
    JSON.stringify({ height, stableHeight }),
  );
  invariant(header?.height === height && header.hash === hash, 'a checkpoint is of the chain', () =>
    JSON.stringify({ height, hash, header }),
  );
  invariant(
    certificate !== null &&
      certificate.height === height &&
      certificate.hash === hash &&
      certificate.stateDigest === header.stateDigest,
    'a checkpoint is certified',
    () => JSON.stringify({ height, hash, header }),
  );
  invariant(stateDigestOf(genesis, checkpoint) === header.stateDigest, 'equal digests at equal blocks', () =>
    JSON.stringify({ height, hash, header }),
  );
}

/** The state digest to which the running values of a checkpoint lead. */
export function stateDigestOf(
  genesis: Genesis,
  {
    height,
    executedDigest,
    executedCount,
  }: Pick<StableCheckpoint, 'height' | 'executedDigest' | 'executedCount'>,
): Hex {
  return new LedgerState(genesis, { height, executedDigest, executedCount, recent: [] }).digest;
}
