/**
 * What pages read of the registry: the table of who counts, what waits for approvals, and what happened.
 * @module
 */
import type { Member } from '../../../shared/contract/model.ts';
import {
  APPROVERS_SHOWN_MAX,
  FORMER_MEMBERS_MAX,
  type ProposalView,
  type RegistryDifferenceView,
  type RegistryHistoryEntry,
  type RegistryPlace,
  type RegistrySummary,
  type RegistryView,
} from '../../../shared/contract/registry.ts';
import type { Proposal, RegistryAction, RegistryChange } from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { changeObjection } from '../../ledger/registry/change.ts';
import { registryDifference, type RegistryDifference } from '../../ledger/registry/difference.ts';
import type { Registry } from '../../ledger/registry/registry.ts';
import type { LedgerStore } from '../../storage/index.ts';
import type { HandlerInput } from '../dispatch.ts';
import type { Heights } from '../ledger/reads.ts';
import type { Membership, Place } from './memberships.ts';
import type { RegistryBook } from './registryBook.ts';

/** Block times kept, so that the table is not read from the ledger each time: one for each block that changed it. */
export const BLOCK_TIMES_MAX = 20_000;

export interface RegistryReadsOptions {
  readonly book: RegistryBook;
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, 'headers'>;
  readonly heights: () => Heights;
}

export class RegistryReads {
  readonly #options: RegistryReadsOptions;
  readonly #times = new Map<number, number>();

  constructor(options: RegistryReadsOptions) {
    this.#options = options;
  }

  /** `ownKey`: the supervisor of this machine. */
  summary(ownKey: Hex | null): RegistrySummary {
    const { revision, stable } = this.#options.book;
    const isAsked = ownKey !== null && stable.supervisor(ownKey) !== undefined;
    return {
      revision,
      proposals: stable.proposals.length,
      toApprove: isAsked ? stable.proposals.filter(({ approvals }) => !approvals.includes(ownKey)).length : 0,
    };
  }

  async view(): Promise<RegistryView> {
    const { book, heights } = this.#options;
    const { stable, pending, memberships } = book;
    const { policy, approvalsNeeded, proposals } = stable;
    return {
      height: heights().stable,
      policy,
      approvalsNeeded,
      supervisors: await this.#members(memberships.supervisors),
      replicas: await this.#members(memberships.replicas),
      proposals: proposals.map((proposal) => this.#proposal(stable, proposal)),
      pending: pending.map(({ id, height, supervisor, action }) => ({
        requestId: id,
        height,
        supervisor: book.member(supervisor),
        action,
      })),
    };
  }

  async history({
    before,
    limit,
  }: HandlerInput<'registry.history'>): Promise<{ entries: RegistryHistoryEntry[] }> {
    const { book } = this.#options;
    const entries = book.history.page(before, limit).map(async (entry) => ({
      number: entry.number,
      place: await this.#place(entry.place),
      type: entry.type,
      supervisor: entry.supervisor === null ? null : book.member(entry.supervisor),
      proposals: entry.proposals.map(({ proposal, difference, outcome }) => ({
        id: proposal.id,
        proposer: book.member(proposal.proposer),
        change: copied(proposal.change),
        difference: differenceView(difference),
        outcome,
      })),
    }));
    return { entries: await Promise.all(entries) };
  }

  /** A proposal that waits, or that has ended since; `null` for one that is not known. */
  proposal(id: Hex): ProposalView | null {
    const { stable, tip, history } = this.#options.book;
    const waiting = stable.proposal(id) ?? tip.proposal(id);
    if (waiting !== undefined) return this.#proposal(stable, waiting);
    const ended = history.endOf(id);
    if (ended === undefined) return null;
    return { ...this.#proposal(stable, ended.proposal), difference: differenceView(ended.difference) };
  }

  /** What a page shows of an action beside what is signed. `requestId`: of a proposal that is signed. */
  about(
    action: RegistryAction,
    requestId: Hex | null,
  ): { difference: RegistryDifferenceView | null; proposal: ProposalView | null } {
    const id = action.type === 'propose' ? requestId : action.proposalId;
    const proposal = id === null ? null : this.proposal(id);
    if (proposal !== null || action.type !== 'propose')
      return { difference: proposal?.difference ?? null, proposal };
    const { members } = this.#options.book.stable;
    return { difference: differenceView(registryDifference(members, action.change)), proposal };
  }

  #proposal(registry: Registry, proposal: Proposal): ProposalView {
    const { book } = this.#options;
    const { id, proposer, change, height, lastHeight, approvals } = proposal;
    const approvers = [...registry.members.supervisors.values()]
      .filter(({ publicKey }) => !approvals.includes(publicKey))
      .sort(byName);
    return {
      id,
      proposer: book.member(proposer),
      change: copied(change),
      difference: differenceView(registryDifference(registry.members, change)),
      height,
      lastHeight,
      approvals: approvals.map((key) => book.member(key)),
      approvers: approvers.slice(0, APPROVERS_SHOWN_MAX).map(({ publicKey }) => book.member(publicKey)),
      approverCount: approvers.length,
      needed: registry.approvalsNeeded,
      missing: Math.max(0, registry.approvalsNeeded - approvals.length),
      obstacle: obstacleOf(registry, change),
    };
  }

  /** Those who count, by name, and then those who did, the last first. */
  async #members<T extends Member>(
    all: ReadonlyMap<Hex, Membership<T>>,
  ): Promise<
    (T & { words: string; since: RegistryPlace; until: RegistryPlace | null; successor: Hex | null })[]
  > {
    const memberships = [...all.values()];
    const present = memberships
      .filter(({ until }) => until === null)
      .sort((left, right) => byName(left.entry, right.entry));
    const former = memberships.filter(({ until }) => until !== null).reverse();
    const shown = [...present, ...former.slice(0, FORMER_MEMBERS_MAX)];
    return await Promise.all(
      shown.map(async ({ entry, since, until, successor }) => ({
        ...entry,
        words: fingerprintOf(entry.publicKey),
        since: await this.#place(since),
        until: until === null ? null : await this.#place(until),
        successor,
      })),
    );
  }

  async #place({ height, requestId }: Place): Promise<RegistryPlace> {
    return { height, timeMs: await this.#timeOf(height), requestId };
  }

  async #timeOf(height: number): Promise<number> {
    const { genesis, store } = this.#options;
    if (height === 0) return genesis.createdAtMs;
    const known = this.#times.get(height);
    if (known !== undefined) return known;
    const [header] = await store.headers(height, height);
    const timeMs = header?.timeMs ?? 0;
    if (this.#times.size >= BLOCK_TIMES_MAX) this.#times.clear();
    this.#times.set(height, timeMs);
    return timeMs;
  }
}

function obstacleOf(registry: Registry, change: RegistryChange): ProposalView['obstacle'] {
  const objection = changeObjection(registry.members, change);
  return objection === undefined ? null : { code: objection.code, data: { ...objection.data } };
}

function byName(left: Member, right: Member): number {
  return left.name.localeCompare(right.name, 'en') || (left.publicKey < right.publicKey ? -1 : 1);
}

/** Read-only parts of the ledger as the contract's own. */
function copied(change: RegistryChange): ProposalView['change'] {
  return structuredClone(change);
}

function differenceView({ before, after }: RegistryDifference): RegistryDifferenceView {
  return { before: before && { ...before }, after: after && { ...after } };
}
