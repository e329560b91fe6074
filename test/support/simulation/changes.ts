/**
 * Supervisors who change the registry while a run goes on, the set of replicas above all: one proposes, the other approves, and when a change has
 * taken effect the next is proposed.
 * @module
 */
import { possessionDigest } from '../../../src/main/ledger/registry/codec.ts';
import {
  requestId,
  requestSigningDigest,
  signedRequest,
  type Draft,
  type SignedRequest,
} from '../../../src/main/ledger/request.ts';
import type { RegistryAction, RegistryChange, ReplicaEntry } from '../../../src/shared/domain/registry.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import type { Simulation } from '../simulation.ts';
import type { Sent } from './client.ts';

/** A change of the set of replicas, by their places, or of what begins no epoch: a supervisor's name, the policy. */
export interface PlannedChange {
  /** Not before. */
  readonly atMs: number;
  readonly kind: 'add' | 'remove' | 'rotate' | 'update' | 'rename' | 'policy';
  /** Who is admitted, removed, renewed or moved; nobody where a supervisor or the policy is changed. */
  readonly replica: number;
  /** Of a `rotate`: who goes on in its place. */
  readonly next?: number;
}

/** How often it is looked whether the next step may be taken, in milliseconds. */
const LOOK_MS = 10;

export class Changes {
  readonly #simulation: Simulation;
  readonly #waiting: PlannedChange[];
  #proposal: Sent | null = null;
  #approval: Sent | null = null;
  /** Counts what is new each time: addresses, names. */
  #moves = 0;

  constructor(simulation: Simulation, planned: readonly PlannedChange[]) {
    this.#simulation = simulation;
    this.#waiting = [...planned];
    this.#look();
  }

  /** Changes that have not taken effect. */
  get left(): number {
    return this.#waiting.length;
  }

  #look(): void {
    const [change] = this.#waiting;
    if (change === undefined) return;
    const { agenda } = this.#simulation;
    if (this.#proposal === null) {
      if (agenda.nowMs >= change.atMs) {
        this.#proposal = this.#submit(0, { type: 'propose', change: this.#changeOf(change) });
      }
    } else if (this.#approval === null) {
      const { finality, request } = this.#proposal;
      if (finality !== null) this.#approval = this.#submit(1, { type: 'approve', proposalId: request.id });
    } else if (this.#approval.finality !== null) {
      this.#waiting.shift();
      this.#proposal = null;
      this.#approval = null;
    }
    agenda.plan(LOOK_MS, () => this.#look());
  }

  #changeOf({ kind, replica, next }: PlannedChange): RegistryChange {
    const { nodes, network } = this.#simulation;
    const { publicKey } = nodes[replica]!;
    switch (kind) {
      case 'add':
        return { kind: 'addReplica', replica: this.#entryOf(replica), proof: this.#proofOf(replica) };
      case 'remove':
        return { kind: 'removeReplica', publicKey };
      case 'update':
        return { kind: 'updateReplica', replica: this.#entryOf(replica) };
      case 'rotate': {
        const newPublicKey = nodes[next!]!.publicKey;
        return { kind: 'rotateReplica', publicKey, newPublicKey, proof: this.#proofOf(next!) };
      }
      case 'rename': {
        const supervisor = network.genesis.supervisors[1]!.publicKey;
        const name = `supervisor ${String(this.#moves++)}`;
        return { kind: 'renameSupervisor', publicKey: supervisor, name, organisation: '' };
      }
      case 'policy': {
        // Never so short that a change expires before it is approved.
        const proposalBlocks = 1_000 + this.#moves++;
        return { kind: 'setPolicy', policy: { threshold: 2, proposalBlocks } };
      }
    }
  }

  /** At an address where nobody has been. */
  #entryOf(replica: number): ReplicaEntry {
    const { publicKey } = this.#simulation.nodes[replica]!;
    const name = `replica ${String(replica)}`;
    return { name, organisation: '', publicKey, host: '127.0.0.1', port: 50_000 + this.#moves++ };
  }

  #proofOf(replica: number): Hex {
    const { nodes, edge, network } = this.#simulation;
    const { publicKey, seed } = nodes[replica]!;
    return edge.signatures.sign(seed, possessionDigest(network.networkId, publicKey));
  }

  #submit(supervisor: number, action: RegistryAction): Sent {
    const simulation = this.#simulation;
    const request = this.#requestOf(supervisor, action);
    simulation.transcript.nameRequest(
      request.id,
      action.type === 'propose' ? `the proposal ${action.change.kind}` : 'the approval',
    );
    return simulation.client.submit(request);
  }

  #requestOf(supervisor: number, action: RegistryAction): SignedRequest {
    const { network, edge, trueTimeMs } = this.#simulation;
    const draft: Draft = {
      networkId: network.networkId,
      timestampMs: trueTimeMs,
      supervisor: network.genesis.supervisors[supervisor]!.publicKey,
      payload: { kind: 'registry', remark: '', action },
    };
    const digest = requestSigningDigest(network.networkId, requestId(draft));
    return signedRequest(draft, edge.signatures.sign(network.supervisorSeeds[supervisor]!, digest));
  }
}
