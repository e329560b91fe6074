/** The rules behind the pages of view changes, evidence and faults. */
import { describe, expect, it } from 'vitest';
import { statementRows } from '../../../src/renderer/features/evidence/statementRows.ts';
import { aftermath } from '../../../src/renderer/features/faults/aftermath.ts';
import { isSuspected, suspicionRows } from '../../../src/renderer/features/views/suspicionRows.ts';
import { stepStatus } from '../../../src/shared/notices/stepStatus.ts';
import { voteRows } from '../../../src/renderer/features/views/voteRows.ts';
import type { MatrixCell } from '../../../src/renderer/ui/phaseMatrix.ts';
import type { FaultRun } from '../../../src/shared/contract/model.ts';
import { changingViews, evidence, faults, openChange, viewChanges, views } from '../fixture/agreement.ts';
import { network, peers, replica } from '../fixture/data.ts';

const now = 1_000_000_000;
const cellWord = (cell: MatrixCell): string | number => (cell.state === 'done' ? cell.afterMs : cell.state);

describe('what comes before a view change', () => {
  it('is a row for each replica, counted from the first suspicion or wish; nobody is waited for', () => {
    const before = {
      ...views(now),
      suspicions: [
        { replica: 0, atMs: 100 },
        { replica: 2, atMs: 350 },
      ],
      wishes: [{ replica: 2, view: 6, atMs: 400 }],
    };
    expect(isSuspected(before)).toBe(true);
    expect(suspicionRows(before, 4).map(({ cells }) => cells.map(({ cell }) => cellWord(cell)))).toEqual([
      [0, 'unseen'],
      ['unseen', 'unseen'],
      [250, 300],
      ['unseen', 'unseen'],
    ]);
  });

  it('is nothing while all are content, and the matrix of the change itself while one is under way', () => {
    const before = { ...views(now), suspicions: [{ replica: 0, atMs: 100 }] };
    expect(isSuspected(views(now))).toBe(false);
    expect(isSuspected({ ...before, mode: 'changing' })).toBe(false);
  });
});

describe('the steps of a view change', () => {
  it('are a row for each replica, counted from the first step of all', () => {
    const change = {
      ...viewChanges(now)[0]!,
      startedAtMs: 500,
      votes: [
        { replica: 2, phase: 'suspected', atMs: 100 },
        { replica: 2, phase: 'viewChange', atMs: 520 },
        { replica: 1, phase: 'newView', atMs: 700 },
      ] as const,
    };
    const rows = voteRows({ ...change, votes: [...change.votes] }, 4);
    expect(rows.map(({ replica, cells }) => [replica, cells.map(({ cell }) => cellWord(cell))])).toEqual([
      [0, ['unseen', 'unseen', 'apart', 'unseen']],
      [1, ['unseen', 'unseen', 600, 'unseen']],
      [2, [0, 420, 'apart', 'unseen']],
      [3, ['unseen', 'unseen', 'apart', 'unseen']],
    ]);
  });

  it('wait while the change is under way: for all but suspicions, which nobody need have', () => {
    const rows = voteRows(openChange(now), 4);
    expect(rows.map(({ cells }) => cells.map(({ cell }) => cellWord(cell)))).toEqual([
      ['unseen', 0, 'apart', 'waiting'],
      ['unseen', 'waiting', 'apart', 'waiting'],
      ['unseen', 20, 'apart', 'waiting'],
      ['unseen', 'waiting', 'waiting', 'waiting'],
    ]);
  });
});

describe('two statements', () => {
  it('show the fields that they have, and which differ', () => {
    const [viewChange, order] = evidence(now);
    const differing = (one: typeof order): [string, boolean][] =>
      statementRows(one!.statements[0], one!.statements[1]).map(({ field, differs }) => [field, differs]);
    expect(differing(order)).toEqual([
      ['epoch', false],
      ['view', false],
      ['height', false],
      ['hash', true],
      ['digest', true],
      ['signature', true],
    ]);
    expect(differing(viewChange).map(([field]) => field)).toEqual([
      'epoch',
      'view',
      'contentDigest',
      'digest',
      'signature',
    ]);
  });
});

