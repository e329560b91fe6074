import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { select } from '../../../src/main/consensus/select.ts';
import { ZERO_HASH } from '../../../src/main/ledger/hash.ts';
import { hashed, type HashedHeader } from '../../../src/main/ledger/block.ts';
import type { CheckpointCertificate, CommitCertificate } from '../../../src/main/ledger/statement.ts';
import {
  viewChangeProblem,
  type SignedViewChange,
  type ViewChange,
} from '../../../src/main/ledger/viewChange.ts';
import { caught } from '../../support/errors.ts';
import { makeViewChange } from '../../support/evidence.ts';

/** A block of the tree: another `name` at the same parent makes another block. */
function child(parent: HashedHeader | null, name = 0): HashedHeader {
  return hashed({
    epoch: 0,
    height: parent === null ? 0 : parent.height + 1,
    previousHash: parent?.hash ?? ZERO_HASH,
    timeMs: parent === null ? 0 : parent.timeMs + 1 + name,
    requestCount: 0,
    requestsRoot: ZERO_HASH,
    evidenceDigest: ZERO_HASH,
    stateDigest: ZERO_HASH,
    nextReplicas: null,
  });
}
const genesis = child(null);

/** Headers from genesis down to each block, by hash. */
const parents = new Map<string, HashedHeader>([[genesis.hash, genesis]]);
function grow(parent: HashedHeader, name = 0): HashedHeader {
  const block = child(parent, name);
  parents.set(block.hash, block);
  return block;
}
/** The blocks from genesis, itself included, to `block`. */
function pathTo(block: HashedHeader): readonly HashedHeader[] {
  const path = [block];
  while (path[0]!.height > 0) path.unshift(parents.get(path[0]!.previousHash)!);
  return path;
}
const above = (block: HashedHeader, base: HashedHeader) => pathTo(block).slice(base.height + 1);
const contains = (block: HashedHeader, prefix: HashedHeader) =>
  pathTo(block)[prefix.height]?.hash === prefix.hash;

const fields = (view: number, { epoch, height, hash }: HashedHeader) => ({ epoch, view, height, hash });
const signatures = [0, 1, 2].map((replica) => ({ replica, signature: 'ab'.repeat(64) }));
const commitOf = (view: number, block: HashedHeader): CommitCertificate => ({
  ...fields(view, block),
  signatures,
});
const stableOf = (view: number, block: HashedHeader): CheckpointCertificate => ({
  ...fields(view, block),
  stateDigest: block.stateDigest,
  signatures,
});

/** What one replica brings along: the last normal view, its tip, and certificates with their views. */
interface Claim {
  readonly lv: number;
  readonly tip: HashedHeader;
  readonly cc?: readonly [view: number, block: HashedHeader];
  readonly stable?: readonly [view: number, block: HashedHeader];
}

function viewChangeOf(view: number, { lv, tip, cc, stable }: Claim): ViewChange {
  const base = stable?.[1] ?? genesis;
  const isHigher =
    cc !== undefined &&
    (cc[0] > (stable?.[0] ?? -1) || (cc[0] === (stable?.[0] ?? -1) && cc[1].height > base.height)) &&
    contains(cc[1], base) &&
    cc[1].height > 0;
  const chain = contains(tip, base) ? above(tip, base) : [];
  const commit = isHigher ? commitOf(cc[0], cc[1]) : null;
  const onChain = commit === null || chain[commit.height - base.height - 1]?.hash === commit.hash;
  return makeViewChange(view, {
    lastNormalView: lv,
    stable: stable === undefined ? null : stableOf(...stable),
    commit,
    commitHeaders: onChain || cc === undefined ? [] : above(cc[1], base),
    chain,
  });
}

