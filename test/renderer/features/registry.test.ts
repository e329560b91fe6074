/** The rules behind the Registry page. */
import { describe, expect, it } from 'vitest';
import {
  MAJORITY,
  PROPOSAL_BLOCKS_LARGEST,
  actionsOn,
  blocksLeft,
  differenceRows,
  membersFor,
  policyProblems,
  type MemberQuery,
} from '../../../src/renderer/features/registry/registryRules.ts';
import { PROPOSAL_BLOCKS_MAX } from '../../../src/main/ledger/limits.ts';
import { key, SUPERVISORS } from '../fixture/data.ts';
import { proposals, registry } from '../fixture/registry.ts';

const { supervisors, replicas } = registry(1_000_000);
const names = (change: Partial<MemberQuery>): string[] =>
  membersFor(supervisors, { search: '', former: false, sort: 'name', descending: false, ...change }).map(
    ({ name }) => name,
  );

describe('the table of members', () => {
  it('shows those who count, and those of before on demand, behind the others', () => {
    expect(names({})).not.toContain('Peter Lund');
    for (const descending of [false, true]) {
      expect(names({ former: true, descending }).at(-1)).toBe('Peter Lund');
    }
  });

  it('sorts both ways', () => {
    expect(names({ descending: true })).toEqual(names({}).reverse());
    expect(names({ sort: 'since' }).at(-1)).toBe('Jonas Öhrström');
  });

  it('finds by name, organisation, key, words of the fingerprint, and address', () => {
    const [first] = supervisors;
    expect(names({ search: ' AMELIE ' })).toEqual(['Amelie Brandt']);
    expect(names({ search: '监测' })).toEqual(['陈思远']);
    expect(names({ search: first?.publicKey.slice(0, 12) ?? '' })).toEqual([first?.name]);
    expect(names({ search: first?.words.split(' ').slice(0, 3).join(' ') ?? '' })).toEqual([first?.name]);
    expect(names({ search: 'nobody' })).toEqual([]);
    const query = { search: ':47102', former: false, sort: 'name', descending: false } as const;
    expect(membersFor(replicas, query)).toHaveLength(1);
  });
});

describe('before and after', () => {
  it('has every line, and marks those that change', () => {
    const [add, policy] = proposals();
    expect(differenceRows(add!.difference)).toEqual([
      { field: 'name', before: null, after: 'Noor de Vries', changed: true },
      { field: 'organisation', before: null, after: 'Water Board South', changed: true },
      {
        field: 'key',
        before: null,
        after:
          add!.difference.after && 'publicKey' in add!.difference.after
            ? add!.difference.after.publicKey
            : '',
        changed: true,
      },
    ]);
    expect(differenceRows(policy!.difference)).toEqual([
      { field: 'threshold', before: MAJORITY, after: '3', changed: true },
      { field: 'proposalBlocks', before: '1000', after: '5000', changed: true },
    ]);
  });

  it('leaves what stays unmarked, and knows of addresses', () => {
    const replica = {
      kind: 'replica',
      name: 'A',
      organisation: 'O',
      publicKey: 'aa',
      host: 'h',
      port: 1,
    } as const;
    const rows = differenceRows({ before: replica, after: { ...replica, port: 2 } });
    expect(rows.filter(({ changed }) => changed)).toEqual([
      { field: 'address', before: 'h:1', after: 'h:2', changed: true },
    ]);
    expect(differenceRows({ before: replica, after: null }).every(({ after }) => after === null)).toBe(true);
  });
});

describe('what can be done about a proposal', () => {
  const [ofAnother, own, impossible] = proposals();
  const mine = key(0, false);

  it('is approved once, withdrawn by its proposer, and taken back by another', () => {
    expect(actionsOn(ofAnother!, mine)).toEqual({ approve: true, withdraw: null });
    expect(actionsOn(own!, mine)).toEqual({ approve: false, withdraw: 'proposal' });
    const approved = { ...ofAnother!, approvals: [...ofAnother!.approvals, SUPERVISORS[0]!] };
    expect(actionsOn(approved, mine)).toEqual({ approve: false, withdraw: 'approval' });
    expect(actionsOn(impossible!, mine)).toEqual({ approve: false, withdraw: null });
  });

  it('is drafted for others where nobody signs here', () => {
    for (const none of [null, { ...mine, registered: false }])
      expect(actionsOn(own!, none)).toEqual({ approve: true, withdraw: null });
  });

  it('has as many blocks left as lie above the stable height', () => {
    expect(blocksLeft({ lastHeight: 10 }, 4)).toBe(6);
    expect(blocksLeft({ lastHeight: 10 }, 11)).toBe(0);
  });
});

describe('a policy', () => {
  it('keeps to the limits of the ledger', () => {
    expect(PROPOSAL_BLOCKS_LARGEST).toBe(PROPOSAL_BLOCKS_MAX);
    const good = { threshold: false, proposalBlocks: false };
    for (const threshold of ['', ' ', '2', '3']) expect(policyProblems(threshold, '1', 3)).toEqual(good);
    for (const threshold of ['1', '4', '2.5', 'two', '-2']) {
      expect(policyProblems(threshold, '1', 3)).toEqual({ ...good, threshold: true });
    }
    expect(policyProblems('1', '1', 1)).toEqual(good);
    for (const blocks of ['0', '', 'x', String(PROPOSAL_BLOCKS_MAX + 1)])
      expect(policyProblems('', blocks, 3).proposalBlocks).toBe(true);
  });
});
