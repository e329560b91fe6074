/** The registry by example: who may do what, when a change takes effect, and what ends a proposal. */
import { describe, expect, it } from 'vitest';
import { Registry, type RegistryStep } from '../../../../src/main/ledger/registry/registry.ts';
import { SUPERVISORS_MAX } from '../../../../src/main/ledger/limits.ts';
import type { RegistryAction, RegistryChange, ReplicaEntry } from '../../../../src/shared/domain/registry.ts';
import type { Hex } from '../../../../src/shared/encoding/hex.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const key = (digits: string): Hex => digits.repeat(32);
const PROOF = 'cd'.repeat(64);
const newcomer = { name: 'Li Wei', organisation: 'Office', publicKey: key('f0') };
const add: RegistryChange = { kind: 'addSupervisor', supervisor: newcomer, proof: PROOF };
const replica = { name: 'r', organisation: 'o', publicKey: key('f1'), host: 'h', port: 1 };

/** A registry that goes on block by block, each with one action. */
class Walk {
  registry: Registry;
  height = 0;
  readonly keys: readonly Hex[];

  constructor(supervisors: number, policy: { threshold?: number | null; proposalBlocks?: number } = {}) {
    const { genesis } = makeGenesis({ supervisors, policy });
    this.registry = Registry.ofGenesis(genesis);
    this.keys = genesis.supervisors.map(({ publicKey }) => publicKey);
  }

  /** The next block, with an action of the supervisor at `index`, whose proposal has the id `id`. */
  act(index: number, action: RegistryAction, id = key(String(this.height + 10))): RegistryStep {
    const supervisor = this.keys[index]!;
    expect(this.registry.objection(supervisor, action)).toBeUndefined();
    this.height += 1;
    const step = this.registry.after(this.height, { id, supervisor, action });
    this.registry = step.registry;
    return step;
  }

  pass(blocks: number): RegistryStep['outcomes'] {
    const outcomes = [];
    for (let block = 0; block < blocks; block++) {
      this.height += 1;
      const step = this.registry.after(this.height, undefined);
      this.registry = step.registry;
      outcomes.push(...step.outcomes);
    }
    return outcomes;
  }

  objection(index: number, action: RegistryAction): string | undefined {
    return this.registry.objection(this.keys[index]!, action)?.code;
  }
}

const propose = (change: RegistryChange): RegistryAction => ({ type: 'propose', change });
const approve = (proposalId: Hex): RegistryAction => ({ type: 'approve', proposalId });
const withdraw = (proposalId: Hex): RegistryAction => ({ type: 'withdraw', proposalId });
const ID = key('aa');