function membersOf(claims: readonly Claim[], view = 9): readonly SignedViewChange[] {
  return claims.map((claim, replica) => {
    const viewChange = viewChangeOf(view, claim);
    expect(viewChangeProblem(viewChange, genesis, 64)).toBeUndefined();
    return { replica, viewChange, signature: 'cd'.repeat(64) };
  });
}

/** The tip that `select` chooses. */
function chosen(claims: readonly Claim[], t = 2): string {
  const { stable, headers } = select(membersOf(claims), genesis, t);
  return headers.at(-1)?.hash ?? stable?.hash ?? genesis.hash;
}

/** How the rule may be changed. */
interface Mutation {
  /** M15: by height before view. */
  readonly heightFirst?: true;
  /** M6: without lv_i > cv in the first place, anybody counts who holds C or is of a later view, or not even that. */
  readonly withoutLv?: 'both' | 'second';
  /** M7: supporters must all have the same lv. */
  readonly sameLv?: true;
  /** M2: C always wins. */
  readonly certifiedWins?: true;
}

/**
 * Rule V5, word by word and without any cleverness: every block of every chain is tried. `undefined` where B <= C does
 * not hold.
 */
function naive(claims: readonly Claim[], t: number, mutation: Mutation = {}): string | undefined {
  // B := highest-height stable block in S.
  const stables: (readonly [number, HashedHeader])[] = [[-1, genesis]];
  for (const { stable } of claims) if (stable !== undefined) stables.push(stable);
  const B = stables.reduce((best, next) => (next[1].height > best[1].height ? next : best))[1];
  // C := max by key over all cc and stable in S; cv := C.view.
  const certificates = [...stables];
  for (const { cc } of claims) if (cc !== undefined) certificates.push(cc);
  const isHigher = (
    [view, { height }]: readonly [number, HashedHeader],
    [otherView, other]: (typeof certificates)[0],
  ) =>
    mutation.heightFirst === true
      ? height > other.height || (height === other.height && view > otherView)
      : view > otherView || (view === otherView && height > other.height);
  const [cv, C] = certificates.reduce((best, next) => (isHigher(next, best) ? next : best));
  // assert B <= C
  if (!contains(C, B)) return undefined;
  // R := { i in S : c(i) != none and ( lv_i > cv or ( lv_i = cv and C <= c(i) ) ) }
  const R = claims.filter(({ lv, tip, stable }) => {
    const own = stable?.[1] ?? genesis;
    if (!contains(tip, own) || !contains(tip, B) || own.height > B.height) return false;
    if (mutation.withoutLv === 'both') return true;
    if (mutation.withoutLv === 'second') return lv >= cv;
    return lv > cv || (lv === cv && contains(tip, C));
  });
  // X := the longest block with B <= X and #{ i in R : X <= c(i) } >= t;  none -> X := B
  let X = B;
  for (const block of R.flatMap(({ tip }) => pathTo(tip))) {
    if (!contains(block, B) || block.height <= X.height) continue;
    const supporters = R.filter(({ tip }) => contains(tip, block));
    const enough =
      mutation.sameLv === true
        ? supporters.some(({ lv }) => supporters.filter((other) => other.lv === lv).length >= t)
        : supporters.length >= t;
    if (enough) X = block;
  }
  // return C if X <= C else X
  if (mutation.certifiedWins === true && !contains(X, C)) return C.hash;
  return contains(C, X) ? C.hash : X.hash;
}

/**
 * A random tree: each number says on which block the next one stands. Certificates of one view lie on one branch; those
 * of different views may conflict, even where the rules rule that out.
 */
const tree = fc
  .array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 14 })
  .map((choices) =>
    choices.reduce<HashedHeader[]>(
      (blocks, choice, index) => [...blocks, grow(blocks[choice % blocks.length]!, index)],
      [genesis],
    ),
  );

