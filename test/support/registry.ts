/**
 * Signed changes of a registry for tests.
 * @module
 */
import * as ed25519 from '@noble/ed25519';
import { possessionDigest } from '../../src/main/ledger/registry/codec.ts';
import {
  requestId,
  requestSigningDigest,
  signedRequest,
  type SignedRequest,
} from '../../src/main/ledger/request.ts';
import type { RegistryAction, RegistryChange } from '../../src/shared/domain/registry.ts';
import { toHex, type Hex } from '../../src/shared/encoding/hex.ts';
import type { TestNetwork } from './ledger.ts';

/** A key pair that is in no genesis. */
export interface NewKey {
  readonly seed: Uint8Array;
  readonly publicKey: Hex;
}

export function newKey(number: number): NewKey {
  const seed = new Uint8Array(32).fill(0x33);
  new DataView(seed.buffer).setUint32(0, number + 1);
  return { seed, publicKey: toHex(ed25519.getPublicKey(seed)) };
}

/** The proof that the key is its owner's. */
export function proofOf({ networkId }: TestNetwork, { seed, publicKey }: NewKey): Hex {
  return toHex(ed25519.sign(possessionDigest(networkId, publicKey), seed));
}

/** The proposal to register the key as a supervisor. */
export function addSupervisor(network: TestNetwork, key: NewKey, name = 'new'): RegistryChange {
  const supervisor = { name, organisation: 'organisation', publicKey: key.publicKey };
  return { kind: 'addSupervisor', supervisor, proof: proofOf(network, key) };
}

/** The action as a request, signed with `seed`. */
export function registryRequest(
  { networkId }: TestNetwork,
  seed: Uint8Array,
  action: RegistryAction,
  timestampMs: number,
): SignedRequest {
  const supervisor = toHex(ed25519.getPublicKey(seed));
  const draft = {
    networkId,
    timestampMs,
    supervisor,
    payload: { kind: 'registry', remark: '', action },
  } as const;
  return signedRequest(draft, toHex(ed25519.sign(requestSigningDigest(networkId, requestId(draft)), seed)));
}

/** The requests that admit another replica where two supervisors decide: a proposal, and its approval. */
export function changeOfReplicas(
  network: TestNetwork,
  key: NewKey = newKey(1),
  timestampMs = network.genesis.createdAtMs,
): readonly [proposal: SignedRequest, approval: SignedRequest] {
  const [one, other] = network.supervisorSeeds as [Uint8Array, Uint8Array];
  const replica = {
    name: 'fifth',
    organisation: '',
    host: '127.0.0.1',
    port: 40_099,
    publicKey: key.publicKey,
  };
  const change = { kind: 'addReplica', replica, proof: proofOf(network, key) } as const;
  const proposal = registryRequest(network, one, { type: 'propose', change }, timestampMs);
  const action = { type: 'approve', proposalId: proposal.id } as const;
  return [proposal, registryRequest(network, other, action, timestampMs)];
}
