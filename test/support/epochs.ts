/**
 * Chains on which the set of replicas changes, for tests: every epoch ends with a certified block.
 * @module
 */
import type { EpochChange } from '../../src/main/ledger/epochChange.ts';
import { buildReceipt, type Receipt } from '../../src/main/ledger/receipt.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import {
  firstPosition,
  type AcceptedBlock,
  type PersistOperation,
  type StableCheckpoint,
} from '../../src/main/consensus/effects.ts';
import type { RegistryChange, ReplicaEntry } from '../../src/shared/domain/registry.ts';
import type { Hex } from '../../src/shared/encoding/hex.ts';
import { TestChain, makeCheckpointCertificate, makeGenesis, type TestNetwork } from './ledger.ts';
import { newKey, proofOf, registryRequest, type NewKey } from './registry.ts';

/** A new replica with a place of its own. */
export function replicaEntry(key: NewKey, port = 41_000): ReplicaEntry {
  return {
    name: 'new replica',
    organisation: 'organisation',
    publicKey: key.publicKey,
    host: '127.0.0.1',
    port,
  };
}

/** The proposal to add the replica with the key. */
export function addReplica(network: TestNetwork, key: NewKey, port?: number): RegistryChange {
  return { kind: 'addReplica', replica: replicaEntry(key, port), proof: proofOf(network, key) };
}

/** A chain, and what proves the sets of replicas on it. */
export class EpochChain {
  /** As the genesis has it. */
  readonly network: TestNetwork;
  readonly chain: TestChain;
  readonly changes: EpochChange[] = [];
  readonly #seeds = new Map<Hex, Uint8Array>();
  #added: AcceptedBlock[] = [];
  /** The requests of the blocks that `end` has added, by height. */
  readonly #requests = new Map<number, readonly SignedRequest[]>();
  /** The network as it is in each epoch: what it signs is signed by the replicas of that epoch. */
  readonly #networks: TestNetwork[];

  constructor(network: TestNetwork = makeGenesis({ limits: { checkpointDistance: 4 } })) {
    this.network = network;
    this.chain = new TestChain(network);
    this.#networks = [network];
    network.genesis.replicas.forEach(({ publicKey }, index) =>
      this.#seeds.set(publicKey, network.replicaSeeds[index]!),
    );
  }

  get epoch(): number {
    return this.changes.length;
  }

  /** The network with the replicas of `epoch`, and the seeds of their keys. */
  networkOf(epoch = this.epoch): TestNetwork {
    return this.#networks[epoch]!;
  }

  /** Two blocks: `change` is proposed, and approved by all other supervisors but those who are not needed. */
  end(change: RegistryChange, ...keys: readonly NewKey[]): EpochChange {
    for (const { publicKey, seed } of keys) this.#seeds.set(publicKey, seed);
    const { chain } = this;
    const proposal = this.#request(0, { type: 'propose', change });
    this.#append(proposal);
    for (let supervisor = 1; chain.header().nextReplicas === null; supervisor++) {
      this.#append(this.#request(supervisor, { type: 'approve', proposalId: proposal.id }));
    }
    const header = chain.header();
    const { replicas } = chain.state.registry;
    const certificate = makeCheckpointCertificate(this.networkOf(), header, 2);
    const made = { header, certificate, replicas };
    this.changes.push(made);
    this.#networks.push({
      ...this.network,
      genesis: { ...this.network.genesis, replicas },
      replicaSeeds: replicas.map(({ publicKey }) => this.#seeds.get(publicKey)!),
    });
    return made;
  }

  /** A certified stable checkpoint at `height`. */
  checkpoint(height = this.chain.header().height): StableCheckpoint {
    const header = this.chain.header(height);
    const certificate = makeCheckpointCertificate(this.networkOf(header.epoch), header, 1);
    return { height, hash: header.hash, certificate, ...this.chain.state.valuesAt(height) };
  }

  /** What a replica persists when the block at `height` is stable: where it ends its epoch, the next one begins (E2). */
  settle(height = this.chain.header().height): PersistOperation[] {
    const { epoch, nextReplicas } = this.chain.header(height);
    const checkpoint: PersistOperation = { type: 'checkpoint', checkpoint: this.checkpoint(height) };
    if (nextReplicas === null) return [checkpoint];
    return [checkpoint, { type: 'position', position: firstPosition(epoch + 1, height) }];
  }

  /** The receipt of a request in a new block, with `above` blocks between it and its checkpoint. */
  receipt(above = 1): Receipt {
    const { chain } = this;
    const requests = chain.requests(2);
    this.append(requests);
    const { height } = chain.header();
    for (let added = 0; added < above; added++) this.append(1);
    return this.receiptOf(requests, height, above);
  }

  receiptOf(requests: readonly SignedRequest[], height: number, above: number, index = 1): Receipt {
    const { chain } = this;
    const header = chain.header(height);
    return buildReceipt({
      request: requests[index]!,
      header,
      ids: requests.map(({ id }) => id),
      headersAbove: Array.from({ length: above }, (_, offset) => chain.header(height + 1 + offset)),
      certificate: makeCheckpointCertificate(this.networkOf(header.epoch), chain.header(height + above), 5),
      below: chain.stateAt(height - 1),
      registryChanges: this.changes.slice(0, header.epoch),
    });
  }

  /** The requests of a block that `end` has added. */
  requestsOf(height: number): readonly SignedRequest[] {
    return this.#requests.get(height)!;
  }

  /** Adds a block with these requests, or this number of new ones. */
  append(requests: readonly SignedRequest[] | number = 1): AcceptedBlock {
    const accepted = this.chain.append(requests);
    this.#added.push(accepted);
    return accepted;
  }

  /** The blocks that were added since it was last asked. */
  take(): readonly AcceptedBlock[] {
    const added = this.#added;
    this.#added = [];
    return added;
  }

  #append(request: SignedRequest): void {
    this.append([request]);
    this.#requests.set(this.chain.header().height, [request]);
  }

  #request(supervisor: number, action: Parameters<typeof registryRequest>[2]): SignedRequest {
    const seed = this.network.supervisorSeeds[supervisor]!;
    return registryRequest(this.network, seed, action, this.chain.header().timeMs);
  }
}

/** Epoch 1 has a fifth replica; epoch 2 has it in place of the first one. */
export function twoChanges(network?: TestNetwork): EpochChain {
  const epochs = new EpochChain(network);
  const key = newKey(0);
  epochs.append(2);
  epochs.end(addReplica(epochs.network, key), key);
  epochs.append(1);
  const [first] = epochs.network.genesis.replicas;
  epochs.end({ kind: 'removeReplica', publicKey: first!.publicKey });
  return epochs;
}
