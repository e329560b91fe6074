/**
 * Replicas that speak the real protocol over real sockets and say what a test tells them to, and a client of theirs.
 * @module
 */
import * as ed25519 from '@noble/ed25519';
import { onTestFinished } from 'vitest';
import { HANDSHAKE_DOMAIN, digest } from '../../../src/main/ledger/hash.ts';
import { SupervisorClient } from '../../../src/main/client/supervisorClient.ts';
import type { Progress } from '../../../src/main/client/tracking.ts';
import {
  decodeMessage,
  encodeMessage,
  toClientCodec,
  toReplicaCodec,
  type ToClientMessage,
  type ToReplicaMessage,
} from '../../../src/main/consensus/messages.ts';
import { networkIdOf } from '../../../src/main/ledger/genesis.ts';
import { decodeRequest, type SignedRequest } from '../../../src/main/ledger/request.ts';
import { peersOf } from '../../../src/main/network/genesisPeers.ts';
import { ReplicaNetwork } from '../../../src/main/network/index.ts';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import type { PlainError } from '../../../src/shared/errors.ts';
import { makeGenesis, makeRequest, type TestNetwork } from '../../support/ledger.ts';
import { verify } from '../network/harness.ts';
import { freePorts } from '../../support/freePorts.ts';

const BYTES_MAX = 8 * 1024 * 1024;

/** Answers whoever sent the message. */
type Say = (message: ToClientMessage | Uint8Array) => void;

export type Behaviour = (message: ToReplicaMessage, say: Say) => void;

export class FakeReplica {
  readonly received: ToReplicaMessage[] = [];
  behave: Behaviour = () => undefined;
  readonly #network: TestNetwork;
  readonly #index: number;
  readonly #clients = new Set<number>();
  #sockets: ReplicaNetwork | null = null;

  constructor(network: TestNetwork, index: number) {
    this.#network = network;
    this.#index = index;
  }

  async start(): Promise<void> {
    const { genesis, networkId, replicaSeeds } = this.#network;
    const peers = peersOf(genesis);
    const { host, port, publicKey } = peers[this.#index]!;
    const sockets = new ReplicaNetwork({
      networkId,
      identity: {
        publicKey,
        prove: (content) =>
          toHex(ed25519.sign(digest(HANDSHAKE_DOMAIN, content), replicaSeeds[this.#index]!)),
      },
      ownIndex: this.#index,
      peers,
      listen: { host, port },
      verify,
      onPeerMessage: () => undefined,
      onPeerUp: () => undefined,
      onPeerDown: () => undefined,
      onRefused: () => undefined,
      onClientUp: (id) => this.#clients.add(id),
      onClientDown: (id) => this.#clients.delete(id),
      onClientMessage: (id, bytes) => {
        const message = decodeMessage(toReplicaCodec, bytes, BYTES_MAX);
        this.received.push(message);
        this.behave(message, (answer) => this.#send(id, answer));
      },
    });
    await sockets.start();
    this.#sockets = sockets;
  }

  /** Says something to all clients, unasked. */
  say(message: ToClientMessage | Uint8Array): void {
    for (const id of this.#clients) this.#send(id, message);
  }

  async stop(): Promise<void> {
    await this.#sockets?.close();
    this.#sockets = null;
  }

  /** What has been received of one kind. */
  of<T extends ToReplicaMessage['type']>(type: T): Extract<ToReplicaMessage, { type: T }>[] {
    return this.received.filter(
      (message): message is Extract<ToReplicaMessage, { type: T }> => message.type === type,
    );
  }

  #send(id: number, message: ToClientMessage | Uint8Array): void {
    const bytes = message instanceof Uint8Array ? message : encodeMessage(toClientCodec, message);
    this.#sockets?.sendToClient(id, bytes);
  }
}

export interface Stage {
  readonly network: TestNetwork;
  readonly replicas: readonly FakeReplica[];
  readonly client: SupervisorClient;
  /** What the client told, in order. */
  readonly told: Progress[];
  readonly badMessages: { replica: number; error: PlainError }[];
  /** A new request of this network. */
  request(title?: string): SignedRequest;
}

/** Four replicas, of which `running` run, and a client that is connected with those. */
export async function stage(running: readonly number[] = [0, 1, 2, 3]): Promise<Stage> {
  const base = makeGenesis();
  const ports = await freePorts(base.genesis.replicas.length);
  const genesis = {
    ...base.genesis,
    replicas: base.genesis.replicas.map((replica, index) => ({ ...replica, port: ports[index]! })),
  };
  const network = { ...base, genesis, networkId: networkIdOf(genesis) };
  const replicas = genesis.replicas.map((_, index) => new FakeReplica(network, index));
  const told: Progress[] = [];
  const badMessages: Stage['badMessages'] = [];
  const client = new SupervisorClient({
    genesis,
    verify,
    onProgress: (progress) => told.push(progress),
    onBadMessage: (replica, error) => badMessages.push({ replica, error }),
  });
  onTestFinished(async () => {
    await client.close();
    await Promise.all(replicas.map(async (replica) => await replica.stop()));
  });
  for (const index of running) await replicas[index]!.start();
  client.start();
  while (client.connectedCount < running.length) await turn();
  const request = (title = 'Report'): SignedRequest =>
    makeRequest(network, { timestampMs: genesis.createdAtMs, title });
  return { network, replicas, client, told, badMessages, request };
}

/** Waits until something holds, whatever the clocks say: timers may stand still. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** The id of the request in a message. */
export function idOf(message: ToReplicaMessage): string {
  return message.type === 'request' ? decodeRequest(message.request, BYTES_MAX).id : '';
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
