/**
 * Changes of the set of replicas, proven: the last block of an epoch names the set that follows it, and a quorum of the
 * old set certifies that block (PROTOCOL.md, rules E1 and E2). Taken one after the other from the genesis on, they prove
 * the set of every epoch to anybody who knows the genesis.
 * @module
 */
import type { ReplicaEntry } from '../../shared/domain/registry.ts';
import { decode, encode, list, prefixed, record, type Codec } from '../../shared/encoding/codec.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { headerCodec, type HashedHeader } from './block.ts';
import { networkIdOf, quorumSizes, type Genesis } from './genesis.ts';
import { replicaSetCodec, replicaSetDigest } from './registry/codec.ts';
import {
  certificateChecks,
  checkpointCertificateCodec,
  type CheckpointCertificate,
  type SignatureCheck,
} from './statement.ts';

/** The end of one epoch and the beginning of the next. */
export interface EpochChange {
  /** Of the last block of the epoch: its `nextReplicas` is the digest of `replicas`. */
  readonly header: HashedHeader;
  /** Of that block, by a quorum of the epoch that ends. */
  readonly certificate: CheckpointCertificate;
  /** The set of the next epoch, in the order of its keys. */
  readonly replicas: readonly ReplicaEntry[];
}

/** The replicas of one epoch. */
export interface ReplicaSet {
  readonly epoch: number;
  /** Height of the block below the first of the epoch: the last one of the epoch before, or genesis. */
  readonly baseHeight: number;
  /** In the order of their keys, which gives each its index. */
  readonly replicas: readonly ReplicaEntry[];
}

/** Largest change, in bytes: `REPLICAS_MAX` replicas with the longest names in any script, and their certificate. */
export const EPOCH_CHANGE_BYTES_MAX = 80 * 1024;

/** Most changes in one chain of them. */
export const EPOCH_CHANGES_MAX = 2_048;

/**
 * Most bytes of a chain of changes in a receipt or an evidence file: 1,700 changes of four replicas, or 320 of the most.
 * A receipt with it still fits into one message.
 */
export const EPOCH_CHANGES_BYTES_MAX = 2 * 1024 * 1024;

/** The verdict on one signature (`keys/verifier.ts`). */
type Verify = (check: SignatureCheck) => boolean | Promise<boolean>;

const EPOCH_CHANGE_VERSION = 1;

/** Changes on the wire, in receipts and in the client's store. */
export const epochChangeCodec: Codec<EpochChange> = prefixed(
  EPOCH_CHANGE_VERSION,
  record<EpochChange>({
    header: headerCodec,
    certificate: checkpointCertificateCodec,
    replicas: replicaSetCodec,
  }),
);

/** The changes from the genesis up to some epoch, in order. */
export const epochChangesCodec: Codec<readonly EpochChange[]> = list(epochChangeCodec, EPOCH_CHANGES_MAX);

/** Canonical bytes of a change. */
export function encodeEpochChange(change: EpochChange): Uint8Array {
  return encode(epochChangeCodec, change);
}

/** The change that `bytes` encode; nothing in it is verified. Throws `encoding.tooLarge` or `encoding.invalid`. */
export function decodeEpochChange(bytes: Uint8Array): EpochChange {
  return decode(epochChangeCodec, bytes, EPOCH_CHANGE_BYTES_MAX);
}

/** The replicas that the genesis names. */
export function firstReplicaSet({ replicas }: Pick<Genesis, 'replicas'>): ReplicaSet {
  return { epoch: 0, baseHeight: 0, replicas };
}

/**
 * The replicas of every epoch that the changes lead to, from that of the genesis on. It trusts nothing but `genesis` and
 * `verify`. Throws `epochChange.invalid` with the epoch whose end is not proven.
 */
export async function verifyEpochChanges(
  genesis: Genesis,
  changes: readonly EpochChange[],
  verify: Verify,
): Promise<readonly [ReplicaSet, ...ReplicaSet[]]> {
  let set = firstReplicaSet(genesis);
  const sets: [ReplicaSet, ...ReplicaSet[]] = [set];
  for (const change of changes) {
    set = await verifyEpochChange(genesis, set, change, verify);
    sets.push(set);
  }
  return sets;
}

/** The replicas that follow on `before`, if the change proves it. Throws `epochChange.invalid`. */
export async function verifyEpochChange(
  genesis: Genesis,
  before: ReplicaSet,
  change: EpochChange,
  verify: Verify,
): Promise<ReplicaSet> {
  const { epoch } = before;
  const { header, certificate, replicas } = freshly(epoch, change);
  checkPlace(before, header, certificate);
  if (header.nextReplicas !== replicaSetDigest(replicas)) {
    throw invalid(epoch, 'lists other replicas than its header names');
  }
  const keys = before.replicas.map(({ publicKey }) => publicKey);
  const { q } = quorumSizes(keys.length);
  const checks = certificateChecks(networkIdOf(genesis), keys, q, certificate);
  if (checks === undefined) {
    throw invalid(epoch, `must have signatures of ${String(q)} replicas of the epoch`);
  }
  for (const [index, check] of checks.entries()) {
    if (await verify(check)) continue;
    const replica = certificate.signatures[index]?.replica ?? index;
    throw invalid(epoch, `the signature of replica ${String(replica)} is wrong`);
  }
  return { epoch: epoch + 1, baseHeight: header.height, replicas };
}

/** The change as its bytes say it: what is cached beside them, such as a hash, is not trusted. */
function freshly(epoch: number, change: EpochChange): EpochChange {
  try {
    return decodeEpochChange(encodeEpochChange(change));
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) {
      throw invalid(epoch, `${error.data.at} ${error.data.problem}`, error);
    }
    if (hasCode(error, 'encoding.tooLarge')) throw invalid(epoch, 'is too large', error);
    throw error;
  }
}

function checkPlace(before: ReplicaSet, header: HashedHeader, certificate: CheckpointCertificate): void {
  const { epoch, baseHeight } = before;
  if (header.epoch !== epoch) throw invalid(epoch, `is that of epoch ${String(header.epoch)}`);
  if (header.height <= baseHeight) throw invalid(epoch, 'does not lie above the beginning of its epoch');
  if (certificate.epoch !== epoch) throw invalid(epoch, 'its certificate is of another epoch');
  if (certificate.height !== header.height || certificate.hash !== header.hash) {
    throw invalid(epoch, 'its certificate is not for its header');
  }
  if (certificate.stateDigest !== header.stateDigest) {
    throw invalid(epoch, 'its certificate is for another state than its header');
  }
}

function invalid(epoch: number, problem: string, cause?: unknown): CountersignError<'epochChange.invalid'> {
  return new CountersignError('epochChange.invalid', { epoch, problem }, { cause });
}
