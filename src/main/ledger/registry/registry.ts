/**
 * The registry in the ledger: who may sign requests, who takes part in agreement, and what waits to change that. A
 * registry never changes: each block that holds a change leads to a new one, so undoing a block is going back to the
 * one before.
 *
 * A block holds at most one registry change, and it counts from the next block on: every request of a block is judged
 * by the registry before it.
 * @module
 */
import type {
  Proposal,
  RegistryAction,
  RegistryPolicy,
  ReplicaEntry,
  SupervisorEntry,
} from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { Genesis } from '../genesis.ts';
import { PROPOSALS_MAX, PROPOSALS_PER_SUPERVISOR_MAX } from '../limits.ts';
import { merklePath, merkleRoot } from '../merkle.ts';
import { applied, byKey, changeObjection, type Members } from './change.ts';
import {
  proposalsDigest,
  replicaSetDigest,
  summaryDigest,
  supervisorDigest,
  type RegistrySummary,
} from './codec.ts';

/** A registry change of a block: who signed what, in the request with this id. */
export interface RegistryRequest {
  readonly id: Hex;
  readonly supervisor: Hex;
  readonly action: RegistryAction;
}

/** What became of a proposal. */
export interface ProposalOutcome {
  readonly proposal: Proposal;
  /**
   * `withdrawn`: by its proposer, or because that is no supervisor any more. `impossible`: approved, but what it
   * changes has changed meanwhile.
   */
  readonly outcome: 'applied' | 'withdrawn' | 'expired' | 'impossible';
}

/** A block's registry, and what became of proposals in it. */
export interface RegistryStep {
  readonly registry: Registry;
  readonly outcomes: readonly ProposalOutcome[];
}

/** Where a supervisor stands in the tree of the registry: the proof that it is registered (`merkle.ts`). */
export interface SupervisorPath {
  readonly index: number;
  readonly path: readonly Hex[];
}

export class Registry {
  readonly members: Members;
  /** In the order in which they were proposed. */
  readonly proposals: readonly Proposal[];
  #summary: RegistrySummary | undefined;
  #digest: Hex | undefined;

  private constructor(members: Members, proposals: readonly Proposal[]) {
    this.members = members;
    this.proposals = proposals;
  }

  /** The registry before the first block. */
  static ofGenesis({
    supervisors,
    replicas,
    policy,
  }: Pick<Genesis, 'supervisors' | 'replicas' | 'policy'>): Registry {
    const byPublicKey = new Map(supervisors.map((supervisor) => [supervisor.publicKey, supervisor]));
    return new Registry({ supervisors: byPublicKey, replicas, policy }, []);
  }

  /** The supervisor with this key, if it is registered: O(1), the seed's `supervisors` cache. */
  supervisor(publicKey: Hex): SupervisorEntry | undefined {
    return this.members.supervisors.get(publicKey);
  }

  get supervisorCount(): number {
    return this.members.supervisors.size;
  }

  /** The replicas of the epoch that follows, in the order of their keys. */
  get replicas(): readonly ReplicaEntry[] {
    return this.members.replicas;
  }

  get policy(): RegistryPolicy {
    return this.members.policy;
  }

  /** How many supervisors must approve a change now. */
  get approvalsNeeded(): number {
    return approvalsNeeded(this.members);
  }

  proposal(id: Hex): Proposal | undefined {
    return this.proposals.find((proposal) => proposal.id === id);
  }

