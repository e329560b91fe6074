/**
 * The rules behind the Registry page: what is shown of members and differences, and what can be done about a proposal.
 * @module
 */
import type { KeyView } from '../../../shared/contract/model.ts';
import type {
  ProposalView,
  RegisteredReplica,
  RegisteredSupervisor,
  RegistryDifferenceView,
  RegistryFactsView,
} from '../../../shared/contract/registry.ts';

/** A supervisor or a replica, as the table lists it. */
export type RegistryMember = RegisteredSupervisor & Partial<Pick<RegisteredReplica, 'host' | 'port'>>;

export const SORTS = ['name', 'organisation', 'since'] as const;
export type Sort = (typeof SORTS)[number];

export interface MemberQuery {
  readonly search: string;
  readonly former: boolean;
  readonly sort: Sort;
  readonly descending: boolean;
}

/** The members that a query asks for, in its order; those who are no more stand behind those who are. */
export function membersFor(members: readonly RegistryMember[], query: MemberQuery): RegistryMember[] {
  const words = query.search.trim().toLowerCase();
  const sign = query.descending ? -1 : 1;
  return members
    .filter((member) => query.former || member.until === null)
    .filter((member) => words === '' || textOf(member).includes(words))
    .sort(
      (left, right) =>
        Number(left.until !== null) - Number(right.until !== null) || sign * compare(left, right, query.sort),
    );
}

function compare(left: RegistryMember, right: RegistryMember, sort: Sort): number {
  if (sort === 'since') return left.since.height - right.since.height || byText(left.name, right.name);
  return byText(left[sort], right[sort]) || byText(left.name, right.name);
}

const collator = new Intl.Collator(undefined, { numeric: true });
function byText(left: string, right: string): number {
  return collator.compare(left, right);
}

function textOf({ name, organisation, publicKey, words, host, port }: RegistryMember): string {
  const address = host === undefined ? '' : `${host}:${String(port)}`;
  return [name, organisation, publicKey, words, address].join('\n').toLowerCase();
}

/** One line of a difference. */
export interface DifferenceRow {
  readonly field: 'name' | 'organisation' | 'key' | 'address' | 'threshold' | 'proposalBlocks';
  /** `null`: there is none. A threshold of `null` is a majority, and is `majority` here. */
  readonly before: string | null;
  readonly after: string | null;
  readonly changed: boolean;
}

/** A difference line by line, what stays the same too: people approve the whole of it. */
export function differenceRows({ before, after }: RegistryDifferenceView): DifferenceRow[] {
  const left = before === null ? {} : valuesOf(before);
  const right = after === null ? {} : valuesOf(after);
  const fields = Object.keys({ ...left, ...right }) as DifferenceRow['field'][];
  return fields.map((field) => {
    const [from, to] = [left[field] ?? null, right[field] ?? null];
    return { field, before: from, after: to, changed: from !== to };
  });
}

/** Stands for a threshold that is a majority: the page has the words. */
export const MAJORITY = 'majority';

function valuesOf(facts: RegistryFactsView): Partial<Record<DifferenceRow['field'], string>> {
  if (facts.kind === 'policy') {
    const { threshold, proposalBlocks } = facts;
    return {
      threshold: threshold === null ? MAJORITY : String(threshold),
      proposalBlocks: String(proposalBlocks),
    };
  }
  const { name, organisation, publicKey: key } = facts;
  const who = { name, organisation, key };
  return facts.kind === 'supervisor' ? who : { ...who, address: `${facts.host}:${String(facts.port)}` };
}

/** What the supervisor of this machine can do about a proposal. */
export function actionsOn(
  proposal: ProposalView,
  key: KeyView | null,
): { readonly approve: boolean; readonly withdraw: 'proposal' | 'approval' | null } {
  const own = key?.registered === true ? key.publicKey : null;
  if (own === null) return { approve: proposal.obstacle === null, withdraw: null };
  const hasApproved = proposal.approvals.some(({ publicKey }) => publicKey === own);
  return {
    approve: !hasApproved && proposal.obstacle === null,
    withdraw: !hasApproved ? null : proposal.proposer.publicKey === own ? 'proposal' : 'approval',
  };
}

/** Blocks during which a proposal can still be approved, above the stable height. */
export function blocksLeft({ lastHeight }: Pick<ProposalView, 'lastHeight'>, stableHeight: number): number {
  return Math.max(0, lastHeight - stableHeight);
}

/** Why a policy cannot be proposed, by its field; the same rules as in the ledger. */
export function policyProblems(
  threshold: string,
  proposalBlocks: string,
  supervisors: number,
): { readonly threshold: boolean; readonly proposalBlocks: boolean } {
  const count = Number(threshold);
  const fewest = Math.min(2, supervisors);
  const blocks = Number(proposalBlocks);
  return {
    threshold:
      threshold.trim() !== '' && !(Number.isInteger(count) && count >= fewest && count <= supervisors),
    proposalBlocks: !(Number.isInteger(blocks) && blocks >= 1 && blocks <= PROPOSAL_BLOCKS_LARGEST),
  };
}

/** As in the ledger. */
export const PROPOSAL_BLOCKS_LARGEST = 10_000_000;