describe('a change', () => {
  it('takes effect with a majority, and for the next block', () => {
    const walk = new Walk(3);
    expect(walk.registry.approvalsNeeded).toBe(2);
    walk.act(0, propose(add), ID);
    expect(walk.registry.supervisor(newcomer.publicKey)).toBeUndefined();
    expect(walk.registry.proposal(ID)).toMatchObject({
      proposer: walk.keys[0],
      approvals: [walk.keys[0]],
      height: 1,
    });
    const { outcomes } = walk.act(1, approve(ID));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied']);
    expect(walk.registry.supervisor(newcomer.publicKey)).toEqual(newcomer);
    expect(walk.registry.proposals).toEqual([]);
  });

  it('needs two at least where there are two', () => {
    const walk = new Walk(2, { threshold: 2 });
    walk.act(0, propose({ kind: 'setPolicy', policy: { threshold: null, proposalBlocks: 5 } }), ID);
    expect(walk.registry.policy.threshold).toBe(2);
    walk.act(1, approve(ID));
    expect(walk.registry.policy).toEqual({ threshold: null, proposalBlocks: 5 });
  });

  it('of a lone supervisor takes effect at once, and then two are needed', () => {
    const walk = new Walk(1, { threshold: 1 });
    walk.act(0, propose(add));
    expect(walk.registry.supervisorCount).toBe(2);
    expect(walk.registry.approvalsNeeded).toBe(2);
  });

  it('that nobody can make is refused', () => {
    const walk = new Walk(3, { threshold: 3 });
    const [first = '', second = ''] = walk.keys;
    const [member] = walk.registry.replicas as [ReplicaEntry];
    const address = { host: member.host, port: member.port };
    const cases: [RegistryChange, string][] = [
      [{ ...add, supervisor: { ...newcomer, publicKey: second } }, 'registry.keyInUse'],
      [{ kind: 'revokeSupervisor', publicKey: key('ee') }, 'registry.unknownKey'],
      [{ kind: 'revokeSupervisor', publicKey: second }, 'registry.tooFew'],
      [
        { kind: 'renameSupervisor', publicKey: first, name: 'supervisor 0', organisation: 'organisation 0' },
        'registry.noChange',
      ],
      [
        { kind: 'renameSupervisor', publicKey: key('ee'), name: 'x', organisation: '' },
        'registry.unknownKey',
      ],
      [
        { kind: 'rotateSupervisor', publicKey: first, newPublicKey: second, proof: PROOF },
        'registry.keyInUse',
      ],
      [
        { kind: 'rotateSupervisor', publicKey: second, newPublicKey: key('ee'), proof: PROOF },
        'registry.notOwnKey',
      ],
      [{ kind: 'setPolicy', policy: { threshold: 1, proposalBlocks: 9 } }, 'registry.badPolicy'],
      [{ kind: 'setPolicy', policy: { threshold: 4, proposalBlocks: 9 } }, 'registry.badPolicy'],
      [{ kind: 'setPolicy', policy: walk.registry.policy }, 'registry.noChange'],
      [{ kind: 'addReplica', replica: { ...replica, publicKey: second }, proof: PROOF }, 'registry.keyInUse'],
      [{ kind: 'addReplica', replica: { ...replica, ...address }, proof: PROOF }, 'registry.addressInUse'],
      // Four is the least.
      [{ kind: 'removeReplica', publicKey: member.publicKey }, 'registry.tooFew'],
      [{ kind: 'removeReplica', publicKey: key('ee') }, 'registry.unknownKey'],
      [{ kind: 'updateReplica', replica: member }, 'registry.noChange'],
      [
        { kind: 'rotateReplica', publicKey: member.publicKey, newPublicKey: second, proof: PROOF },
        'registry.keyInUse',
      ],
    ];
    for (const [change, code] of cases) expect(walk.objection(0, propose(change)), change.kind).toBe(code);
  });

  it('that has become impossible when it is approved changes nothing', () => {
    const walk = new Walk(3);
    const other = key('ab');
    walk.act(0, propose(add), ID);
    walk.act(1, propose(add), other);
    walk.act(2, approve(ID));
    const before = walk.registry.members;
    walk.act(2, approve(other));
    const { outcomes } = walk.act(0, approve(other));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['impossible']);
    expect(walk.registry.members).toEqual(before);
  });

  it('of a key keeps its holder, whose old key counts no more', () => {
    const walk = new Walk(3);
    const [old = ''] = walk.keys;
    walk.act(
      0,
      propose({ kind: 'rotateSupervisor', publicKey: old, newPublicKey: key('ee'), proof: PROOF }),
      ID,
    );
    walk.act(1, approve(ID));
    expect(walk.registry.supervisor(old)).toBeUndefined();
    expect(walk.registry.supervisor(key('ee'))).toEqual({
      name: 'supervisor 0',
      organisation: 'organisation 0',
      publicKey: key('ee'),
    });
  });

  it('can be none beyond the most supervisors', () => {
    const { genesis } = makeGenesis();
    const supervisors = Array.from({ length: SUPERVISORS_MAX }, (_, index) => ({
      ...newcomer,
      publicKey: index.toString(16).padStart(64, '0'),
    }));
    const registry = Registry.ofGenesis({ ...genesis, supervisors });
    expect(registry.objection(supervisors[0]!.publicKey, propose(add))?.code).toBe('registry.tooMany');
  });
});

