import { describe, expect, it } from 'vitest';
import {
  NOTHING_SEEN,
  OUT_OF_STEP_AFTER_MS,
  nextNotices,
  type Notice,
  type NoticeLook,
  type NoticeMemory,
} from '../../../src/shared/notices/notices.ts';

const ALL = { final: true, refused: true, approval: true, viewChange: true, evidence: true, outOfStep: true };
const VIEW = { number: 3, primary: 'R4' };
const QUIET: NoticeLook = { items: [], toApprove: 0, accused: [], view: VIEW, inStep: true };
const item = (state: string, id = 'a') => ({ id, title: `Title ${id}`, state });

/** Looks one after another, each at a time: what is told of each. */
function told(looks: readonly (readonly [NoticeLook, number])[], wants = ALL): (readonly Notice[])[] {
  let memory: NoticeMemory = NOTHING_SEEN;
  return looks.map(([look, nowMs]) => {
    const next = nextNotices(memory, look, nowMs, wants);
    memory = next.memory;
    return next.notices;
  });
}

describe('what a person is notified about', () => {
  it('is nothing that was there before', () => {
    const look = { ...QUIET, items: [item('final')], toApprove: 3, accused: [{ id: '0 1', name: 'B' }] };
    expect(told([[look, 0]])).toEqual([[]]);
  });

  it('is a request that became final or was refused, once', () => {
    const looks = ['sent', 'accepted', 'final', 'final'].map((state, index) => {
      const items = [item(state), item(['draft', 'sent', 'refused', 'refused'][index] ?? '', 'b')];
      return [{ ...QUIET, items }, index] as const;
    });
    expect(told(looks)).toEqual([
      [],
      [],
      [
        { kind: 'final', itemId: 'a', title: 'Title a' },
        { kind: 'refused', itemId: 'b', title: 'Title b' },
      ],
      [],
    ]);
  });

  it('is an expired request, which nobody takes any more', () => {
    const looks = ['sent', 'expired'].map((state) => [{ ...QUIET, items: [item(state)] }, 0] as const);
    expect(told(looks)[1]).toMatchObject([{ kind: 'refused' }]);
  });

  it('is a view that began, once it has begun, and not that the replicas start to count anew', () => {
    const view = (number: number | null): NoticeLook => ({
      ...QUIET,
      view: number === null ? null : { number, primary: `R${String(number)}` },
    });
    const looks = [3, null, 5, 5, 0, 1].map((number, index) => [view(number), index] as const);
    expect(told(looks)).toEqual([
      [],
      [],
      [{ kind: 'viewChange', view: 5, primary: 'R5' }],
      [],
      [],
      [{ kind: 'viewChange', view: 1, primary: 'R1' }],
    ]);
  });

  it('is no item that came to its end elsewhere', () => {
    expect(
      told([
        [QUIET, 0],
        [{ ...QUIET, items: [item('final')] }, 1],
      ])[1],
    ).toEqual([]);
  });

  it('is one more proposal to approve, and none the less of them', () => {
    const looks = [0, 2, 1, 2].map((toApprove) => [{ ...QUIET, toApprove }, 0] as const);
    expect(told(looks)).toEqual([[], [{ kind: 'approval', count: 2 }], [], [{ kind: 'approval', count: 2 }]]);
  });

  it('is new evidence, each piece once', () => {
    const accused = [{ id: '0 1', name: 'B' }];
    const looks = [[], accused, accused].map((one) => [{ ...QUIET, accused: one }, 0] as const);
    expect(told(looks)).toEqual([[], [{ kind: 'evidence', id: '0 1', name: 'B' }], []]);
  });

  it('is a replica that stays out of step, once until it is in step again', () => {
    const out = { ...QUIET, inStep: false };
    const looks = [
      [QUIET, 0],
      [out, 10],
      [out, 10 + OUT_OF_STEP_AFTER_MS - 1],
      [{ ...out, inStep: null }, 10 + OUT_OF_STEP_AFTER_MS],
      [out, 10 + OUT_OF_STEP_AFTER_MS],
      [out, 20 + OUT_OF_STEP_AFTER_MS],
      [QUIET, 30 + OUT_OF_STEP_AFTER_MS],
      [out, 40 + OUT_OF_STEP_AFTER_MS],
      [out, 40 + 2 * OUT_OF_STEP_AFTER_MS],
    ] as const;
    expect(told(looks).map((notices) => notices.length)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('is nothing that is not wanted, and not told later either', () => {
    const looks = [
      [QUIET, 0],
      [{ ...QUIET, toApprove: 1 }, 1],
    ] as const;
    expect(told(looks, { ...ALL, approval: false })).toEqual([[], []]);
    const { memory } = nextNotices(NOTHING_SEEN, { ...QUIET, toApprove: 1 }, 0, { ...ALL, approval: false });
    expect(nextNotices(memory, { ...QUIET, toApprove: 1 }, 1, ALL).notices).toEqual([]);
  });
});
