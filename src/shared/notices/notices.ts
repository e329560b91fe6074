/**
 * What a person is notified about: decided from one look at the console to the next, for pages and for the window alike.
 * Pure: time comes in, words are made elsewhere.
 * @module
 */

/** `viewChange`: another primary leads. `outOfStep`: the local replica has been out of step for `OUT_OF_STEP_AFTER_MS`. */
export const NOTICE_KINDS = ['final', 'refused', 'approval', 'viewChange', 'evidence', 'outOfStep'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** How long a replica is out of step before somebody is told, in milliseconds: a change of view is none of theirs. */
export const OUT_OF_STEP_AFTER_MS = 30_000;

/** What there is to see now. */
export interface NoticeLook {
  readonly items: readonly { readonly id: string; readonly title: string; readonly state: string }[];
  /** Proposals that wait for the own approval. */
  readonly toApprove: number;
  /** Names of the accused, one for each piece of evidence. */
  readonly accused: readonly { readonly id: string; readonly name: string }[];
  /** The view in which agreement goes on, and the name of its primary; `null` while the view changes. */
  readonly view: { readonly number: number; readonly primary: string } | null;
  /** `null` while nobody can say. */
  readonly inStep: boolean | null;
}

/** Something to tell a person. */
export type Notice =
  | { readonly kind: 'final' | 'refused'; readonly itemId: string; readonly title: string }
  | { readonly kind: 'approval'; readonly count: number }
  | { readonly kind: 'viewChange'; readonly view: number; readonly primary: string }
  | { readonly kind: 'evidence'; readonly id: string; readonly name: string }
  | { readonly kind: 'outOfStep' };

/** What is remembered from one look to the next. */
export interface NoticeMemory {
  /** States of the items by id; `null` before the first look. */
  readonly states: ReadonlyMap<string, string> | null;
  readonly toApprove: number;
  readonly accused: ReadonlySet<string>;
  /** The last view in which agreement went on; `null` before there was one. */
  readonly view: number | null;
  /** Since when it is out of step, in milliseconds. */
  readonly outSinceMs: number | null;
  readonly outWasTold: boolean;
}

export const NOTHING_SEEN: NoticeMemory = {
  states: null,
  toApprove: 0,
  accused: new Set(),
  view: null,
  outSinceMs: null,
  outWasTold: false,
};

/** States that end the life of an item, and the notice of each. */
const ENDS: Readonly<Record<string, 'final' | 'refused'>> = {
  final: 'final',
  refused: 'refused',
  expired: 'refused',
};

/**
 * What to tell of `look`, and what to remember. The first look tells nothing: it is what was there before. What is not
 * wanted is remembered all the same, so that it is not told later as if it were new.
 */
export function nextNotices(
  memory: NoticeMemory,
  look: NoticeLook,
  nowMs: number,
  wants: Readonly<Record<NoticeKind, boolean>>,
): { readonly memory: NoticeMemory; readonly notices: readonly Notice[] } {
  const { outSinceMs, outWasTold, notices: outNotices } = outOfStep(memory, look.inStep, nowMs);
  const next: NoticeMemory = {
    states: new Map(look.items.map(({ id, state }) => [id, state])),
    toApprove: look.toApprove,
    accused: new Set(look.accused.map(({ id }) => id)),
    view: look.view?.number ?? memory.view,
    outSinceMs,
    outWasTold,
  };
  if (memory.states === null) return { memory: next, notices: [] };
  const all = [
    ...itemNotices(memory.states, look),
    ...(look.toApprove > memory.toApprove ? [{ kind: 'approval', count: look.toApprove } as const] : []),
    ...viewNotices(memory.view, look.view),
    ...look.accused
      .filter(({ id }) => !memory.accused.has(id))
      .map(({ id, name }) => ({ kind: 'evidence', id, name }) as const),
    ...outNotices,
  ];
  return { memory: next, notices: all.filter(({ kind }) => wants[kind]) };
}

function itemNotices(before: ReadonlyMap<string, string>, { items }: NoticeLook): Notice[] {
  return items.flatMap(({ id, title, state }) => {
    const kind = ENDS[state];
    const was = before.get(id);
    // One that was not there came from elsewhere, as it is: nobody waits for it.
    if (kind === undefined || was === undefined || ENDS[was] !== undefined) return [];
    return [{ kind, itemId: id, title }];
  });
}

/** A change of several views at once is one. Another set of replicas begins at view 0 again: that is no change. */
function viewNotices(before: number | null, view: NoticeLook['view']): Notice[] {
  if (before === null || view === null || view.number <= before) return [];
  return [{ kind: 'viewChange', view: view.number, primary: view.primary }];
}

function outOfStep(
  { outSinceMs, outWasTold }: NoticeMemory,
  inStep: boolean | null,
  nowMs: number,
): Pick<NoticeMemory, 'outSinceMs' | 'outWasTold'> & { readonly notices: readonly Notice[] } {
  if (inStep === null) return { outSinceMs, outWasTold, notices: [] };
  if (inStep) return { outSinceMs: null, outWasTold: false, notices: [] };
  const sinceMs = outSinceMs ?? nowMs;
  const isDue = !outWasTold && nowMs - sinceMs >= OUT_OF_STEP_AFTER_MS;
  return {
    outSinceMs: sinceMs,
    outWasTold: outWasTold || isDue,
    notices: isDue ? [{ kind: 'outOfStep' }] : [],
  };
}
