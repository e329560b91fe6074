/**
 * Statements that replicas sign, and certificates: quorums of equal ones (PROTOCOL.md, rules, 1 and 4).
 *
 * Every statement begins with a domain of its own, the network id and the epoch, so that none can stand for another
 * of a different type, network or set of replicas.
 * @module
 */
import {
  decode,
  encode,
  hexBytes,
  list,
  prefixed,
  record,
  refined,
  uint,
  union,
  type Codec,
} from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { REPLICAS_MAX } from './limits.ts';
import { DIGEST_BYTES, SIGNATURE_BYTES, digest, digestHex } from './hash.ts';

/** The primary orders a block at its height in its view: one block for each (view, height) (rule A1). */
export interface OrderStatement {
  readonly type: 'order';
  readonly epoch: number;
  readonly view: number;
  readonly height: number;
  readonly hash: Hex;
}

/** The replica has accepted the block in the view (rule A3): ACCEPT, the seed's localCommit. */
export interface LocalCommitStatement {
  readonly type: 'localCommit';
  readonly epoch: number;
  readonly view: number;
  readonly height: number;
  readonly hash: Hex;
}

/** The replica holds a commit certificate for the block, durably (rule C3). */
export interface CheckpointVoteStatement {
  readonly type: 'checkpointVote';
  readonly epoch: number;
  readonly view: number;
  readonly height: number;
  readonly hash: Hex;
  readonly stateDigest: Hex;
}

/** The replica leaves every view below `view`, and says what it brings along (rule V2). One for each view. */
export interface ViewChangeStatement {
  readonly type: 'viewChange';
  readonly epoch: number;
  /** The view it wants to enter: v'. */
  readonly view: number;
  /** Of the `ViewChange` (`viewChange.ts`). */
  readonly contentDigest: Hex;
}

/** The primary of `view` opens it with a quorum of view changes (rule V4). One for each view. */
export interface NewViewStatement {
  readonly type: 'newView';
  readonly epoch: number;
  readonly view: number;
  /** Of the `NewView` (`viewChange.ts`). */
  readonly contentDigest: Hex;
}

export type Statement =
  OrderStatement | LocalCommitStatement | CheckpointVoteStatement | ViewChangeStatement | NewViewStatement;

/** A statement with the signature of the replica that made it. */
export interface SignedStatement {
  readonly statement: Statement;
  readonly signature: Hex;
}

/** One replica's signature. `replica` is its index in the sorted list of the epoch's replicas. */
export interface ReplicaSignature {
  readonly replica: number;
  readonly signature: Hex;
}

/** A quorum of localCommits for one block: CC(v,h,H) (rule C1). Not final. */
export interface CommitCertificate {
  readonly epoch: number;
  readonly view: number;
  readonly height: number;
  readonly hash: Hex;
  /** Of distinct replicas, in increasing order. */
  readonly signatures: readonly ReplicaSignature[];
}

/** A quorum of checkpoint votes for one block: STABLE(v,h,H) (rule C4). Final, with everything below it. */
export interface CheckpointCertificate extends CommitCertificate {
  readonly stateDigest: Hex;
}

const positionFields = {
  networkId: hexBytes(DIGEST_BYTES),
  epoch: uint(),
  view: uint(),
  height: uint(),
  hash: hexBytes(DIGEST_BYTES),
};
const positionCodec = record(positionFields);
const voteCodec = record({ ...positionFields, stateDigest: hexBytes(DIGEST_BYTES) });
const contentCodec = record({
  networkId: hexBytes(DIGEST_BYTES),
  epoch: uint(),
  view: uint(),
  contentDigest: hexBytes(DIGEST_BYTES),
});

/** The 32 bytes that a replica signs for a statement. */
export function statementDigest(networkId: Hex, statement: Statement): Uint8Array {
  switch (statement.type) {
    case 'order':
      return digest('countersign/order/1', encode(positionCodec, { ...statement, networkId }));
    case 'localCommit':
      return digest('countersign/local-commit/1', encode(positionCodec, { ...statement, networkId }));
    case 'checkpointVote':
      return digest('countersign/checkpoint-vote/1', encode(voteCodec, { ...statement, networkId }));
    case 'viewChange':
      return digest('countersign/view-change/1', encode(contentCodec, { ...statement, networkId }));
    case 'newView':
      return digest('countersign/new-view/1', encode(contentCodec, { ...statement, networkId }));
  }
}

const viewCodec = record({ networkId: hexBytes(DIGEST_BYTES), epoch: uint(), view: uint() });

/** Length of a view's tag, in hex digits. */
export const VIEW_TAG_BYTES = 8;

/**
 * The tag that stands for a view in answers to clients (rule C5, seed "View change": the view is not exposed to the
 * outside). Equal at all replicas of one view; clients compare it and nothing else.
 */
export function viewTag(networkId: Hex, epoch: number, view: number): Hex {
  return digestHex('countersign/view-tag/1', encode(viewCodec, { networkId, epoch, view })).slice(
    0,
    2 * VIEW_TAG_BYTES,
  );
}

