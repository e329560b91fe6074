/**
 * Real networks, requests, blocks and certificates for tests, from fixed seeds: equal calls give equal bytes.
 * @module
 */
import * as ed25519 from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import type { AcceptedBlock, StableCheckpoint } from '../../src/main/consensus/effects.ts';
import {
  epochAfter,
  genesisHeader,
  hashed,
  type Block,
  type HashedHeader,
} from '../../src/main/ledger/block.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_POLICY,
  checkGenesis,
  networkIdOf,
  quorumSizes,
  type Genesis,
  type GenesisLimits,
} from '../../src/main/ledger/genesis.ts';
import { evidenceDigest, type Evidence } from '../../src/main/ledger/evidence.ts';
import type { RegistrationParts } from '../../src/main/ledger/registration.ts';
import type { Registry } from '../../src/main/ledger/registry/registry.ts';
import { merkleRoot } from '../../src/main/ledger/merkle.ts';
import { requestId, requestSigningDigest, signedRequest } from '../../src/main/ledger/request.ts';
import type { Draft, SignedRequest } from '../../src/main/ledger/request.ts';
import { LedgerState } from '../../src/main/ledger/state.ts';
import { statementDigest } from '../../src/main/ledger/statement.ts';
import type { CheckpointCertificate, CommitCertificate, Statement } from '../../src/main/ledger/statement.ts';
import type { RegistryPolicy } from '../../src/shared/domain/registry.ts';
import { toHex, type Hex } from '../../src/shared/encoding/hex.ts';

ed25519.hashes.sha512 = sha512;

/** A fixed moment: 2026-01-01T00:00:00Z. */
export const GENESIS_TIME_MS = 1_767_225_600_000;

/** A network and the secret seeds of all its keys, in the order of the genesis. */
export interface TestNetwork {
  readonly genesis: Genesis;
  readonly networkId: Hex;
  readonly replicaSeeds: readonly Uint8Array[];
  readonly supervisorSeeds: readonly Uint8Array[];
}

interface KeyPair {
  readonly seed: Uint8Array;
  readonly publicKey: Hex;
}

/** `count` key pairs, sorted by public key as a genesis lists them. `kind` keeps replicas and supervisors apart. */
function keyPairs(kind: number, count: number): KeyPair[] {
  return Array.from({ length: count }, (_, index) => {
    const seed = new Uint8Array(32).fill(kind);
    new DataView(seed.buffer).setUint32(0, index + 1);
    return { seed, publicKey: toHex(ed25519.getPublicKey(seed)) };
  }).toSorted((left, right) => (left.publicKey < right.publicKey ? -1 : 1));
}

