/**
 * The history of views as this replica saw it, folded from what agreement announces: where it stands, and the last
 * tries to get from one view into another, with each replica's steps.
 *
 * Nothing of it is stored: it begins when the program starts.
 * @module
 */
import type { ViewChangeView, ViewPhase, ViewsView } from '../../../shared/contract/model.ts';
import { primaryOf } from '../../consensus/config.ts';
import type { Announcement, ViewPosition } from '../../consensus/effects.ts';

/** Tries that are kept, the newest: some screens of them. */
export const VIEW_CHANGES_MAX = 50;

type Announced<T extends Announcement['type']> = Extract<Announcement, { type: T }>;

/** What the history is folded from. */
export type ViewEvent =
  | Announced<'suspected'>
  | Announced<'changingView'>
  | Announced<'viewChange'>
  | Announced<'newView'>
  | Announced<'enteredView'>
  /** A replica said that it is in `view`. */
  | { readonly type: 'seen'; readonly replica: number; readonly view: number };

/** See the module. */
export interface ViewHistory {
  /** Number of replicas. */
  readonly n: number;
  /** This replica's index. */
  readonly own: number;
  readonly views: ViewsView;
  /** Newest first. */
  readonly changes: readonly ViewChangeView[];
  /** The last view change of each replica that belongs to no try yet. */
  readonly early: ReadonlyMap<number, { readonly view: number; readonly atMs: number }>;
  readonly nextId: number;
}

/** The history of a replica that stands at `position` when the program starts. */
export function startHistory(n: number, own: number, position: ViewPosition, nowMs: number): ViewHistory {
  const { view, mode, target } = position;
  const started: ViewHistory = {
    n,
    own,
    views: {
      view,
      primaryIndex: primaryOf(view, n),
      mode,
      target: Math.max(view, target),
      sinceMs: nowMs,
      sinceStart: true,
      suspicions: [],
      wishes: [],
    },
    changes: [],
    early: new Map(),
    nextId: 1,
  };
  return mode === 'changing' ? begin(started, view, target, nowMs) : started;
}

/** The history after `event`; the same object where it changes nothing. */
export function foldView(history: ViewHistory, event: ViewEvent, atMs: number): ViewHistory {
  return withWishes(history, folded(history, event, atMs));
}

/** What is wanted early is shown as long as this replica works in its view. */
function withWishes(before: ViewHistory, after: ViewHistory): ViewHistory {
  if (after.early === before.early && after.views.mode === before.views.mode) return after;
  const early = after.views.mode === 'normal' ? [...after.early] : [];
  const wishes = early.map(([replica, wish]) => ({ replica, ...wish }));
  if (wishes.length === 0 && after.views.wishes.length === 0) return after;
  return { ...after, views: { ...after.views, wishes } };
}

function folded(history: ViewHistory, event: ViewEvent, atMs: number): ViewHistory {
  switch (event.type) {
    case 'suspected':
      return suspected(history, event, atMs);
    case 'changingView':
      return changingView(history, event, atMs);
    case 'viewChange':
      return viewChange(history, event, atMs);
    case 'newView':
      return newView(history, event, atMs);
    case 'enteredView':
      return enteredView(history, event, atMs);
    case 'seen':
      if (event.replica === history.own || tryFor(history, event.view) === undefined) return history;
      return vote(history, event.view, event.replica, 'entered', atMs);
  }
}

function suspected(history: ViewHistory, event: Announced<'suspected'>, atMs: number): ViewHistory {
  const { views } = history;
  if (event.view !== views.view) return history;
  const open = history.changes.find(({ outcome }) => outcome === 'changing');
  if (open !== undefined) return vote(history, open.toView, event.by, 'suspected', atMs);
  if (views.suspicions.some(({ replica }) => replica === event.by)) return history;
  const suspicions = [...views.suspicions, { replica: event.by, atMs }];
  return { ...history, views: { ...views, suspicions } };
}

function changingView(history: ViewHistory, event: Announced<'changingView'>, atMs: number): ViewHistory {
  const { view, target, cause } = event;
  const known = tryFor(history, target);
  const begun = known?.outcome === 'changing' ? history : begin(history, view, target, atMs);
  const { views } = begun;
  const wasNormal = views.mode === 'normal';
  return replace(
    {
      ...begun,
      views: {
        ...views,
        mode: 'changing',
        target,
        sinceMs: wasNormal ? atMs : views.sinceMs,
        sinceStart: wasNormal ? false : views.sinceStart,
        suspicions: [],
      },
    },
    target,
    (change) => ({ ...change, cause }),
  );
}

