/**
 * What no correct replica ever does to its durable state. The store refuses it, whoever asks: a bug above must not
 * become a state that cannot be booted or that forgets what was promised (RELIABILITY.md, invariants 2, 4 and 8).
 *
 * Every function throws `invariant.broken`.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { invariant } from '../../shared/errors.ts';
import {
  firstPosition,
  type AcceptedBlock,
  type Opening,
  type StableCheckpoint,
  type ViewPosition,
} from '../consensus/effects.ts';
import { beginsEpoch, epochAfter, isLinked, type HashedHeader } from '../ledger/block.ts';
import { evidenceDigest, type Evidence } from '../ledger/evidence.ts';
import { networkIdOf, type Genesis } from '../ledger/genesis.ts';
import { merkleRoot } from '../ledger/merkle.ts';
import { stateDigest, type StateValues } from '../ledger/state.ts';
import { compareCertificates, type CommitCertificate } from '../ledger/statement.ts';
import { newViewStatement, viewChangeStatement, type ViewChange } from '../ledger/viewChange.ts';

/**
 * Views never go back (rule V2), a replica is normal in no view below one for which it signed a view change (M11),
 * and it leaves a view for a higher one only. Below its base it has promised not to sign, so within a view the base is
 * never lowered (M4). Epochs follow one another, each from its beginning (rule E2).
 */
export function checkPosition(before: ViewPosition, after: ViewPosition): void {
  const detail = (): string => JSON.stringify({ before, after });
  const forward =
    after.epoch === before.epoch + 1 ||
    (after.epoch === before.epoch &&
      after.view >= before.view &&
      after.target >= before.target &&
      after.lastNormalView >= before.lastNormalView);
  invariant(forward, 'the position among the views never goes back', detail);
  const first = firstPosition(after.epoch, after.baseHeight);
  invariant(
    after.epoch === before.epoch || JSON.stringify(after) === JSON.stringify(first),
    'an epoch begins in view 0 (rule E2)',
    detail,
  );
  const { view, mode, target, lastNormalView } = after;
  if (mode === 'normal') {
    invariant(view >= target, 'no view is entered below the target', detail);
    invariant(lastNormalView === view, 'a normal view is the last normal one', detail);
  } else {
    invariant(target > view, 'a view is left for a higher one', detail);
    invariant(lastNormalView <= view, 'the last normal view is no target', detail);
  }
  const sameView = after.epoch === before.epoch && lastNormalView === before.lastNormalView;
  invariant(
    !sameView || after.baseHeight >= before.baseHeight,
    'the base of a view is never lowered',
    detail,
  );
}

/**
 * Where a commit ends, the epoch is the one that follows from the stable checkpoint: it begins with it, and with nothing
 * less (rule E2), and nothing above it is in the epoch before (rule E1). `first`: whether the commit began the epoch.
 */
export function checkEpoch(position: ViewPosition, stable: HashedHeader, first: boolean): void {
  const detail = (): string => JSON.stringify({ position, stable });
  invariant(position.epoch === epochAfter(stable), 'an epoch begins at its stable checkpoint', detail);
  invariant(
    !first || position.baseHeight === stable.height,
    'the base of an epoch is its stable checkpoint',
    detail,
  );
}

/** What a view change must agree with: what is durable just before it. */
export interface Snapshot {
  readonly position: ViewPosition;
  readonly stable: HashedHeader;
  readonly tip: HashedHeader;
  readonly commitCertificate: CommitCertificate | null;
  readonly viewChange: ViewChange | null;
}

/**
 * One view change for each view, and none for an earlier one (rule V2). It says what is durable: the last normal view
 * (M17), the whole chain, and no lower certificate than the highest one (PROTOCOL.md, safety proof, F2).
 */
