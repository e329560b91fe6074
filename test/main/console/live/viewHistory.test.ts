import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  VIEW_CHANGES_MAX,
  foldView,
  startHistory,
  type ViewEvent,
  type ViewHistory,
} from '../../../../src/main/console/live/viewHistory.ts';
import { FIRST_POSITION } from '../../../../src/main/consensus/effects.ts';
import { viewChangeSchema, viewsSchema } from '../../../../src/shared/contract/model.ts';

const OWN = 3;
const entered = (view: number): ViewEvent => ({
  type: 'enteredView',
  view,
  primary: view % 4,
  baseHeight: 7,
  forkHeight: 6,
  keptBlocks: 2,
  putBackBlocks: 1,
  how: 'newView',
});

/** The history after events, one a millisecond from 1 on. */
function after(events: readonly ViewEvent[], start = startHistory(4, OWN, FIRST_POSITION, 0)): ViewHistory {
  return events.reduce((history, event, index) => foldView(history, event, index + 1), start);
}

describe('the history of views', () => {
  it('begins where the replica stands', () => {
    expect(startHistory(4, OWN, FIRST_POSITION, 9)).toMatchObject({
      views: { view: 0, primaryIndex: 0, mode: 'normal', target: 0, sinceMs: 9, sinceStart: true },
      changes: [],
    });
    const changing = { ...FIRST_POSITION, view: 5, mode: 'changing', target: 7 } as const;
    expect(startHistory(4, OWN, changing, 9)).toMatchObject({
      views: { view: 5, primaryIndex: 1, mode: 'changing', target: 7 },
      changes: [{ fromView: 5, toView: 7, fromPrimary: 1, toPrimary: 3, outcome: 'changing', cause: null }],
    });
  });

  it('follows a view change from the first suspicion to the last replica in the new view', () => {
    const { views, changes } = after([
      { type: 'suspected', view: 0, by: 1 },
      { type: 'suspected', view: 0, by: OWN },
      { type: 'suspected', view: 0, by: 1 },
      { type: 'viewChange', replica: 2, view: 1 },
      { type: 'changingView', view: 0, target: 1, cause: 'timeout' },
      { type: 'viewChange', replica: OWN, view: 1 },
      { type: 'newView', view: 1, replicas: [1, 2, 3] },
      entered(1),
      { type: 'seen', replica: 1, view: 1 },
      { type: 'seen', replica: 2, view: 0 },
      { type: 'seen', replica: 2, view: 1 },
      { type: 'seen', replica: 2, view: 1 },
    ]);
    expect(views).toEqual({
      view: 1,
      primaryIndex: 1,
      mode: 'normal',
      target: 1,
      sinceMs: 8,
      sinceStart: false,
      suspicions: [],
      wishes: [],
    });
    expect(changes).toEqual([
      {
        id: 1,
        fromView: 0,
        toView: 1,
        fromPrimary: 0,
        toPrimary: 1,
        cause: 'timeout',
        outcome: 'entered',
        startedAtMs: 5,
        endedAtMs: 8,
        votes: [
          { replica: 1, phase: 'suspected', atMs: 1 },
          { replica: OWN, phase: 'suspected', atMs: 2 },
          { replica: 2, phase: 'viewChange', atMs: 4 },
          { replica: OWN, phase: 'viewChange', atMs: 6 },
          { replica: 1, phase: 'viewChange', atMs: 7 },
          { replica: 1, phase: 'newView', atMs: 7 },
          { replica: OWN, phase: 'entered', atMs: 8 },
          { replica: 1, phase: 'entered', atMs: 9 },
          { replica: 2, phase: 'entered', atMs: 11 },
        ],
        result: { how: 'newView', baseHeight: 7, forkHeight: 6, keptBlocks: 2, putBackBlocks: 1 },
      },
    ]);
  });

  it('shows suspicions while nobody has left the view', () => {
    const { views, changes } = after([{ type: 'suspected', view: 0, by: 2 }]);
    expect(views.suspicions).toEqual([{ replica: 2, atMs: 1 }]);
    expect(changes).toEqual([]);
    expect(after([{ type: 'suspected', view: 9, by: 2 }]).views.suspicions).toEqual([]);
  });

  it('shows who wants a later view, the last wish of each, while this replica works in its own', () => {
    const wanted: ViewEvent[] = [
      { type: 'viewChange', replica: 2, view: 1 },
      { type: 'viewChange', replica: 1, view: 1 },
      { type: 'viewChange', replica: 2, view: 2 },
    ];
    expect(after(wanted).views.wishes).toEqual([
      { replica: 2, view: 2, atMs: 3 },
      { replica: 1, view: 1, atMs: 2 },
    ]);
    const left = after([...wanted, { type: 'changingView', view: 0, target: 1, cause: 'others' }]);
    expect(left.views.wishes).toEqual([]);
    // Who wants one beyond the view that was entered still wants it.
    expect(after([...wanted, entered(1)]).views.wishes).toEqual([{ replica: 2, view: 2, atMs: 3 }]);
    expect(after([...wanted, entered(2)]).views.wishes).toEqual([]);
  });

  it('gives up a try for a later one, and counts the time without a view from the first', () => {
    const { views, changes } = after([
      { type: 'changingView', view: 0, target: 1, cause: 'equivocation' },
      { type: 'viewChange', replica: 2, view: 2 },
      { type: 'changingView', view: 0, target: 2, cause: 'timeout' },
    ]);
    expect(views).toMatchObject({ view: 0, mode: 'changing', target: 2, sinceMs: 1 });
    expect(changes).toMatchObject([
      { id: 2, toView: 2, outcome: 'changing', votes: [{ replica: 2, phase: 'viewChange', atMs: 2 }] },
      { id: 1, toView: 1, outcome: 'givenUp', endedAtMs: 3, cause: 'equivocation' },
    ]);
  });

  it('knows of a view that it was taken along to', () => {
    expect(after([entered(6)]).changes).toMatchObject([
      { fromView: 0, toView: 6, toPrimary: 2, cause: null, outcome: 'entered', startedAtMs: 1, endedAtMs: 1 },
    ]);
    expect(after([{ type: 'newView', view: 1, replicas: [0, 1, 2] }]).changes).toMatchObject([
      { toView: 1, outcome: 'changing', cause: null },
    ]);
  });

  it('is the same when it hears something twice, and when something means nothing', () => {
    const history = after([{ type: 'changingView', view: 0, target: 1, cause: 'timeout' }, entered(1)]);
    const nothing: ViewEvent[] = [
      entered(1),
      { type: 'viewChange', replica: 0, view: 0 },
      { type: 'newView', view: 0, replicas: [] },
      { type: 'seen', replica: 0, view: 0 },
      { type: 'seen', replica: OWN, view: 1 },
      { type: 'suspected', view: 0, by: 1 },
    ];
    for (const event of nothing) expect(foldView(history, event, 99)).toBe(history);
  });

  it('stays bounded and within the contract, whatever is announced', () => {
    const view = fc.nat(70);
    const replica = fc.nat(3);
    const event: fc.Arbitrary<ViewEvent> = fc.oneof(
      fc.record({ type: fc.constant('suspected' as const), view, by: replica }),
      fc.record({
        type: fc.constant('changingView' as const),
        view,
        target: view,
        cause: fc.constantFrom('timeout' as const, 'others' as const, 'equivocation' as const),
      }),
      fc.record({ type: fc.constant('viewChange' as const), replica, view }),
      fc.record({
        type: fc.constant('newView' as const),
        view,
        replicas: fc.uniqueArray(replica, { minLength: 3 }),
      }),
      view.map(entered),
      fc.record({ type: fc.constant('seen' as const), replica, view }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const history = after(events);
        viewsSchema.parse(history.views);
        for (const change of history.changes) {
          viewChangeSchema.parse(change);
          expect(change.votes.length).toBeLessThanOrEqual(4 * 4);
          expect(change.endedAtMs === null).toBe(change.outcome === 'changing');
          expect(change.result === null).toBe(change.outcome !== 'entered');
        }
        expect(history.changes.length).toBeLessThanOrEqual(VIEW_CHANGES_MAX);
        expect(history.early.size).toBeLessThanOrEqual(4);
        expect(history.views.suspicions.length).toBeLessThanOrEqual(4);
        const ids = history.changes.map(({ id }) => id);
        expect(ids).toEqual([...ids].sort((left, right) => right - left));
        expect(history.changes.filter(({ outcome }) => outcome === 'changing').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
