/** Real replicas and clients on loopback, with libsodium's signatures. */
import { randomBytes } from 'node:crypto';
import sodium from 'sodium-native';
import { onTestFinished } from 'vitest';
import { HANDSHAKE_DOMAIN, digest as hash } from '../../../src/main/ledger/hash.ts';
import { fromHex, toHex, type Hex } from '../../../src/shared/encoding/hex.ts';
import type { PlainError } from '../../../src/shared/errors.ts';
import {
  ClientNetwork,
  ReplicaNetwork,
  type ClientNetworkOptions,
  type PeerAddress,
  type ReplicaIdentity,
  type ReplicaNetworkOptions,
  type Verify,
} from '../../../src/main/network/index.ts';
import { freePorts } from '../../support/freePorts.ts';

export const HOST = '127.0.0.1';
export const NETWORK_ID: Hex = '4e'.repeat(32);

/** A new ed25519 key. */
export function newIdentity(): ReplicaIdentity {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  sodium.crypto_sign_keypair(publicKey, secretKey);
  return {
    publicKey: toHex(publicKey),
    prove: (content) => {
      const digest = hash(HANDSHAKE_DOMAIN, content);
      const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
      sodium.crypto_sign_detached(signature, Buffer.from(digest), secretKey);
      return toHex(signature);
    },
  };
}

export const verify: Verify = async (signature, digest, publicKey) =>
  sodium.crypto_sign_verify_detached(
    Buffer.from(fromHex(signature)),
    Buffer.from(digest),
    Buffer.from(fromHex(publicKey)),
  );

/** A peer book of `count` new replicas on free ports, with their keys in the same order. */
export async function newBook(
  count: number,
): Promise<{ peers: PeerAddress[]; identities: ReplicaIdentity[] }> {
  const ports = await freePorts(count);
  const identities = ports.map(newIdentity).sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1));
  const peers = identities.map(({ publicKey }, index) => ({
    index,
    publicKey,
    name: `replica ${index}`,
    host: HOST,
    port: ports[index]!,
  }));
  return { peers, identities };
}

type Told =
  | { kind: 'peerUp'; index: number }
  | { kind: 'peerDown'; index: number; error: PlainError }
  | { kind: 'peerMessage'; index: number; bytes: Uint8Array }
  | { kind: 'clientUp'; id: number }
  | { kind: 'clientDown'; id: number; error: PlainError }
  | { kind: 'clientMessage'; id: number; bytes: Uint8Array }
  | { kind: 'refused'; address: string; error: PlainError }
  | { kind: 'dialFailed'; index: number; error: PlainError };

/** Everything a network has told, in order; `next` waits for what is still to come. */
export class Events {
  readonly all: Told[] = [];
  #waiting: (() => void)[] = [];

  push(event: Told): void {
    this.all.push(event);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  of<K extends Told['kind']>(kind: K): Extract<Told, { kind: K }>[] {
    return this.all.filter((event): event is Extract<Told, { kind: K }> => event.kind === kind);
  }

  /** The event of this kind number `nth` (from 1), once it has come. */
  async nth<K extends Told['kind']>(kind: K, nth = 1): Promise<Extract<Told, { kind: K }>> {
    await this.until(() => this.of(kind).length >= nth);
    return this.of(kind)[nth - 1]!;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** Waits for what nobody announces. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export type TestReplica = { network: ReplicaNetwork; events: Events };

type ReplicaSetup = Pick<ReplicaNetworkOptions, 'peers' | 'ownIndex' | 'identity'> &
  Partial<ReplicaNetworkOptions>;

/** A replica that listens, and is closed with the test. Dials again fast. */
export async function startReplica(setup: ReplicaSetup): Promise<TestReplica> {
  const events = new Events();
  const { host, port } = setup.listen ?? setup.peers[setup.ownIndex]!;
  const network = new ReplicaNetwork({
    networkId: NETWORK_ID,
    listen: { host, port },
    verify,
    onPeerMessage: (index, bytes) => events.push({ kind: 'peerMessage', index, bytes }),
    onClientMessage: (id, bytes) => events.push({ kind: 'clientMessage', id, bytes }),
    onPeerUp: (index) => events.push({ kind: 'peerUp', index }),
    onPeerDown: (index, error) => events.push({ kind: 'peerDown', index, error }),
    onClientUp: (id) => events.push({ kind: 'clientUp', id }),
    onClientDown: (id, error) => events.push({ kind: 'clientDown', id, error }),
    onRefused: ({ address, error }) => events.push({ kind: 'refused', address, error }),
    log: (event) => {
      if (event.kind === 'dialFailed') events.push(event);
    },
    ...setup,
    limits: { reconnectMinMs: 10, reconnectMaxMs: 100, ...setup.limits },
  });
  onTestFinished(() => network.close());
  await network.start();
  return { network, events };
}

/** All replicas of a book, connected with each other. */
export async function startCluster(
  count: number,
  limits: ReplicaNetworkOptions['limits'] = {},
): Promise<{ peers: PeerAddress[]; identities: ReplicaIdentity[]; replicas: TestReplica[] }> {
  const { peers, identities } = await newBook(count);
  const replicas = await Promise.all(
    identities.map((identity, ownIndex) => startReplica({ peers, ownIndex, identity, limits })),
  );
  await Promise.all(replicas.map(({ events }) => events.nth('peerUp', count - 1)));
  return { peers, identities, replicas };
}

/** A client that dials, and is closed with the test. Dials again fast. */
export function startClient(setup: Pick<ClientNetworkOptions, 'replicas'> & Partial<ClientNetworkOptions>): {
  network: ClientNetwork;
  events: Events;
} {
  const events = new Events();
  const network = new ClientNetwork({
    networkId: NETWORK_ID,
    verify,
    onMessage: (index, bytes) => events.push({ kind: 'peerMessage', index, bytes }),
    onUp: (index) => events.push({ kind: 'peerUp', index }),
    onDown: (index, error) => events.push({ kind: 'peerDown', index, error }),
    log: (event) => {
      if (event.kind === 'dialFailed') events.push(event);
    },
    ...setup,
    limits: { reconnectMinMs: 10, reconnectMaxMs: 100, ...setup.limits },
  });
  onTestFinished(() => network.close());
  network.start();
  return { network, events };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export { randomBytes };
