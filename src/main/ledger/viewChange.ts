/**
 * View changes and new views: what a replica brings along when it leaves a view, and the quorum of them with which the
 * next primary opens its own (PROTOCOL.md, rules, 5). Each is signed by way of its content's digest, so that a pair of
 * contradicting ones is small evidence.
 * @module
 */
import {
  encode,
  hexBytes,
  list,
  nullable,
  prefixed,
  record,
  refined,
  uint,
  type Codec,
} from '../../shared/encoding/codec.ts';
import { toHex, type Hex } from '../../shared/encoding/hex.ts';
import { HEADER_BYTES_MAX, headerCodec, isLinked, type HashedHeader } from './block.ts';
import { REPLICAS_MAX } from './limits.ts';
import { DIGEST_BYTES, SIGNATURE_BYTES, digest } from './hash.ts';
import {
  CERTIFICATE_BYTES_MAX,
  checkpointCertificateCodec,
  commitCertificateCodec,
  compareCertificates,
  type CheckpointCertificate,
  type CommitCertificate,
  type NewViewStatement,
  type ViewChangeStatement,
} from './statement.ts';

/** VIEWCHANGE(v', lv, chain, cc, stable), before it is signed (rule V2). */
export interface ViewChange {
  readonly epoch: number;
  /** The view it is for: v'. */
  readonly view: number;
  /** The last view that was normal: lv. Never a target (M17). */
  readonly lastNormalView: number;
  /** The sender's highest stable checkpoint of the epoch; `null` for the block that the epoch begins with. */
  readonly stable: CheckpointCertificate | null;
  /** cc where it is higher than `stable`, by view and then height; otherwise `null`: then `stable` counts as cc. */
  readonly commit: CommitCertificate | null;
  /** From above `stable` to the block of `commit`; empty where that block is the stable one, or is on `chain`. */
  readonly commitHeaders: readonly HashedHeader[];
  /** From above `stable` to the tip; empty where the own chain does not contain `stable`. */
  readonly chain: readonly HashedHeader[];
}

/** A view change with the signature of its sender. */
export interface SignedViewChange {
  readonly replica: number;
  readonly viewChange: ViewChange;
  /** Over the `ViewChangeStatement`. */
  readonly signature: Hex;
}

/** NEWVIEW(v', S), before it is signed (rule V4). What follows from S is not said: everyone recomputes it (V5). */
export interface NewView {
  readonly epoch: number;
  readonly view: number;
  /** S: a quorum of view changes for `view`, of distinct replicas in increasing order. */
  readonly viewChanges: readonly SignedViewChange[];
}

/** The longest window L: twice the largest checkpoint distance. */
export const WINDOW_MAX = 8_192;

const VIEW_CHANGE_VERSION = 1;
const headers = list(headerCodec, WINDOW_MAX);

export const viewChangeCodec: Codec<ViewChange> = prefixed(
  VIEW_CHANGE_VERSION,
  record<ViewChange>({
    epoch: uint(),
    view: uint(),
    lastNormalView: uint(),
    stable: nullable(checkpointCertificateCodec),
    commit: nullable(commitCertificateCodec),
    commitHeaders: headers,
    chain: headers,
  }),
);

const signedViewChangeCodec = record<SignedViewChange>({
  replica: uint(REPLICAS_MAX - 1),
  viewChange: viewChangeCodec,
  signature: hexBytes(SIGNATURE_BYTES),
});

const NEW_VIEW_VERSION = 1;

export const newViewCodec: Codec<NewView> = prefixed(
  NEW_VIEW_VERSION,
  record<NewView>({
    epoch: uint(),
    view: uint(),
    viewChanges: refined(list(signedViewChangeCodec, REPLICAS_MAX, 1), (items) =>
      items.every(({ replica }, index) => index === 0 || (items[index - 1]?.replica ?? replica) < replica)
        ? undefined
        : 'must hold view changes of distinct replicas in increasing order',
    ),
  }),
);

/** Most bytes of one view change in a network with this window: two chains of headers and two certificates. */
export function viewChangeBytesMax(windowBlocks: number): number {
  return 2 * windowBlocks * HEADER_BYTES_MAX + 2 * CERTIFICATE_BYTES_MAX + HEADER_BYTES_MAX;
}