/** A valid genesis with `replicas` replicas and `supervisors` supervisors. */
export function makeGenesis(
  options: {
    readonly replicas?: number;
    readonly supervisors?: number;
    readonly policy?: Partial<RegistryPolicy>;
    readonly limits?: Partial<GenesisLimits>;
    readonly name?: string;
  } = {},
): TestNetwork {
  const replicas = keyPairs(0x11, options.replicas ?? 4);
  const supervisors = keyPairs(0x22, options.supervisors ?? 2);
  const genesis: Genesis = {
    name: options.name ?? 'test network',
    createdAtMs: GENESIS_TIME_MS,
    replicas: replicas.map(({ publicKey }, index) => ({
      name: `replica ${String(index)}`,
      organisation: `organisation ${String(index)}`,
      publicKey,
      host: '127.0.0.1',
      port: 40_000 + index,
    })),
    supervisors: supervisors.map(({ publicKey }, index) => ({
      name: `supervisor ${String(index)}`,
      organisation: `organisation ${String(index)}`,
      publicKey,
    })),
    policy: { ...DEFAULT_POLICY, ...options.policy },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
  checkGenesis(genesis);
  return {
    genesis,
    networkId: networkIdOf(genesis),
    replicaSeeds: replicas.map(({ seed }) => seed),
    supervisorSeeds: supervisors.map(({ seed }) => seed),
  };
}

/** A signed request: a decision on one file. Another `title` or `timestampMs` makes another request. */
export function makeRequest(
  network: TestNetwork,
  options: {
    readonly timestampMs: number;
    readonly title?: string;
    readonly remark?: string;
    /** Index of the supervisor in the genesis. */
    readonly supervisor?: number;
  },
): SignedRequest {
  const supervisor = options.supervisor ?? 0;
  const draft: Draft = {
    networkId: network.networkId,
    timestampMs: options.timestampMs,
    supervisor: network.genesis.supervisors[supervisor]!.publicKey,
    payload: {
      kind: 'document',
      title: options.title ?? 'Report',
      decision: 'approved',
      remark: options.remark ?? '',
      files: [{ name: 'report.pdf', mediaType: 'application/pdf', sizeBytes: 1, sha256: 'ab'.repeat(32) }],
    },
  };
  const digest = requestSigningDigest(network.networkId, requestId(draft));
  return signedRequest(draft, toHex(ed25519.sign(digest, network.supervisorSeeds[supervisor]!)));
}

/** The block with `requests` that follows `parent`. `state` is the one after `parent`, and stays so. */
export function makeBlock(
  parent: HashedHeader,
  state: LedgerState,
  requests: readonly SignedRequest[],
  timeMs: number,
  evidence: readonly Evidence[] = [],
): Block {
  const header = hashed({
    epoch: epochAfter(parent),
    height: parent.height + 1,
    previousHash: parent.hash,
    timeMs,
    requestCount: requests.length,
    requestsRoot: merkleRoot(requests.map(({ id }) => id)),
    evidenceDigest: evidenceDigest(evidence),
    ...state.outcomeOf(requests),
  });
  return { header, requests, evidence };
}

/** `statement`, signed by the replica with the index `replica`. */
export function signStatement(network: TestNetwork, replica: number, statement: Statement): Hex {
  return toHex(ed25519.sign(statementDigest(network.networkId, statement), network.replicaSeeds[replica]!));
}

function quorumOf(network: TestNetwork, statement: Statement) {
  const { q } = quorumSizes(network.genesis.replicas.length);
  return Array.from({ length: q }, (_, replica) => ({
    replica,
    signature: signStatement(network, replica, statement),
  }));
}

/** A valid commit certificate for the block of `header`. */
export function makeCommitCertificate(
  network: TestNetwork,
  header: HashedHeader,
  view: number,
): CommitCertificate {
  const { epoch, height, hash } = header;
  const fields = { epoch, view, height, hash };
  return { ...fields, signatures: quorumOf(network, { type: 'localCommit', ...fields }) };
}

/** A valid checkpoint certificate for the block of `header`. */
export function makeCheckpointCertificate(
  network: TestNetwork,
  header: HashedHeader,
  view: number,
): CheckpointCertificate {
  const { epoch, height, hash, stateDigest } = header;
  const fields = { epoch, view, height, hash, stateDigest };
  return { ...fields, signatures: quorumOf(network, { type: 'checkpointVote', ...fields }) };
}

/** A chain that grows and shrinks, with the state at its tip. */
export class TestChain {
  readonly network: TestNetwork;
  readonly state: LedgerState;
  readonly #headers: HashedHeader[];
  readonly #registries: Registry[];
  #requests = 0;

  constructor(network: TestNetwork) {
    this.network = network;
    this.state = new LedgerState(network.genesis);
    this.#headers = [genesisHeader(network.genesis, this.state.digest)];
    this.#registries = [this.state.registry];
  }

  /** The header at `height`; at the tip unless given. */
  header(height = this.#headers.length - 1): HashedHeader {
    return this.#headers[height]!;
  }

  /** The state after the block at `height`, for the receipts of the block above. Not below what was settled. */
  stateAt(height: number): RegistrationParts {
    const registry = this.#registries[height]!;
    return { parent: this.header(height), values: this.state.valuesAt(height), registry };
  }

  /** The registry after the block at `height`. */
  registryAt(height: number): Registry {
    return this.#registries[height]!;
  }

  /** New requests of whoever is registered now, whose keys this network may not know: their signatures are no good. */
  requestsOfAnybody(count: number): SignedRequest[] {
    const [supervisor] = this.state.registry.members.supervisors.keys();
    return this.requests(count).map(({ signature, ...draft }) =>
      signedRequest({ ...draft, supervisor: supervisor! }, signature),
    );
  }

  /** New requests, each different from all before, just younger than the next block. */
  requests(count: number, remark = ''): SignedRequest[] {
    const timestampMs = this.header().timeMs;
    return Array.from({ length: count }, () => {
      this.#requests += 1;
      const title = `Report ${String(this.#requests)}`;
      const supervisor = this.#requests % this.network.supervisorSeeds.length;
      return makeRequest(this.network, { timestampMs, title, remark, supervisor });
    });
  }

  /** Adds a block with these requests, or this number of new ones, ordered and signed by the primary of `view`. */
  append(
    requests: readonly SignedRequest[] | number = 1,
    view = 0,
    timeStepMs = 1_000,
    evidence: readonly Evidence[] = [],
  ): AcceptedBlock {
    const parent = this.header();
    const chosen = typeof requests === 'number' ? this.requests(requests) : requests;
    const block = makeBlock(parent, this.state, chosen, parent.timeMs + timeStepMs, evidence);
    this.state.execute(block);
    this.#headers.push(block.header);
    this.#registries.push(this.state.registry);
    const { epoch, height, hash } = block.header;
    const primary = view % this.network.replicaSeeds.length;
    const signature = signStatement(this.network, primary, { type: 'order', epoch, view, height, hash });
    return { block, order: { view, signature } };
  }

  /** Takes the blocks above `height` away. */
  rollback(height: number): void {
    while (this.header().height > height) {
      this.state.undo();
      this.#headers.pop();
      this.#registries.pop();
    }
  }

  /** A certified stable checkpoint at `height`. */
  checkpoint(height = this.header().height, view = 0): StableCheckpoint {
    const header = this.header(height);
    const certificate = makeCheckpointCertificate(this.network, header, view);
    return { height, hash: header.hash, certificate, ...this.state.valuesAt(height) };
  }
}
