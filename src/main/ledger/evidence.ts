/**
 * Evidence: two statements of one replica that contradict one another, with its signatures. No correct replica ever
 * signs both, so the pair proves a fault to anybody who knows the genesis (seed note "Why servers must have key
 * pairs": the Byzantine point can be located, and the host restored).
 * @module
 */
import {
  decode,
  encode,
  list,
  prefixed,
  record,
  refined,
  uint,
  type Codec,
} from '../../shared/encoding/codec.ts';
import { toHex, type Hex } from '../../shared/encoding/hex.ts';
import { REPLICAS_MAX } from './limits.ts';
import { ZERO_HASH, digest } from './hash.ts';
import {
  signedStatementCodec,
  statementDigest,
  type SignatureCheck,
  type SignedStatement,
  type Statement,
} from './statement.ts';

/** Two contradicting statements of the replica with the index `replica`. */
export interface Evidence {
  readonly replica: number;
  /** The one whose encoding is smaller, so that a pair has one form. */
  readonly first: SignedStatement;
  readonly second: SignedStatement;
}

const EVIDENCE_VERSION = 1;

/** Evidence on the wire, on disk and in blocks. Signatures are not checked here. */
export const evidenceCodec: Codec<Evidence> = refined(
  prefixed(
    EVIDENCE_VERSION,
    record<Evidence>({
      replica: uint(REPLICAS_MAX - 1),
      first: signedStatementCodec,
      second: signedStatementCodec,
    }),
  ),
  ({ first, second }) => {
    if (!contradict(first.statement, second.statement)) return 'must hold two statements that contradict';
    return isBefore(first, second) ? undefined : 'must hold its statements in order of their encoding';
  },
);

/** Evidence in a block: at most one for each replica, in increasing order. */
export const evidenceListCodec: Codec<readonly Evidence[]> = refined(
  list(evidenceCodec, REPLICAS_MAX),
  (items) =>
    items.every(({ replica }, index) => index === 0 || (items[index - 1]?.replica ?? replica) < replica)
      ? undefined
      : 'must accuse distinct replicas in increasing order',
);

/** Limit for one piece of evidence, in bytes: two statements and two signatures. */
export const EVIDENCE_BYTES_MAX = 1_024;

/** What two signed statements of one replica prove; `undefined` where they do not contradict one another. */
export function evidenceOf(
  replica: number,
  one: SignedStatement,
  other: SignedStatement,
): Evidence | undefined {
  if (!contradict(one.statement, other.statement)) return undefined;
  return isBefore(one, other)
    ? { replica, first: one, second: other }
    : { replica, first: other, second: one };
}

/**
 * Whether no correct replica signs both: two orders, localCommits or votes for one height of one view that name
 * different blocks or states; two view changes or new views for one view that differ.
 */
export function contradict(one: Statement, other: Statement): boolean {
  if (one.type !== other.type || one.epoch !== other.epoch || one.view !== other.view) return false;
  switch (one.type) {
    case 'order':
    case 'localCommit':
      return 'hash' in other && one.height === other.height && one.hash !== other.hash;
    case 'checkpointVote':
      return (
        other.type === 'checkpointVote' &&
        one.height === other.height &&
        (one.hash !== other.hash || one.stateDigest !== other.stateDigest)
      );
    case 'viewChange':
    case 'newView':
      return 'contentDigest' in other && one.contentDigest !== other.contentDigest;
  }
}

/** The epoch in whose set of replicas the accused has its index. */
export function epochOf({ first }: Evidence): number {
  return first.statement.epoch;
}

/** The two signature checks that evidence stands on; `undefined` where it accuses an unknown replica. */
export function evidenceChecks(
  networkId: Hex,
  replicaKeys: readonly Hex[],
  { replica, first, second }: Evidence,
): readonly SignatureCheck[] | undefined {
  const publicKey = replicaKeys[replica];
  if (publicKey === undefined) return undefined;
  return [first, second].map(({ statement, signature }) => ({
    signature,
    digest: statementDigest(networkId, statement),
    publicKey,
  }));
}

/** Digest of the evidence in a block, for its header; zeros where there is none. */
export function evidenceDigest(evidence: readonly Evidence[]): Hex {
  if (evidence.length === 0) return ZERO_HASH;
  return toHex(digest('countersign/evidence/1', encode(evidenceListCodec, evidence)));
}

/** Canonical bytes of evidence. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encode(evidenceCodec, evidence);
}

/** The evidence that `bytes` encode. Throws `encoding.*`. Signatures are not checked here. */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  return decode(evidenceCodec, bytes, EVIDENCE_BYTES_MAX);
}

function isBefore(one: SignedStatement, other: SignedStatement): boolean {
  return toHex(encode(signedStatementCodec, one)) < toHex(encode(signedStatementCodec, other));
}
