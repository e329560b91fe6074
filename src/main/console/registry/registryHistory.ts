/**
 * What happened to the registry, in a form that keeps no registries: the newest entries, numbered from the first.
 * @module
 */
import type { PROPOSAL_OUTCOMES, Proposal } from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { applied } from '../../ledger/registry/change.ts';
import { registryDifference, type RegistryDifference } from '../../ledger/registry/difference.ts';
import type { Registry } from '../../ledger/registry/registry.ts';
import type { RegistryEvent } from '../../ledger/registry/replay.ts';
import type { Place } from './memberships.ts';

/** Entries kept: more than people read, and some megabytes. */
export const REGISTRY_HISTORY_MAX = 10_000;

/** A proposal that something happened to. */
export interface TouchedProposal {
  readonly proposal: Proposal;
  readonly difference: RegistryDifference;
  readonly outcome: (typeof PROPOSAL_OUTCOMES)[number];
}

/** One thing that happened. */
export interface HistoryEntry {
  /** Counts all of them, from 1. */
  readonly number: number;
  readonly place: Place;
  readonly type: 'propose' | 'approve' | 'withdraw' | 'expire';
  readonly supervisor: Hex | null;
  /** The proposal that it was about first, then others that it settled. */
  readonly proposals: readonly TouchedProposal[];
}

export class RegistryHistory {
  #entries: HistoryEntry[] = [];
  #count = 0;

  /** Something happened to the registry `before`. */
  add(before: Registry, event: RegistryEvent): void {
    this.#count += 1;
    const { height, request } = event;
    this.#entries.push({
      number: this.#count,
      place: { height, requestId: request?.id ?? null },
      type: request?.action.type ?? 'expire',
      supervisor: request?.supervisor ?? null,
      proposals: touchedBy(before, event),
    });
    if (this.#entries.length > REGISTRY_HISTORY_MAX) this.#entries.shift();
  }

  /** At most `limit` entries below `beforeNumber`, or the newest, newest first. */
  page(beforeNumber: number | null, limit: number): readonly HistoryEntry[] {
    const kept = this.#entries;
    const first = kept[0]?.number ?? 1;
    const end = beforeNumber === null ? kept.length : Math.min(kept.length, beforeNumber - first);
    return end <= 0 ? [] : kept.slice(Math.max(0, end - limit), end).reverse();
  }

  /** The last thing that ended the proposal `id`; `undefined` where nothing that is kept did. */
  endOf(id: Hex): TouchedProposal | undefined {
    for (const { proposals } of this.#entries.toReversed()) {
      const ended = proposals.find(({ proposal, outcome }) => proposal.id === id && outcome !== 'waiting');
      if (ended !== undefined) return ended;
    }
    return undefined;
  }
}

function touchedBy(before: Registry, { request, outcomes, registry }: RegistryEvent): TouchedProposal[] {
  let { members } = before;
  const settled = outcomes.map(({ proposal, outcome }): TouchedProposal => {
    const touched = { proposal, difference: registryDifference(members, proposal.change), outcome };
    // Each change is carried out on what the one before has left.
    if (outcome === 'applied') members = applied(members, proposal.change);
    return touched;
  });
  if (request === null) return settled;
  const { action } = request;
  const id = action.type === 'propose' ? request.id : action.proposalId;
  const own = settled.find(({ proposal }) => proposal.id === id);
  if (own !== undefined) return [own, ...settled.filter((one) => one !== own)];
  const proposal = registry.proposal(id);
  if (proposal === undefined) return settled;
  const waiting = { proposal, difference: registryDifference(before.members, proposal.change) };
  return [{ ...waiting, outcome: 'waiting' }, ...settled];
}
