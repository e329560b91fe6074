/**
 * The registry of public keys and how it changes, as the console and the ledger both know it (PRODUCT.md, "registry
 * change"): a supervisor proposes a change, others approve it, and it takes effect when enough have.
 * @module
 */
import type { Hex } from '../encoding/hex.ts';

/** A supervisor whose signature makes requests valid. */
export interface SupervisorEntry {
  readonly name: string;
  readonly organisation: string;
  readonly publicKey: Hex;
}

/** A replica that takes part in agreement. */
export interface ReplicaEntry {
  readonly name: string;
  readonly organisation: string;
  readonly publicKey: Hex;
  readonly host: string;
  readonly port: number;
}

/** Who may change the registry, and for how long a proposal can be approved. */
export interface RegistryPolicy {
  /**
   * Supervisors that must approve a change, its proposer among them; `null` for a majority of those registered.
   * Where there are two supervisors or more, two are needed at least, whatever it says.
   */
  readonly threshold: number | null;
  /** Blocks after that of its proposal during which a change can be approved. */
  readonly proposalBlocks: number;
}

/**
 * A change of the registry. `proof` is the signature of the new key over itself and the network, so that nobody can
 * register a key that is not theirs.
 */
export type RegistryChange =
  | { readonly kind: 'addSupervisor'; readonly supervisor: SupervisorEntry; readonly proof: Hex }
  | { readonly kind: 'revokeSupervisor'; readonly publicKey: Hex }
  | {
      readonly kind: 'renameSupervisor';
      readonly publicKey: Hex;
      readonly name: string;
      readonly organisation: string;
    }
  /** Proposed by the supervisor itself: the old key signs the new one. */
  | {
      readonly kind: 'rotateSupervisor';
      readonly publicKey: Hex;
      readonly newPublicKey: Hex;
      readonly proof: Hex;
    }
  | { readonly kind: 'addReplica'; readonly replica: ReplicaEntry; readonly proof: Hex }
  | { readonly kind: 'removeReplica'; readonly publicKey: Hex }
  /** Another name, organisation or address for the same key. */
  | { readonly kind: 'updateReplica'; readonly replica: ReplicaEntry }
  /** Also admits a replica again that has lost its state: never under the old key (PROTOCOL.md, rules, 2). */
  | {
      readonly kind: 'rotateReplica';
      readonly publicKey: Hex;
      readonly newPublicKey: Hex;
      readonly proof: Hex;
    }
  | { readonly kind: 'setPolicy'; readonly policy: RegistryPolicy };

export type RegistryChangeKind = RegistryChange['kind'];

/** What a supervisor does about a change. A proposal is named by the id of the request that made it. */
export type RegistryAction =
  /** Counts as the proposer's approval. */
  | { readonly type: 'propose'; readonly change: RegistryChange }
  | { readonly type: 'approve'; readonly proposalId: Hex }
  /** Of the proposer: ends the proposal. Of another: takes back its own approval. */
  | { readonly type: 'withdraw'; readonly proposalId: Hex };

/** A change of the registry, proposed, approved or withdrawn. */
export interface RegistryPayload {
  readonly kind: 'registry';
  readonly remark: string;
  readonly action: RegistryAction;
}

/** A change that waits for approvals. */
export interface Proposal {
  /** Id of the request that proposed it. */
  readonly id: Hex;
  readonly proposer: Hex;
  readonly change: RegistryChange;
  /** Height of the block that holds the proposal. */
  readonly height: number;
  /** Last height at which it can be approved. */
  readonly lastHeight: number;
  /** Keys of the supervisors that approve, the proposer first. */
  readonly approvals: readonly Hex[];
}

/** The key that a change registers, with the proof that it is its owner's; `null` where it registers none. */
export function newKeyOf(change: RegistryChange): { readonly publicKey: Hex; readonly proof: Hex } | null {
  switch (change.kind) {
    case 'addSupervisor':
      return { publicKey: change.supervisor.publicKey, proof: change.proof };
    case 'addReplica':
      return { publicKey: change.replica.publicKey, proof: change.proof };
    case 'rotateSupervisor':
    case 'rotateReplica':
      return { publicKey: change.newPublicKey, proof: change.proof };
    default:
      return null;
  }
}

/** What can become of a proposal. `waiting`: nothing yet. `impossible`: approved, but what it changes has changed. */
export const PROPOSAL_OUTCOMES = ['waiting', 'applied', 'withdrawn', 'expired', 'impossible'] as const;
