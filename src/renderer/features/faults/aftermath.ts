/**
 * What followed a fault, as far as it shows: suspicions, tries to change the view, and evidence, each with the time
 * since the fault began.
 * @module
 */
import type { EvidenceView, FaultRun, ViewChangeView, ViewsView } from '../../../shared/contract/model.ts';

/** One thing that followed. */
export type AftermathStep = { readonly afterMs: number } & (
  | { readonly type: 'suspected'; readonly replica: number }
  | { readonly type: 'changing' | 'givenUp' | 'entered'; readonly change: ViewChangeView }
  | { readonly type: 'evidence'; readonly evidence: EvidenceView }
);

/** In the order in which it happened. A fault is answered for while it lasts, and not beyond. */
export function aftermath(
  run: FaultRun,
  views: ViewsView | null,
  changes: readonly ViewChangeView[],
  evidence: readonly EvidenceView[],
): AftermathStep[] {
  const isWithin = (atMs: number): boolean =>
    atMs >= run.startedAtMs && (run.endedAtMs === null || atMs <= run.endedAtMs);
  const steps: AftermathStep[] = [];
  // Before anybody has left the view.
  if (views?.primaryIndex === run.replica) {
    for (const { replica, atMs } of views.suspicions) {
      if (isWithin(atMs)) steps.push({ type: 'suspected', replica, afterMs: atMs - run.startedAtMs });
    }
  }
  // Ahead of the view changes that it leads to, and those oldest first, where all of it happens at once.
  for (const one of evidence) {
    if (one.accused.index !== run.replica || one.learntAtMs === null || !isWithin(one.learntAtMs)) continue;
    steps.push({ type: 'evidence', evidence: one, afterMs: one.learntAtMs - run.startedAtMs });
  }
  for (const change of changes.toReversed()) {
    if (isWithin(change.startedAtMs) && isAbout(run, change)) steps.push(...stepsOf(run, change));
  }
  return steps.sort((left, right) => left.afterMs - right.afterMs);
}

/** A replica's fault makes the others leave its view, or the view that it should have opened. */
function isAbout(run: FaultRun, { fromPrimary, toPrimary }: ViewChangeView): boolean {
  return fromPrimary === run.replica || toPrimary === run.replica;
}

function stepsOf(run: FaultRun, change: ViewChangeView): AftermathStep[] {
  const since = (atMs: number): number => Math.max(0, atMs - run.startedAtMs);
  const steps: AftermathStep[] = change.votes
    .filter(({ phase, atMs }) => phase === 'suspected' && atMs >= run.startedAtMs)
    .map(({ replica, atMs }) => ({ type: 'suspected', replica, afterMs: since(atMs) }));
  steps.push({ type: 'changing', change, afterMs: since(change.startedAtMs) });
  if (change.endedAtMs !== null && change.outcome !== 'changing') {
    steps.push({ type: change.outcome, change, afterMs: since(change.endedAtMs) });
  }
  return steps;
}