  /** Everything that the digest covers, the supervisors by their root. */
  get summary(): RegistrySummary {
    this.#summary ??= {
      supervisorCount: this.members.supervisors.size,
      supervisorsRoot: rootOf(this.members.supervisors),
      replicasDigest: digestOf(this.members.replicas),
      policy: this.members.policy,
      proposalsDigest: proposalsDigest(this.proposals),
    };
    return this.#summary;
  }

  /** Goes into the digest of the ledger's state. */
  get digest(): Hex {
    this.#digest ??= summaryDigest(this.summary);
    return this.#digest;
  }

  /** The proof that the supervisor with this key is registered; `undefined` where it is not. */
  pathTo(publicKey: Hex): SupervisorPath | undefined {
    const sorted = sortedSupervisors(this.members.supervisors);
    const index = sorted.findIndex((supervisor) => supervisor.publicKey === publicKey);
    return index === -1 ? undefined : { index, path: merklePath(sorted.map(supervisorDigest), index) };
  }

  /** Why a registered supervisor's action may not go into the next block; `undefined` where it may. */
  objection(supervisor: Hex, action: RegistryAction): PlainError | undefined {
    if (action.type === 'propose') return this.#objectionToProposal(supervisor, action);
    const { proposalId } = action;
    const proposal = this.proposal(proposalId);
    if (proposal === undefined) return { code: 'registry.unknownProposal', data: { proposalId } };
    const hasApproved = proposal.approvals.includes(supervisor);
    if (action.type === 'approve' && hasApproved)
      return { code: 'registry.alreadyApproved', data: { proposalId } };
    if (action.type === 'withdraw' && !hasApproved)
      return { code: 'registry.notApproved', data: { proposalId } };
    return undefined;
  }

  /** The registry after the block at `height`, which holds `request` or no registry change. */
  after(height: number, request: RegistryRequest | undefined): RegistryStep {
    const outcomes: ProposalOutcome[] = [];
    const acted = request === undefined ? this : this.#act(height, request, outcomes);
    const registry = acted.#expire(height, outcomes);
    return { registry, outcomes };
  }

  #objectionToProposal(
    supervisor: Hex,
    { change }: Extract<RegistryAction, { type: 'propose' }>,
  ): PlainError | undefined {
    const own = this.proposals.filter(({ proposer }) => proposer === supervisor).length;
    if (this.proposals.length >= PROPOSALS_MAX || own >= PROPOSALS_PER_SUPERVISOR_MAX) {
      const maxProposals = own >= PROPOSALS_PER_SUPERVISOR_MAX ? PROPOSALS_PER_SUPERVISOR_MAX : PROPOSALS_MAX;
      return { code: 'registry.tooManyProposals', data: { maxProposals } };
    }
    if (change.kind === 'rotateSupervisor' && change.publicKey !== supervisor) {
      return { code: 'registry.notOwnKey', data: { publicKey: change.publicKey } };
    }
    return changeObjection(this.members, change);
  }

  #act(height: number, { id, supervisor, action }: RegistryRequest, outcomes: ProposalOutcome[]): Registry {
    if (action.type === 'propose') {
      const { change } = action;
      const lastHeight = height + this.policy.proposalBlocks;
      const proposal: Proposal = {
        id,
        proposer: supervisor,
        change,
        height,
        lastHeight,
        approvals: [supervisor],
      };
      return new Registry(this.members, [...this.proposals, proposal]).#settle(outcomes);
    }
    const proposals = this.proposals.flatMap((proposal) => {
      if (proposal.id !== action.proposalId) return [proposal];
      if (action.type === 'approve') return [{ ...proposal, approvals: [...proposal.approvals, supervisor] }];
      if (proposal.proposer === supervisor) {
        outcomes.push({ proposal, outcome: 'withdrawn' });
        return [];
      }
      return [{ ...proposal, approvals: proposal.approvals.filter((key) => key !== supervisor) }];
    });
    return new Registry(this.members, proposals).#settle(outcomes);
  }

  /** Carries out what has enough approvals, in the order of proposal; each change may be what another waited for. */
  #settle(outcomes: ProposalOutcome[]): Registry {
    const due = this.proposals.find(({ approvals }) => approvals.length >= this.approvalsNeeded);
    if (due === undefined) return this;
    const others = this.proposals.filter((proposal) => proposal !== due);
    if (changeObjection(this.members, due.change) !== undefined) {
      outcomes.push({ proposal: due, outcome: 'impossible' });
      return new Registry(this.members, others).#settle(outcomes);
    }
    outcomes.push({ proposal: due, outcome: 'applied' });
    return new Registry(applied(this.members, due.change), others)
      .#withoutStrangers(outcomes)
      .#settle(outcomes);
  }

  /** What a key that is no longer registered has proposed or approved does not count. */
  #withoutStrangers(outcomes: ProposalOutcome[]): Registry {
    const proposals = this.proposals.flatMap((proposal) => {
      if (this.supervisor(proposal.proposer) === undefined) {
        outcomes.push({ proposal, outcome: 'withdrawn' });
        return [];
      }
      const approvals = proposal.approvals.filter((key) => this.supervisor(key) !== undefined);
      return [approvals.length === proposal.approvals.length ? proposal : { ...proposal, approvals }];
    });
    return new Registry(this.members, proposals);
  }

  #expire(height: number, outcomes: ProposalOutcome[]): Registry {
    const expired = this.proposals.filter(({ lastHeight }) => lastHeight <= height);
    if (expired.length === 0) return this;
    for (const proposal of expired) outcomes.push({ proposal, outcome: 'expired' });
    return new Registry(
      this.members,
      this.proposals.filter(({ lastHeight }) => lastHeight > height),
    );
  }
}

function approvalsNeeded({ supervisors, policy }: Members): number {
  const { size } = supervisors;
  return Math.max(policy.threshold ?? Math.floor(size / 2) + 1, Math.min(2, size));
}

function sortedSupervisors(supervisors: Members['supervisors']): readonly SupervisorEntry[] {
  return [...supervisors.values()].sort(byKey);
}

/** Registries share what they have in common, and it is hashed once. */
const roots = new WeakMap<Members['supervisors'], Hex>();
const replicaDigests = new WeakMap<readonly ReplicaEntry[], Hex>();

function rootOf(supervisors: Members['supervisors']): Hex {
  const known = roots.get(supervisors);
  if (known !== undefined) return known;
  const root = merkleRoot(sortedSupervisors(supervisors).map(supervisorDigest));
  roots.set(supervisors, root);
  return root;
}

function digestOf(replicas: readonly ReplicaEntry[]): Hex {
  const known = replicaDigests.get(replicas);
  if (known !== undefined) return known;
  const digest = replicaSetDigest(replicas);
  replicaDigests.set(replicas, digest);
  return digest;
}