/** Most bytes of one new view in a network with these sizes. */
export function newViewBytesMax(quorum: number, windowBlocks: number): number {
  return (quorum + 1) * viewChangeBytesMax(windowBlocks);
}

/** Each is asked for again and again, and may hold thousands of headers. */
const statements = new WeakMap<ViewChange, ViewChangeStatement>();

/** What the sender of a view change signs. */
export function viewChangeStatement(viewChange: ViewChange): ViewChangeStatement {
  const known = statements.get(viewChange);
  if (known !== undefined) return known;
  const { epoch, view } = viewChange;
  const content = digest('countersign/view-change-content/1', encode(viewChangeCodec, viewChange));
  const statement: ViewChangeStatement = { type: 'viewChange', epoch, view, contentDigest: toHex(content) };
  statements.set(viewChange, statement);
  return statement;
}

const membersCodec = list(record({ replica: uint(), contentDigest: hexBytes(DIGEST_BYTES) }), REPLICAS_MAX);

/** What the primary signs to open its view: it covers which view change of which replica it took. */
export function newViewStatement({ epoch, view, viewChanges }: NewView): NewViewStatement {
  const members = viewChanges.map(({ replica, viewChange }) => ({
    replica,
    contentDigest: viewChangeStatement(viewChange).contentDigest,
  }));
  const content = digest('countersign/new-view-content/1', encode(membersCodec, members));
  return { type: 'newView', epoch, view, contentDigest: toHex(content) };
}

/**
 * Why a view change is not well-formed, apart from signatures; `undefined` where it is (rule V3). `first` is the block
 * that the epoch begins with: genesis, or the last block of the epoch before (rule E2).
 */
export function viewChangeProblem(
  viewChange: ViewChange,
  first: HashedHeader,
  windowBlocks: number,
): string | undefined {
  const { epoch, view, lastNormalView, stable, commit, commitHeaders, chain } = viewChange;
  if (lastNormalView >= view) return 'the last normal view is not below the view';
  for (const certificate of [stable, commit]) {
    if (certificate === null) continue;
    if (certificate.epoch !== epoch) return 'a certificate is of another epoch';
    if (certificate.view >= view) return 'a certificate is of a later view';
  }
  const base = stable ?? { view: -1, height: first.height, hash: first.hash };
  if (commit !== null && compareCertificates(commit, base) <= 0)
    return 'cc is not above the stable checkpoint';
  if (commit !== null && commit.height < base.height)
    return 'the block of cc lies below the stable checkpoint';
  if (chain.length > windowBlocks || commitHeaders.length > windowBlocks) return 'longer than the window';
  // What follows the last block of an epoch belongs to the next one (rules E1 and E3).
  if ([...chain, ...commitHeaders].some((header) => header.epoch !== epoch)) {
    return 'a header is of another epoch';
  }
  if (!areLinked(base, chain)) return 'the chain is not linked to the stable checkpoint';
  if (!areLinked(base, commitHeaders)) return 'the headers of cc are not linked to the stable checkpoint';
  return commitProblem(viewChange, base);
}

/** The headers of the block that cc certifies, from above the stable checkpoint. */
export function headersOfCommit({ commit, commitHeaders, chain }: ViewChange): readonly HashedHeader[] {
  if (commit === null) return [];
  if (commitHeaders.length > 0) return commitHeaders;
  const [lowest] = chain;
  return lowest === undefined ? [] : chain.slice(0, commit.height - lowest.height + 1);
}

function commitProblem(
  viewChange: ViewChange,
  base: { readonly height: number; readonly hash: Hex },
): string | undefined {
  const { commit, commitHeaders, chain } = viewChange;
  if (commit === null) return commitHeaders.length === 0 ? undefined : 'there are headers of cc without cc';
  const onChain = chain[commit.height - base.height - 1]?.hash === commit.hash;
  if (onChain && commitHeaders.length > 0) return 'the headers of cc are on the chain already';
  const tip = headersOfCommit(viewChange).at(-1) ?? base;
  if (tip.hash !== commit.hash || tip.height !== commit.height) return 'the headers of cc do not lead to it';
  return undefined;
}

function areLinked(
  base: { readonly height: number; readonly hash: Hex },
  chain: readonly HashedHeader[],
): boolean {
  return chain.every((header, index) => {
    const before = chain[index - 1];
    if (before !== undefined) return isLinked(before, header);
    return header.height === base.height + 1 && header.previousHash === base.hash;
  });
}
