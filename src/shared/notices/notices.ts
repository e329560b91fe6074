/**
 * What a person is notified about: decided from one look at the console to the next, for pages and for the window alike.
 * Pure: time comes in, words are made elsewhere.
 * @module
 */

/** `outOfStep`: the local replica has been out of step for `OUT_OF_STEP_AFTER_MS`. */
export const NOTICE_KINDS = ['final', 'refused', 'approval', 'evidence', 'outOfStep'] as const;
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
  /** `null` while nobody can say. */
  readonly inStep: boolean | null;
}

/** Something to tell a person. */
export type Notice =
  | { readonly kind: 'final' | 'refused'; readonly itemId: string; readonly title: string }
  | { readonly kind: 'approval'; readonly count: number }
  | { readonly kind: 'evidence'; readonly id: string; readonly name: string }
  | { readonly kind: 'outOfStep' };

/** What is remembered from one look to the next. */
export interface NoticeMemory {
  /** States of the items by id; `null` before the first look. */
  readonly states: ReadonlyMap<string, string> | null;
  readonly toApprove: number;
  readonly accused: ReadonlySet<string>;
  /** Since when it is out of step, in milliseconds. */
  readonly outSinceMs: number | null;
  readonly outWasTold: boolean;
}

export const NOTHING_SEEN: NoticeMemory = {
  states: null,
  toApprove: 0,
  accused: new Set(),
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
    outSinceMs,
    outWasTold,
  };
  if (memory.states === null) return { memory: next, notices: [] };
  const all = [
    ...itemNotices(memory.states, look),
    ...(look.toApprove > memory.toApprove ? [{ kind: 'approval', count: look.toApprove } as const] : []),
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