describe('what followed a fault', () => {
  const [slow, equivocate] = faults(now).runs as [FaultRun, FaultRun];

  it('is what concerns the replica while the fault lasts, in order', () => {
    const steps = aftermath(equivocate, views(now), viewChanges(now), evidence(now));
    expect(steps.map(({ type, afterMs }) => [type, afterMs])).toEqual([
      ['evidence', 300],
      ['changing', 360],
      ['givenUp', 4_360],
      ['changing', 4_360],
      ['entered', 5_000],
    ]);
  });

  it('begins with the suspicions, also before anybody has left the view', () => {
    const run: FaultRun = { ...slow, replica: 1 };
    const suspicions = [{ replica: 2, atMs: run.startedAtMs + 2_000 }];
    expect(aftermath(run, { ...views(now), suspicions }, [], [])).toEqual([
      { type: 'suspected', replica: 2, afterMs: 2_000 },
    ]);
    const change = {
      ...openChange(now),
      votes: [{ replica: 0, phase: 'suspected', atMs: run.startedAtMs + 1 } as const],
    };
    expect(aftermath(run, views(now), [change], []).map(({ type }) => type)).toEqual([
      'suspected',
      'changing',
    ]);
  });

  it('is nothing where others failed, and nothing after it was healed', () => {
    expect(aftermath(slow, views(now), viewChanges(now), evidence(now))).toEqual([]);
    const healed = { ...equivocate, endedAtMs: equivocate.startedAtMs + 350 };
    expect(aftermath(healed, views(now), viewChanges(now), evidence(now)).map(({ type }) => type)).toEqual([
      'evidence',
    ]);
  });
});

describe('in step, and why, without a primary', () => {
  it('says since when a primary is being chosen', () => {
    const status = stepStatus(
      { ...replica(now), mode: 'changing' },
      network(now),
      peers(now),
      changingViews(now),
    );
    expect(status.step).toBe('changing');
    expect(status.reasons).toContainEqual(
      expect.objectContaining({ key: 'changing', good: false, timeMs: now - 6_400 }),
    );
  });

  it('counts who finds the primary too slow', () => {
    const suspicions = [{ replica: 0, atMs: now }];
    const suspected = { ...views(now), suspicions };
    const { step, reasons } = stepStatus(replica(now), network(now), peers(now), suspected);
    expect(step).toBe('waiting');
    // A block has come since: it was slow, and is not now.
    const later = { ...replica(now), lastBlockAtMs: now + 1 };
    expect(stepStatus(later, network(now), peers(now), suspected).step).toBe('inStep');
    // Nothing waits any more: a moment of trouble in a quiet network is none for ever.
    const idle = { ...replica(now), awaiting: false };
    expect(stepStatus(idle, network(now), peers(now), suspected).step).toBe('inStep');
    expect(reasons).toContainEqual(
      expect.objectContaining({ key: 'suspected', good: false, numbers: { count: 1, n: 4, needed: 2 } }),
    );
  });

  it('claims nothing that the page cannot know any more', () => {
    expect(stepStatus(replica(now), network(now), peers(now), views(now), true).step).toBe('inStep');
    const { step, reasons } = stepStatus(replica(now), network(now), peers(now), views(now), false);
    expect(step).toBe('unknown');
    expect(reasons.map(({ key, good }) => [key, good])).toEqual([['disconnected', false]]);
  });

  it('names the others that only follow: they count as faulty', () => {
    const others = peers(now).map((peer) => ({ ...peer, participating: peer.index !== 1 }));
    expect(stepStatus(replica(now), network(now), others, views(now)).reasons).toContainEqual(
      expect.objectContaining({ key: 'followers', good: false, names: [others[1]!.name] }),
    );
    const all = others.map((peer) => ({ ...peer, participating: true }));
    const { reasons } = stepStatus(replica(now), network(now), all, views(now));
    expect(reasons.map(({ key }) => key)).not.toContain('followers');
  });

  it('tells a learner from one that catches up', () => {
    const learner = { ...replica(now), participating: false, learner: 'stateOld' } as const;
    const { step, reasons } = stepStatus(learner, network(now), peers(now), views(now));
    expect(step).toBe('learner');
    expect(reasons[0]?.key).toBe('learner');
    const stranger = { ...learner, learner: 'notMember' } as const;
    expect(stepStatus(stranger, network(now), peers(now)).reasons[0]?.key).toBe('notMember');
    const { step: other } = stepStatus({ ...learner, learner: null }, network(now), peers(now));
    expect(other).toBe('notParticipating');
  });
});