export function checkViewChange(durable: Snapshot, after: ViewChange): void {
  const { position, stable, tip, commitCertificate, viewChange: before } = durable;
  const detail = (): string =>
    JSON.stringify({ position, stable, tip, before: placeOf(before), after: placeOf(after) });
  const order = before === null ? 1 : compareViews(after, before);
  const repeated = order === 0 && before !== null && sameViewChange(before, after);
  invariant(order > 0 || repeated, 'one view change for each view', detail);
  invariant(
    after.epoch === position.epoch && after.lastNormalView === position.lastNormalView,
    'a view change names the last normal view',
    detail,
  );
  // The block that an epoch begins above has no certificate in it.
  const namesStable =
    after.stable === null ? beginsEpoch(stable) : !beginsEpoch(stable) && after.stable.hash === stable.hash;
  invariant(
    namesStable &&
      stable.height + after.chain.length === tip.height &&
      (after.chain.at(-1)?.hash ?? stable.hash) === tip.hash,
    'a view change names the whole chain',
    detail,
  );
  const reported = after.commit ?? after.stable;
  const hides =
    commitCertificate !== null &&
    commitCertificate.epoch === after.epoch &&
    (reported === null || compareCertificates(reported, commitCertificate) < 0);
  invariant(!hides, 'a view change reports the highest certificate', detail);
}

/** One new view for each view, and none for an earlier one (M12). The own one gets its signature once. */
export function checkOpening(before: Opening | null, after: Opening): void {
  if (before === null) return;
  const order = compareViews(after.newView, before.newView);
  const kept = before.signature === null || before.signature === after.signature;
  const repeated = order === 0 && kept && sameNewView(before, after);
  invariant(order > 0 || repeated, 'one new view for each view', () =>
    JSON.stringify({ before: placeOf(before.newView), after: placeOf(after.newView) }),
  );
}

/**
 * Where a commit ends, the position stands behind what was promised: no view change without the change of mode, and
 * no view opened that this replica neither wants nor is in.
 */
export function checkPromises(
  position: ViewPosition,
  viewChange: ViewChange | null,
  opening: Opening | null,
): void {
  const { epoch, view, target } = position;
  const detail = (): string =>
    JSON.stringify({ position, viewChange: placeOf(viewChange), opening: placeOf(opening?.newView ?? null) });
  invariant(
    viewChange === null || compareViews(viewChange, { epoch, view: target }) <= 0,
    'a view change is for no view above the target',
    detail,
  );
  invariant(
    opening === null || compareViews(opening.newView, { epoch, view: Math.max(view, target) }) <= 0,
    'a new view is for no view above the target',
    detail,
  );
}

interface Place {
  readonly epoch: number;
  readonly view: number;
}

function compareViews(left: Place, right: Place): number {
  return left.epoch - right.epoch || left.view - right.view;
}

function placeOf(of: Place | null): Place | null {
  return of === null ? null : { epoch: of.epoch, view: of.view };
}

function sameViewChange(left: ViewChange, right: ViewChange): boolean {
  return viewChangeStatement(left).contentDigest === viewChangeStatement(right).contentDigest;
}

function sameNewView(left: Opening, right: Opening): boolean {
  return newViewStatement(left.newView).contentDigest === newViewStatement(right.newView).contentDigest;
}

/** A block extends the tip by one, and its header binds exactly the requests and the evidence that come with it. */
export function checkAppend(
  tip: HashedHeader,
  header: HashedHeader,
  ids: readonly Hex[],
  evidence: readonly Evidence[],
): void {
  invariant(isLinked(tip, header), 'a block is linked to the one below', () =>
    JSON.stringify({ tip, header }),
  );
  invariant(
    header.requestCount === ids.length && header.requestsRoot === merkleRoot(ids),
    'a header binds the requests of its block',
    () => JSON.stringify({ header, ids: ids.length }),
  );
  invariant(
    header.evidenceDigest === evidenceDigest(evidence),
    'a header binds the evidence of its block',
    () => JSON.stringify({ header, evidence: evidence.map(({ replica }) => replica) }),
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
export function stateDigestOf(genesis: Genesis, checkpoint: StateValues & { readonly height: number }): Hex {
  const { height, executedDigest, executedCount, registryDigest } = checkpoint;
  return stateDigest({
    networkId: networkIdOf(genesis),
    height,
    registryDigest,
    executedDigest,
    executedCount,
  });
}