interface Drawn {
  readonly lv: number;
  readonly tip: number;
  readonly cc: { readonly view: number; readonly back: number } | null;
  readonly stable: { readonly view: number; readonly back: number } | null;
}
const VIEWS = 4;
const certificate = fc.option(fc.record({ view: fc.nat({ max: VIEWS - 1 }), back: fc.nat({ max: 3 }) }));
const drawn = fc.record<Drawn>({
  lv: fc.nat({ max: VIEWS - 1 }),
  tip: fc.nat({ max: 30 }),
  cc: certificate,
  stable: fc.option(fc.record({ view: fc.nat({ max: VIEWS - 1 }), back: fc.nat({ max: 5 }) }), { freq: 2 }),
});

/** The block so many below the tip of the view's one certified branch. */
function certifiedBlock(branch: HashedHeader, back: number): HashedHeader {
  return pathTo(branch)[Math.max(0, branch.height - back)]!;
}

function claimsOf(
  blocks: readonly HashedHeader[],
  branches: readonly number[],
  drawnClaims: readonly Drawn[],
): readonly Claim[] {
  const branch = (view: number) => blocks[branches[view]! % blocks.length]!;
  return drawnClaims.map(({ lv, tip, cc, stable }) => {
    const claim: Claim = { lv, tip: blocks[tip % blocks.length]! };
    const stableBlock = stable === null ? genesis : certifiedBlock(branch(stable.view), stable.back);
    const withStable =
      stable === null || stableBlock.height === 0
        ? claim
        : { ...claim, stable: [stable.view, stableBlock] as const };
    if (cc === null) return withStable;
    const block = certifiedBlock(branch(cc.view), cc.back);
    // A replica's certificate is above its stable checkpoint, in key and on its branch (rule V3).
    const [stableView, base] = withStable.stable ?? [-1, genesis];
    const isAbove = cc.view > stableView || (cc.view === stableView && block.height > base.height);
    if (block.height === 0 || !isAbove || !contains(block, base)) return withStable;
    return { ...withStable, cc: [cc.view, block] as const };
  });
}

const view = fc.array(fc.nat({ max: 30 }), { minLength: VIEWS, maxLength: VIEWS });

