/**
 * The genesis of a network: its name, its replicas, its supervisors and its limits. Its hash is the network id,
 * which goes into every signature.
 * @module
 */
import type { RegistryPolicy, ReplicaEntry, SupervisorEntry } from '../../shared/domain/registry.ts';
import { encode, list, prefixed, record, text, uint, type Codec } from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { assertName } from '../../shared/text/name.ts';
import { digestHex } from './hash.ts';
import { NAME_CHARS_MAX, REPLICAS_MAX, REPLICAS_MIN, SUPERVISORS_MAX } from './limits.ts';
import { policyProblem } from './registry/policy.ts';
import { policyCodec, replicaCodec, supervisorCodec } from './registry/codec.ts';
import { REQUEST_BYTES_CEILING } from './request.ts';

/** A replica that a genesis names. */
export type GenesisReplica = ReplicaEntry;
/** A supervisor that a genesis names. */
export type GenesisSupervisor = SupervisorEntry;

/** Limits that all replicas must share, because a block that breaks one is invalid. */
export interface GenesisLimits {
  /** Largest signed request, in bytes. */
  readonly maxRequestBytes: number;
  /** Most requests in one block. */
  readonly maxBlockRequests: number;
  /** Largest sum of the signed requests of one block, in bytes. */
  readonly maxBlockBytes: number;
  /** Blocks between automatic checkpoints (K of PROTOCOL.md). The window L is twice this. */
  readonly checkpointDistance: number;
  /** How much older than its block a request may be, in milliseconds. Exactly-once is kept over this span. */
  readonly maxRequestAgeMs: number;
  /** How far a request's or a block's time may lie ahead, in milliseconds. */
  readonly maxClockSkewMs: number;
}

