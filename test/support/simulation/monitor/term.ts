/**
 * A view among those of all epochs: the views of an epoch come after all of those before (PROTOCOL.md, rule E3).
 * @module
 */

/** Orders views of different epochs; equal to the view in epoch 0. */
export type Term = number;

/** More than any view that a run comes to. */
const VIEWS_PER_EPOCH = 2 ** 32;

export function termOf({ epoch, view }: { readonly epoch: number; readonly view: number }): Term {
  return epoch * VIEWS_PER_EPOCH + view;
}

export function epochOfTerm(term: Term): number {
  return Math.floor(term / VIEWS_PER_EPOCH);
}

/** Of the last normal view of a position. */
export function lastTermOf({
  epoch,
  lastNormalView,
}: {
  readonly epoch: number;
  readonly lastNormalView: number;
}): Term {
  return termOf({ epoch, view: lastNormalView });
}