describe('select', () => {
  it.each([
    [4, 3, 2],
    [7, 5, 3],
  ])('does what rule V5 says, for any view changes of %i replicas', (_n, q, t) => {
    fc.assert(
      fc.property(tree, view, fc.array(drawn, { minLength: q, maxLength: q }), (blocks, branches, items) => {
        const claims = claimsOf(blocks, branches, items);
        const expected = naive(claims, t);
        if (expected === undefined) expect(caught(() => chosen(claims, t)).code).toBe('invariant.broken');
        else expect(chosen(claims, t)).toBe(expected);
      }),
      { numRuns: 1_500 },
    );
  });

  it.each([
    [4, 3, 2],
    [7, 5, 3],
  ])('does the same whatever the order in which the %i replicas are listed', (_n, q, t) => {
    fc.assert(
      fc.property(tree, view, fc.array(drawn, { minLength: q, maxLength: q }), (blocks, branches, items) => {
        const claims = claimsOf(blocks, branches, items);
        // Only more than f faulty replicas make stable blocks that conflict: there is no one highest among them.
        const stables = claims.flatMap(({ stable }) => (stable === undefined ? [] : [stable[1]]));
        fc.pre(
          stables.every((one) => stables.every((other) => contains(one, other) || contains(other, one))),
        );
        fc.pre(naive(claims, t) !== undefined);
        expect(chosen(claims.toReversed(), t)).toBe(chosen(claims, t));
      }),
      { numRuns: 300 },
    );
  });

  const a1 = grow(genesis, 1);
  const a2 = grow(a1, 1);
  const a3 = grow(a2, 1);
  const b1 = grow(genesis, 2);
  const b2 = grow(b1, 2);

  const cases: readonly (readonly [string, readonly Claim[], HashedHeader, Mutation])[] = [
    [
      'M2: t supporters of a later view win against the certificate',
      [
        { lv: 2, tip: b1 },
        { lv: 2, tip: b1 },
        { lv: 1, tip: a1, cc: [1, a1] },
      ],
      b1,
      { certifiedWins: true },
    ],
    [
      'M6: who is of the certificate’s view supports only what extends it',
      [
        { lv: 1, tip: b2 },
        { lv: 1, tip: b2 },
        { lv: 1, tip: a1, cc: [1, a1] },
      ],
      a1,
      { withoutLv: 'second' },
    ],
    [
      'M6b: who was last in a view before the certificate’s supports nothing',
      [
        { lv: 0, tip: b2 },
        { lv: 0, tip: b2 },
        { lv: 1, tip: a1, cc: [1, a1] },
      ],
      a1,
      { withoutLv: 'both' },
    ],
    [
      'M7: supporters may have been in different views',
      [
        { lv: 2, tip: b1 },
        { lv: 3, tip: b1 },
        { lv: 1, tip: a1, cc: [1, a1] },
      ],
      b1,
      { sameLv: true },
    ],
    [
      'M15: the later certificate is higher, at whatever height',
      [
        { lv: 1, tip: a3, cc: [1, a3] },
        { lv: 1, tip: a3 },
        { lv: 2, tip: b1, cc: [2, b1] },
      ],
      b1,
      { heightFirst: true },
    ],
  ];

  it.each(cases)('keeps %s', (_name, claims, expected, mutation) => {
    expect(chosen(claims)).toBe(expected.hash);
    expect(naive(claims, 2)).toBe(expected.hash);
    // The rule would be another without it.
    expect(naive(claims, 2, mutation)).not.toBe(expected.hash);
  });

  it('M17: takes what was the last normal view, and would choose otherwise for a target', () => {
    const certified: Claim = { lv: 2, tip: a1, cc: [2, a1] };
    const stale = (lv: number): readonly Claim[] => [{ lv, tip: b2 }, { lv, tip: b2 }, certified];
    expect(chosen(stale(1))).toBe(a1.hash);
    // As if they had said the view 3 that they wanted, and never entered.
    expect(chosen(stale(3))).toBe(b2.hash);
  });

  it('begins at the highest stable block, whatever lies beside it', () => {
    const claims: readonly Claim[] = [
      { lv: 1, tip: a3, stable: [1, a2] },
      { lv: 1, tip: a3 },
      { lv: 1, tip: b2 },
    ];
    const { stable, headers, height, sources } = select(membersOf(claims), genesis, 2);
    expect(stable?.hash).toBe(a2.hash);
    expect(headers).toEqual([a3]);
    expect(height).toBe(3);
    expect(sources).toEqual([0, 1]);
  });

  it('names the holder and the signers of a certificate as sources', () => {
    const claims: readonly Claim[] = [
      { lv: 0, tip: b1 },
      { lv: 0, tip: b2 },
      { lv: 1, tip: a1, cc: [1, a2] },
    ];
    const { headers, sources } = select(membersOf(claims), genesis, 2);
    expect(headers).toEqual([a1, a2]);
    expect(sources).toEqual([2, 0, 1]);
  });

  it('takes genesis where nobody has anything in common', () => {
    const nobody: readonly Claim[] = [
      { lv: 0, tip: genesis },
      { lv: 0, tip: a1 },
      { lv: 0, tip: b1 },
    ];
    expect(select(membersOf(nobody), genesis, 2)).toMatchObject({ stable: null, headers: [], height: 0 });
  });

  it('halts where a stable block is not below the highest certificate', () => {
    const claims: readonly Claim[] = [
      { lv: 1, tip: a2, stable: [1, a2] },
      { lv: 2, tip: b1, cc: [2, b1] },
      { lv: 2, tip: b1 },
    ];
    expect(naive(claims, 2)).toBeUndefined();
    expect(caught(() => chosen(claims)).code).toBe('invariant.broken');
  });
});
