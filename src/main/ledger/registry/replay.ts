/**
 * The registry at a height, from the changes that the chain holds: they are all that made it.
 * @module
 */
import type { Block } from '../block.ts';
import type { Genesis } from '../genesis.ts';
import type { SignedRequest } from '../request.ts';
import { Registry, type ProposalOutcome, type RegistryRequest } from './registry.ts';

/** A registry change of the chain, and the height of its block. */
export interface PlacedRegistryRequest extends RegistryRequest {
  readonly height: number;
}

/** The one registry change of a block, if it holds one. */
export function registryRequestOf(requests: readonly SignedRequest[]): RegistryRequest | undefined {
  for (const { id, supervisor, payload } of requests) {
    if (payload.kind === 'registry') return { id, supervisor, action: payload.action };
  }
  return undefined;
}

/** The changes of the registry in these blocks, in order. */
export function registryRequestsIn(blocks: readonly Block[]): readonly PlacedRegistryRequest[] {
  return blocks.flatMap(({ header: { height }, requests }) => {
    const request = registryRequestOf(requests);
    return request === undefined ? [] : [{ height, ...request }];
  });
}

/** A change of the registry as it came about. */
export interface RegistryEvent {
  /** Height of the block that brought it about. */
  readonly height: number;
  /** The request that did, or `null` where a proposal has expired. */
  readonly request: RegistryRequest | null;
  readonly outcomes: readonly ProposalOutcome[];
  /** The registry afterwards. */
  readonly registry: Registry;
}

/** The registry after the block at `height`. `requests` are all changes up to there, lowest first. */
export function replayedRegistry(
  genesis: Genesis,
  requests: readonly PlacedRegistryRequest[],
  height: number,
): Registry {
  return historyOf(genesis, requests, height).at(-1)?.registry ?? Registry.ofGenesis(genesis);
}

/**
 * Height of the block that the epoch of the block after `height` begins above: the last one that changed the set of
 * replicas, or genesis. `requests` are all changes of the registry up to `height`, lowest first.
 */
export function epochBaseHeight(
  genesis: Genesis,
  requests: readonly PlacedRegistryRequest[],
  height: number,
): number {
  let { replicasDigest } = Registry.ofGenesis(genesis).summary;
  let baseHeight = 0;
  for (const event of historyOf(genesis, requests, height)) {
    const after = event.registry.summary.replicasDigest;
    if (after !== replicasDigest) baseHeight = event.height;
    replicasDigest = after;
  }
  return baseHeight;
}

/** Everything that happened to the registry up to `height`, in order. */
export function historyOf(
  genesis: Genesis,
  requests: readonly PlacedRegistryRequest[],
  height: number,
): readonly RegistryEvent[] {
  return historyFrom(Registry.ofGenesis(genesis), requests, height);
}

/** Everything that happens to `before`, the registry at some height, by the changes above it up to `height`. */
export function historyFrom(
  before: Registry,
  requests: readonly PlacedRegistryRequest[],
  height: number,
): readonly RegistryEvent[] {
  const events: RegistryEvent[] = [];
  let registry = before;
  const expireUpTo = (last: number): void => {
    for (;;) {
      const next = Math.min(...registry.proposals.map(({ lastHeight }) => lastHeight));
      if (next > last) return;
      const step = registry.after(next, undefined);
      registry = step.registry;
      events.push({ height: next, request: null, ...step });
    }
  };
  for (const { height: at, ...request } of requests) {
    expireUpTo(at - 1);
    const step = registry.after(at, request);
    registry = step.registry;
    events.push({ height: at, request, ...step });
  }
  expireUpTo(height);
  return events;
}