const signaturesCodec = refined(
  list(
    record<ReplicaSignature>({ replica: uint(REPLICAS_MAX - 1), signature: hexBytes(SIGNATURE_BYTES) }),
    REPLICAS_MAX,
  ),
  (signatures) => {
    const ordered = signatures.every(({ replica }, index) => {
      const before = signatures[index - 1];
      return before === undefined || before.replica < replica;
    });
    return ordered ? undefined : 'must list distinct replicas in increasing order';
  },
);

const placeFields = { epoch: uint(), view: uint(), height: uint(), hash: hexBytes(DIGEST_BYTES) };
const contentFields = { epoch: uint(), view: uint(), contentDigest: hexBytes(DIGEST_BYTES) };

/** Statements by themselves, as the sign guard keeps them. */
export const statementCodec: Codec<Statement> = union<Statement, 'type'>('type', {
  order: [1, record(placeFields)],
  localCommit: [2, record(placeFields)],
  checkpointVote: [3, record({ ...placeFields, stateDigest: hexBytes(DIGEST_BYTES) })],
  viewChange: [4, record(contentFields)],
  newView: [5, record(contentFields)],
});

/** Statements with their signatures, on the wire, on disk and in evidence. */
export const signedStatementCodec: Codec<SignedStatement> = record<SignedStatement>({
  statement: statementCodec,
  signature: hexBytes(SIGNATURE_BYTES),
});

const CERTIFICATE_VERSION = 1;

/** Commit certificates on the wire and on disk. */
export const commitCertificateCodec: Codec<CommitCertificate> = prefixed(
  CERTIFICATE_VERSION,
  record<CommitCertificate>({ ...placeFields, signatures: signaturesCodec }),
);

/** Checkpoint certificates on the wire, on disk and in receipts. */
export const checkpointCertificateCodec: Codec<CheckpointCertificate> = prefixed(
  CERTIFICATE_VERSION,
  record<CheckpointCertificate>({
    ...placeFields,
    stateDigest: hexBytes(DIGEST_BYTES),
    signatures: signaturesCodec,
  }),
);

/** Limit for a certificate, in bytes: `REPLICAS_MAX` signatures and their position. */
export const CERTIFICATE_BYTES_MAX = 4_096;

/** Canonical bytes of a checkpoint certificate. */
export function encodeCheckpointCertificate(certificate: CheckpointCertificate): Uint8Array {
  return encode(checkpointCertificateCodec, certificate);
}

/** The checkpoint certificate that `bytes` encode. Signatures are not checked here. */
export function decodeCheckpointCertificate(bytes: Uint8Array): CheckpointCertificate {
  return decode(checkpointCertificateCodec, bytes, CERTIFICATE_BYTES_MAX);
}

/** Canonical bytes of a commit certificate. */
export function encodeCommitCertificate(certificate: CommitCertificate): Uint8Array {
  return encode(commitCertificateCodec, certificate);
}

/** The commit certificate that `bytes` encode. Signatures are not checked here. */
export function decodeCommitCertificate(bytes: Uint8Array): CommitCertificate {
  return decode(commitCertificateCodec, bytes, CERTIFICATE_BYTES_MAX);
}

/** The order on certificates: view first, then height (PROTOCOL.md, rules, 1). Positive where `left` is higher. */
export function compareCertificates(
  left: Pick<CommitCertificate, 'view' | 'height'>,
  right: Pick<CommitCertificate, 'view' | 'height'>,
): number {
  return left.view - right.view || left.height - right.height;
}

/** The statement whose signatures a certificate gathers. */
export function certifiedStatement(
  certificate: CommitCertificate | CheckpointCertificate,
): LocalCommitStatement | CheckpointVoteStatement {
  const { epoch, view, height, hash } = certificate;
  return 'stateDigest' in certificate
    ? { type: 'checkpointVote', epoch, view, height, hash, stateDigest: certificate.stateDigest }
    : { type: 'localCommit', epoch, view, height, hash };
}

/** One signature to verify: over `digest`, by `publicKey`. */
export interface SignatureCheck {
  readonly signature: Hex;
  readonly digest: Uint8Array;
  readonly publicKey: Hex;
}

/**
 * The signature checks that a certificate stands on: it is valid if all of them hold. `undefined` where it names an
 * unknown replica or too few of them.
 */
export function certificateChecks(
  networkId: Hex,
  replicaKeys: readonly Hex[],
  quorum: number,
  certificate: CommitCertificate | CheckpointCertificate,
): readonly SignatureCheck[] | undefined {
  if (certificate.signatures.length < quorum) return undefined;
  const signed = statementDigest(networkId, certifiedStatement(certificate));
  const checks: SignatureCheck[] = [];
  for (const { replica, signature } of certificate.signatures) {
    const publicKey = replicaKeys[replica];
    if (publicKey === undefined) return undefined;
    checks.push({ signature, digest: signed, publicKey });
  }
  return checks;
}