describe('a proposal', () => {
  it('is approved once by each, and only while it waits', () => {
    const walk = new Walk(5);
    walk.act(0, propose(add), ID);
    expect(walk.objection(0, approve(ID))).toBe('registry.alreadyApproved');
    expect(walk.objection(1, withdraw(ID))).toBe('registry.notApproved');
    expect(walk.objection(1, approve(key('bb')))).toBe('registry.unknownProposal');
    walk.act(1, approve(ID));
    expect(walk.objection(1, approve(ID))).toBe('registry.alreadyApproved');
    walk.act(2, approve(ID));
    expect(walk.objection(3, approve(ID))).toBe('registry.unknownProposal');
  });

  it('ends when its proposer withdraws it; others take back their approval alone', () => {
    const walk = new Walk(5);
    walk.act(0, propose(add), ID);
    walk.act(1, approve(ID));
    walk.act(1, withdraw(ID));
    expect(walk.registry.proposal(ID)?.approvals).toEqual([walk.keys[0]]);
    const { outcomes } = walk.act(0, withdraw(ID));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['withdrawn']);
    expect(walk.registry.proposals).toEqual([]);
  });

  it('expires after its blocks, the last of which still counts', () => {
    const late = new Walk(3, { proposalBlocks: 3 });
    late.act(0, propose(add), ID);
    expect(late.pass(2)).toEqual([]);
    expect(late.objection(1, approve(ID))).toBeUndefined();
    expect(late.pass(1).map(({ outcome }) => outcome)).toEqual(['expired']);
    expect(late.objection(1, approve(ID))).toBe('registry.unknownProposal');

    const just = new Walk(3, { proposalBlocks: 3 });
    just.act(0, propose(add), ID);
    just.pass(2);
    just.act(1, approve(ID));
    expect(just.height).toBe(4);
    expect(just.registry.supervisorCount).toBe(4);
  });

  it('of a revoked supervisor ends, and its approvals do not count', () => {
    const walk = new Walk(5);
    walk.act(4, propose(add), ID);
    walk.act(0, propose({ kind: 'setPolicy', policy: { threshold: 3, proposalBlocks: 7 } }), key('bb'));
    walk.act(4, approve(key('bb')));
    walk.act(0, propose({ kind: 'revokeSupervisor', publicKey: walk.keys[4]! }), key('cc'));
    walk.act(1, approve(key('cc')));
    const { outcomes } = walk.act(2, approve(key('cc')));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'withdrawn']);
    expect(walk.registry.proposals.map(({ id, approvals }) => [id, approvals])).toEqual([
      [key('bb'), [walk.keys[0]]],
    ]);
  });

  it('that waited for fewer supervisors takes effect when there are fewer', () => {
    const walk = new Walk(4);
    expect(walk.registry.approvalsNeeded).toBe(3);
    walk.act(0, propose(add), ID);
    walk.act(1, approve(ID));
    walk.act(0, propose({ kind: 'revokeSupervisor', publicKey: walk.keys[3]! }), key('cc'));
    walk.act(1, approve(key('cc')));
    const { outcomes } = walk.act(2, approve(key('cc')));
    expect(outcomes.map(({ proposal, outcome }) => [proposal.id, outcome])).toEqual([
      [key('cc'), 'applied'],
      [ID, 'applied'],
    ]);
  });

  it('leaves room for those of others', () => {
    const walk = new Walk(3);
    for (let proposals = 0; proposals < 8; proposals++) {
      walk.act(0, propose({ ...add, supervisor: { ...newcomer, publicKey: key(`d${String(proposals)}`) } }));
    }
    expect(walk.objection(0, propose(add))).toBe('registry.tooManyProposals');
    expect(walk.objection(1, propose(add))).toBeUndefined();
  });
});

describe('its digest', () => {
  it('binds supervisors, policy and proposals', () => {
    const walk = new Walk(3);
    const digests = new Set([walk.registry.digest]);
    walk.act(0, propose(add), ID);
    digests.add(walk.registry.digest);
    walk.act(1, approve(ID));
    digests.add(walk.registry.digest);
    walk.act(0, propose({ kind: 'setPolicy', policy: { threshold: 2, proposalBlocks: 7 } }), key('bb'));
    digests.add(walk.registry.digest);
    walk.act(1, approve(key('bb')));
    walk.act(2, approve(key('bb')));
    digests.add(walk.registry.digest);
    expect(digests.size).toBe(5);
  });
});