function viewChange(history: ViewHistory, event: Announced<'viewChange'>, atMs: number): ViewHistory {
  const { replica, view } = event;
  if (tryFor(history, view) !== undefined) return vote(history, view, replica, 'viewChange', atMs);
  if (view <= history.views.view) return history;
  // Which try it belongs to shows when this replica leaves its own view. Only the last one of each counts by then.
  return { ...history, early: new Map(history.early).set(replica, { view, atMs }) };
}

function newView(history: ViewHistory, event: Announced<'newView'>, atMs: number): ViewHistory {
  const { view, replicas } = event;
  const isKnown = tryFor(history, view) !== undefined;
  if (!isKnown && view <= history.views.view) return history;
  let told = isKnown ? history : begin(history, history.views.view, view, atMs);
  for (const replica of replicas) told = vote(told, view, replica, 'viewChange', atMs);
  return vote(told, view, primaryOf(view, history.n), 'newView', atMs);
}

function enteredView(history: ViewHistory, event: Announced<'enteredView'>, atMs: number): ViewHistory {
  const { view, primary, how, baseHeight, forkHeight, keptBlocks, putBackBlocks } = event;
  if (tryFor(history, view)?.outcome === 'entered') return history;
  const others = giveUp(history, view, atMs);
  const known = tryFor(others, view) === undefined ? begin(others, history.views.view, view, atMs) : others;
  const ended = replace(known, view, (change) => ({
    ...change,
    outcome: 'entered',
    endedAtMs: atMs,
    result: { how, baseHeight, forkHeight, keptBlocks, putBackBlocks },
  }));
  return {
    ...vote(ended, view, history.own, 'entered', atMs),
    views: {
      view,
      primaryIndex: primary,
      mode: 'normal',
      target: view,
      sinceMs: atMs,
      sinceStart: false,
      suspicions: [],
      wishes: [],
    },
    early: new Map([...history.early].filter(([, early]) => early.view > view)),
  };
}

/** A new try, with what is known of it already. It takes the place of any other. */
function begin(history: ViewHistory, fromView: number, toView: number, atMs: number): ViewHistory {
  const { n, views, early } = history;
  const isFirst = fromView === views.view;
  const suspicions = isFirst ? views.suspicions : [];
  const votes = [...early].flatMap(([replica, { view, atMs: votedAtMs }]) =>
    view === toView ? [{ replica, phase: 'viewChange' as const, atMs: votedAtMs }] : [],
  );
  const change: ViewChangeView = {
    id: history.nextId,
    fromView,
    toView,
    fromPrimary: primaryOf(fromView, n),
    toPrimary: primaryOf(toView, n),
    cause: null,
    outcome: 'changing',
    startedAtMs: atMs,
    endedAtMs: null,
    votes: [...suspicions.map((suspicion) => ({ ...suspicion, phase: 'suspected' as const })), ...votes].sort(
      (left, right) => left.atMs - right.atMs,
    ),
    result: null,
  };
  return {
    ...history,
    views: { ...views, suspicions: isFirst ? [] : views.suspicions },
    changes: [change, ...giveUp(history, toView, atMs).changes].slice(0, VIEW_CHANGES_MAX),
    early: new Map([...early].filter(([, { view }]) => view !== toView)),
    nextId: history.nextId + 1,
  };
}

/** Ends every try but the one for `view`. */
function giveUp(history: ViewHistory, view: number, atMs: number): ViewHistory {
  const changes = history.changes.map((change) =>
    change.outcome !== 'changing' || change.toView === view
      ? change
      : { ...change, outcome: 'givenUp' as const, endedAtMs: atMs },
  );
  return { ...history, changes };
}

/** Notes a replica's step, the first time. */
function vote(
  history: ViewHistory,
  toView: number,
  replica: number,
  phase: ViewPhase,
  atMs: number,
): ViewHistory {
  const votes = tryFor(history, toView)?.votes ?? [];
  if (votes.some((known) => known.replica === replica && known.phase === phase)) return history;
  return replace(history, toView, (change) => ({
    ...change,
    votes: [...change.votes, { replica, phase, atMs }],
  }));
}

function tryFor(history: ViewHistory, toView: number): ViewChangeView | undefined {
  return history.changes.find((change) => change.toView === toView);
}

function replace(
  history: ViewHistory,
  toView: number,
  change: (before: ViewChangeView) => ViewChangeView,
): ViewHistory {
  const found = tryFor(history, toView);
  if (found === undefined) return history;
  return { ...history, changes: history.changes.map((one) => (one === found ? change(one) : one)) };
}
