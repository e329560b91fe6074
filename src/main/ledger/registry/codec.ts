/**
 * The registry's parts in canonical bytes, and the digests over them.
 * @module
 */
import type {
  Proposal,
  RegistryAction,
  RegistryChange,
  RegistryPayload,
  RegistryPolicy,
  ReplicaEntry,
  SupervisorEntry,
} from '../../../shared/domain/registry.ts';
import {
  encode,
  hexBytes,
  list,
  nullable,
  record,
  refined,
  text,
  uint,
  union,
  type Codec,
} from '../../../shared/encoding/codec.ts';
import { fromHex, type Hex } from '../../../shared/encoding/hex.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, digest, digestHex } from '../hash.ts';
import {
  NAME_CHARS_MAX,
  PROPOSALS_MAX,
  PROPOSAL_BLOCKS_MAX,
  REMARK_CHARS_MAX,
  REPLICAS_MAX,
  REPLICAS_MIN,
  SUPERVISORS_MAX,
} from '../limits.ts';

// Every replica must judge a name alike, and Unicode's tables differ from one version to the next. So agreement knows
// only lengths here; characters that deceive are refused where names are typed, imported or approved.
const name = text(NAME_CHARS_MAX);
const named = refined(name, (value) => (value === '' ? 'must not be empty' : undefined));
const key = hexBytes(PUBLIC_KEY_BYTES);
const signature = hexBytes(SIGNATURE_BYTES);
const PORT_MAX = 65_535;

/** A supervisor in a genesis or a registry. */
export const supervisorCodec: Codec<SupervisorEntry> = record<SupervisorEntry>({
  name,
  organisation: name,
  publicKey: key,
});

/** A replica in a genesis or a registry. */
export const replicaCodec: Codec<ReplicaEntry> = record<ReplicaEntry>({
  name,
  organisation: name,
  publicKey: key,
  host: text(NAME_CHARS_MAX),
  port: uint(PORT_MAX),
});

/** The set of replicas of an epoch, in the order of their keys. */
export const replicaSetCodec: Codec<readonly ReplicaEntry[]> = refined(
  list(replicaCodec, REPLICAS_MAX, REPLICAS_MIN),
  (replicas) =>
    replicas.every(
      ({ publicKey }, index) => index === 0 || (replicas[index - 1]?.publicKey ?? '') < publicKey,
    )
      ? undefined
      : 'must list distinct keys in increasing order',
);

export const policyCodec: Codec<RegistryPolicy> = record<RegistryPolicy>({
  threshold: nullable(
    refined(uint(SUPERVISORS_MAX), (value) => (value < 1 ? 'must be at least 1' : undefined)),
  ),
  proposalBlocks: refined(uint(PROPOSAL_BLOCKS_MAX), (value) =>
    value < 1 ? 'must be at least 1' : undefined,
  ),
});

const listed = refined(replicaCodec, ({ name: of, host, port }) =>
  of === '' || host === '' || port === 0 ? 'must have a name, a host and a port' : undefined,
);

/** The kinds of change. Numbers are for ever: a new kind takes a new one. */
const changeCodec: Codec<RegistryChange> = union<RegistryChange, 'kind'>('kind', {
  addSupervisor: [
    1,
    record({
      supervisor: record<SupervisorEntry>({ name: named, organisation: name, publicKey: key }),
      proof: signature,
    }),
  ],
  revokeSupervisor: [2, record({ publicKey: key })],
  renameSupervisor: [3, record({ publicKey: key, name: named, organisation: name })],
  rotateSupervisor: [4, record({ publicKey: key, newPublicKey: key, proof: signature })],
  addReplica: [5, record({ replica: listed, proof: signature })],
  removeReplica: [6, record({ publicKey: key })],
  updateReplica: [7, record({ replica: listed })],
  rotateReplica: [8, record({ publicKey: key, newPublicKey: key, proof: signature })],
  setPolicy: [9, record({ policy: policyCodec })],
});

const actionCodec: Codec<RegistryAction> = union<RegistryAction, 'type'>('type', {
  propose: [1, record({ change: changeCodec })],
  approve: [2, record({ proposalId: hexBytes(DIGEST_BYTES) })],
  withdraw: [3, record({ proposalId: hexBytes(DIGEST_BYTES) })],
});

/** What a registry change says, as the content of a request. */
export const registryPayloadCodec: Codec<Omit<RegistryPayload, 'kind'>> = record<
  Omit<RegistryPayload, 'kind'>
>({
  remark: text(REMARK_CHARS_MAX),
  action: actionCodec,
});

const proposalsCodec = list(
  record<Proposal>({
    id: hexBytes(DIGEST_BYTES),
    proposer: key,
    change: changeCodec,
    height: uint(),
    lastHeight: uint(),
    approvals: list(key, SUPERVISORS_MAX),
  }),
  PROPOSALS_MAX,
);

/** Everything that the digest of a registry covers, apart from the supervisors themselves. */
export interface RegistrySummary {
  readonly supervisorCount: number;
  /** Merkle root over `supervisorDigest` of each, in the order of their keys. */
  readonly supervisorsRoot: Hex;
  readonly replicasDigest: Hex;
  readonly policy: RegistryPolicy;
  readonly proposalsDigest: Hex;
}

/** Summaries in receipts. */
export const registrySummaryCodec: Codec<RegistrySummary> = record<RegistrySummary>({
  supervisorCount: uint(SUPERVISORS_MAX),
  supervisorsRoot: hexBytes(DIGEST_BYTES),
  replicasDigest: hexBytes(DIGEST_BYTES),
  policy: policyCodec,
  proposalsDigest: hexBytes(DIGEST_BYTES),
});

/** Digest of one supervisor: a leaf of the registry's Merkle tree. */
export function supervisorDigest(supervisor: SupervisorEntry): Hex {
  return digestHex('countersign/supervisor/1', encode(supervisorCodec, supervisor));
}

/** Digest of a set of replicas, as a header names the one that follows (PROTOCOL.md, rule E1). */
export function replicaSetDigest(replicas: readonly ReplicaEntry[]): Hex {
  return digestHex('countersign/replicas/1', encode(replicaSetCodec, replicas));
}

/** Digest of the proposals that wait, in order. */
export function proposalsDigest(proposals: readonly Proposal[]): Hex {
  return digestHex('countersign/proposals/1', encode(proposalsCodec, proposals));
}

/** Digest of a whole registry, as it goes into the state's digest. */
export function summaryDigest(summary: RegistrySummary): Hex {
  return digestHex('countersign/registry/2', encode(registrySummaryCodec, summary));
}

/** The 32 bytes that a new key signs to prove that it is its owner's. */
export function possessionDigest(networkId: Hex, publicKey: Hex): Uint8Array {
  return digest('countersign/key-possession/1', fromHex(networkId), fromHex(publicKey));
}