export interface Genesis {
  readonly name: string;
  readonly createdAtMs: number;
  /** Sorted by public key: the order determines the primary of each view (seed note "Connection layer" 2). */
  readonly replicas: readonly GenesisReplica[];
  readonly supervisors: readonly GenesisSupervisor[];
  /** Who may change the registry at the beginning. */
  readonly policy: RegistryPolicy;
  readonly limits: GenesisLimits;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The limits of a new network. */
export const DEFAULT_LIMITS: GenesisLimits = {
  maxRequestBytes: 2 * 1024 * 1024,
  maxBlockRequests: 256,
  maxBlockBytes: 4 * 1024 * 1024,
  checkpointDistance: 64,
  maxRequestAgeMs: 3 * DAY_MS,
  maxClockSkewMs: 5 * MINUTE_MS,
};

/** The policy of a new network: a majority of the supervisors, and time for people to come to it. */
export const DEFAULT_POLICY: RegistryPolicy = { threshold: null, proposalBlocks: 1_000_000 };

const GENESIS_VERSION = 2;

const genesisCodec: Codec<Genesis> = prefixed(
  GENESIS_VERSION,
  record<Genesis>({
    name: text(NAME_CHARS_MAX),
    createdAtMs: uint(),
    replicas: list(replicaCodec, REPLICAS_MAX, REPLICAS_MIN),
    supervisors: list(supervisorCodec, SUPERVISORS_MAX, 1),
    policy: policyCodec,
    limits: record<GenesisLimits>({
      maxRequestBytes: uint(REQUEST_BYTES_CEILING),
      maxBlockRequests: uint(65_535),
      maxBlockBytes: uint(64 * 1024 * 1024),
      checkpointDistance: uint(4_096),
      maxRequestAgeMs: uint(),
      maxClockSkewMs: uint(),
    }),
  }),
);

/** The genesis with its lists in canonical order: replicas and supervisors by public key. */
export function sortedGenesis(genesis: Genesis): Genesis {
  return {
    ...genesis,
    replicas: genesis.replicas.toSorted(byPublicKey),
    supervisors: genesis.supervisors.toSorted(byPublicKey),
  };
}

/** Canonical bytes of a genesis: what its network id is the hash of. */
export function encodeGenesis(genesis: Genesis): Uint8Array {
  return encode(genesisCodec, genesis);
}

/** The network id: the hash of the genesis' canonical bytes. */
export function networkIdOf(genesis: Genesis): Hex {
  return digestHex('countersign/genesis/2', encodeGenesis(genesis));
}

/** Throws `genesis.invalid`, `genesis.duplicateKey` or `name.*` unless the genesis keeps every rule of one. */
export function checkGenesis(genesis: Genesis): void {
  checkSorted(genesis.replicas, 'replicas');
  checkSorted(genesis.supervisors, 'supervisors');
  checkKeysDiffer(genesis);
  checkAddressesDiffer(genesis.replicas);
  checkPolicy(genesis);
  checkLimits(genesis.limits);
  checkEncodes(genesis);
  checkNames(genesis);
}

/** The number of replicas (n), of faulty ones tolerated (f) and of a quorum (q = n-f): PROTOCOL.md, rules, 1. */
export interface QuorumSizes {
  readonly n: number;
  readonly f: number;
  readonly q: number;
}

/** The quorum sizes of `n` replicas. */
export function quorumSizes(n: number): QuorumSizes {
  const f = Math.floor((n - 1) / 3);
  return { n, f, q: n - f };
}

function byPublicKey(left: { publicKey: Hex }, right: { publicKey: Hex }): number {
  return left.publicKey < right.publicKey ? -1 : left.publicKey > right.publicKey ? 1 : 0;
}

function checkSorted(members: readonly { readonly publicKey: Hex }[], at: string): void {
  const sorted = members.toSorted(byPublicKey);
  if (members.some((member, index) => member !== sorted[index])) {
    throw new CountersignError('genesis.invalid', { at, problem: 'must be sorted by public key' });
  }
}

/** Members are told apart by their names, so no name may hide anything. */
function checkNames({ name, replicas, supervisors }: Genesis): void {
  assertName(name);
  for (const member of [...replicas, ...supervisors]) {
    assertName(member.name);
    assertName(member.organisation);
  }
}

function checkKeysDiffer(genesis: Genesis): void {
  const seen = new Map<Hex, string>();
  const members = [
    ...genesis.replicas.map(({ publicKey }, index) => ({ publicKey, at: `replicas[${String(index)}]` })),
    ...genesis.supervisors.map(({ publicKey }, index) => ({
      publicKey,
      at: `supervisors[${String(index)}]`,
    })),
  ];
  for (const { publicKey, at } of members) {
    const first = seen.get(publicKey);
    if (first !== undefined) {
      throw new CountersignError('genesis.duplicateKey', { key: publicKey, first, second: at });
    }
    seen.set(publicKey, at);
  }
}

function checkAddressesDiffer(replicas: readonly GenesisReplica[]): void {
  const seen = new Map<string, number>();
  for (const [index, { host, port }] of replicas.entries()) {
    const address = `${host}:${String(port)}`;
    const first = seen.get(address);
    if (first !== undefined) {
      throw new CountersignError('genesis.invalid', {
        at: `replicas[${String(index)}]`,
        problem: `has the address ${address} of replicas[${String(first)}]`,
      });
    }
    seen.set(address, index);
  }
}

function checkEncodes(genesis: Genesis): void {
  try {
    encode(genesisCodec, genesis);
  } catch (error) {
    if (!hasCode(error, 'encoding.invalid')) throw error;
    throw new CountersignError('genesis.invalid', error.data, { cause: error });
  }
}

function checkPolicy({ policy, supervisors }: Genesis): void {
  const problem = policyProblem(policy, supervisors.length);
  if (problem !== undefined)
    throw new CountersignError('genesis.invalid', { at: 'policy.threshold', problem });
}

function checkLimits(limits: GenesisLimits): void {
  const fail = (name: keyof GenesisLimits, problem: string): never => {
    throw new CountersignError('genesis.invalid', { at: `limits.${name}`, problem });
  };
  const REQUEST_BYTES_MIN = 1_024;
  if (limits.maxRequestBytes < REQUEST_BYTES_MIN) fail('maxRequestBytes', 'must be at least 1024');
  if (limits.maxBlockRequests < 1) fail('maxBlockRequests', 'must be at least 1');
  if (limits.maxBlockBytes < limits.maxRequestBytes)
    fail('maxBlockBytes', 'must be at least maxRequestBytes');
  if (limits.checkpointDistance < 1) fail('checkpointDistance', 'must be at least 1');
  if (limits.maxRequestAgeMs < 1) fail('maxRequestAgeMs', 'must be at least 1');
}

/** The window L: how far above its stable checkpoint a replica accepts blocks (PROTOCOL.md, rules A1 and G2). */
export function windowOf({ checkpointDistance }: Pick<GenesisLimits, 'checkpointDistance'>): number {
  return 2 * checkpointDistance;
}
