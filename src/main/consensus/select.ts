/**
 * The history with which a new view begins, from a quorum of view changes (PROTOCOL.md, rule V5). Everybody computes
 * it from the same set, so the primary need not say it and cannot lie about it.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { invariant } from '../../shared/errors.ts';
import type { HashedHeader } from '../ledger/block.ts';
import { compareCertificates, type CheckpointCertificate } from '../ledger/statement.ts';
import { headersOfCommit, type SignedViewChange, type ViewChange } from '../ledger/viewChange.ts';

/** A place on a chain. */
interface Place {
  readonly view: number;
  readonly height: number;
  readonly hash: Hex;
}

/** What `select` found. */
export interface Selection {
  /** B: the highest stable checkpoint among the view changes; `null` for the block that the epoch begins with. */
  readonly stable: CheckpointCertificate | null;
  /** The result: headers from above B to its tip, lowest first. */
  readonly headers: readonly HashedHeader[];
  /** Height of the result: the base of the new view. */
  readonly height: number;
  /** Replicas that claim, or have certified, that they hold the blocks of the result. */
  readonly sources: readonly number[];
}

/** A chain from above B, with its holders. */
interface Branch {
  readonly headers: readonly HashedHeader[];
  readonly holders: readonly number[];
}

/**
 * `first` is the block that the epoch begins with, and `threshold` is t = n-2f. Throws `invariant.broken` where
 * certificates contradict one another: more than f replicas are faulty.
 */
export function select(
  members: readonly SignedViewChange[],
  first: HashedHeader,
  threshold: number,
): Selection {
  const firstPlace = { view: -1, height: first.height, hash: first.hash };
  const stable = highestStable(members);
  const base: Place = stable ?? firstPlace;
  const certified = highestCertified(members, base, firstPlace);
  const supporters = members.flatMap(({ replica, viewChange }) => {
    const chain = chainAbove(viewChange, base, firstPlace);
    return chain !== undefined && supports(viewChange, chain, certified) ? [{ replica, chain }] : [];
  });
  const supported = longestSupported(supporters, threshold);
  // X <= C: the certified block. Otherwise X, also where it conflicts with C: never "CC always wins" (M2).
  const chosen = isPrefix(supported.headers, certified.headers) ? certified : supported;
  const { headers, holders } = chosen;
  return { stable, headers, height: base.height + headers.length, sources: holders };
}

/** B. */
function highestStable(members: readonly SignedViewChange[]): CheckpointCertificate | null {
  let highest: CheckpointCertificate | null = null;
  for (const { viewChange } of members) {
    if ((viewChange.stable?.height ?? 0) > (highest?.height ?? 0)) highest = viewChange.stable;
  }
  return highest;
}

/** C, the highest certificate by view and then height, with the headers from above B to its block. */
function highestCertified(
  members: readonly SignedViewChange[],
  base: Place,
  first: Place,
): Branch & { readonly view: number } {
  let highest = first;
  let holder: SignedViewChange | null = null;
  for (const member of members) {
    const { stable, commit } = member.viewChange;
    const own: Place = commit ?? stable ?? first;
    if (holder !== null && compareCertificates(own, highest) <= 0) continue;
    highest = own;
    holder = member;
  }
  const path = holder === null ? [] : headersOfCommit(holder.viewChange);
  const start = holder?.viewChange.stable ?? first;
  const above = partAbove(path, start, base);
  invariant(above !== undefined, 'the highest stable checkpoint is below the highest certificate', () =>
    JSON.stringify({ base, highest }),
  );
  const signers = holder?.viewChange.commit?.signatures.map(({ replica }) => replica) ?? [];
  const holders =
    holder === null ? [] : [holder.replica, ...signers.filter((signer) => signer !== holder.replica)];
  return { view: highest.view, headers: above, holders };
}

/** c(i): the chain of a view change from above B; `undefined` where it does not contain B. */
function chainAbove(viewChange: ViewChange, base: Place, first: Place): readonly HashedHeader[] | undefined {
  return partAbove(viewChange.chain, viewChange.stable ?? first, base);
}

/** R: whether a view change counts. Neither of the conditions on lv may be dropped (M6, M6b). */
function supports(
  viewChange: ViewChange,
  chain: readonly HashedHeader[],
  certified: Branch & { readonly view: number },
): boolean {
  const { lastNormalView } = viewChange;
  if (lastNormalView !== certified.view) return lastNormalView > certified.view;
  return isPrefix(certified.headers, chain);
}

/** X: walking up from B, the child with at least t supporters is unique. Supporters may have different lv (M7). */
function longestSupported(
  supporters: readonly { readonly replica: number; readonly chain: readonly HashedHeader[] }[],
  threshold: number,
): Branch {
  const headers: HashedHeader[] = [];
  let holding = supporters;
  for (;;) {
    const children = Map.groupBy(holding, ({ chain }) => chain[headers.length]?.hash);
    const next = [...children].find(([hash, holders]) => hash !== undefined && holders.length >= threshold);
    const header = next?.[1][0]?.chain[headers.length];
    if (next === undefined || header === undefined) break;
    headers.push(header);
    holding = next[1];
  }
  return { headers, holders: holding.map(({ replica }) => replica) };
}

/** The part of a chain that starts above `start`, from above `base`; `undefined` where it does not contain `base`. */
function partAbove(
  chain: readonly HashedHeader[],
  start: Place,
  base: Place,
): readonly HashedHeader[] | undefined {
  const distance = base.height - start.height;
  if (distance < 0) return undefined;
  const at = distance === 0 ? start : chain[distance - 1];
  return at?.hash === base.hash ? chain.slice(distance) : undefined;
}

/** Whether `shorter` is a prefix of `longer`: both start above B, and are linked by hash. */
function isPrefix(shorter: readonly HashedHeader[], longer: readonly HashedHeader[]): boolean {
  const last = shorter.at(-1);
  return last === undefined || longer[shorter.length - 1]?.hash === last.hash;
}
