/**
 * Where replicas say that they stand, whoever takes part now: asked one by one, by their keys.
 * @module
 */
import {
  decodeMessage,
  encodeMessage,
  toClientCodec,
  toReplicaCodec,
  type StatusMessage,
} from '../../../src/main/consensus/messages.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import { ClientNetwork, type PeerEntry } from '../../../src/main/network/index.ts';

/** Largest answer, in bytes: a status is far smaller. */
const ANSWER_BYTES_MAX = 64 * 1024;
const PAUSE_MS = 100;

export class Standings {
  readonly #network: ClientNetwork;
  readonly #said = new Map<number, StatusMessage>();
  readonly #replicas: readonly PeerEntry[];

  /** Asks these replicas of the network `networkId`, until `close`. */
  constructor(networkId: string, replicas: readonly PeerEntry[]) {
    this.#replicas = replicas.toSorted((left, right) => (left.publicKey < right.publicKey ? -1 : 1));
    this.#network = new ClientNetwork({
      networkId,
      replicas: this.#replicas.map((replica, index) => ({ ...replica, index })),
      verify: async (signature, digest, publicKey) =>
        await Promise.resolve(verifySync({ signature, digest, publicKey })),
      onMessage: (index, bytes) => {
        const message = decodeMessage(toClientCodec, bytes, ANSWER_BYTES_MAX);
        if (message.type === 'status') this.#said.set(index, message);
      },
      onUp: () => undefined,
      onDown: (index) => this.#said.delete(index),
    });
    this.#network.start();
  }

  /** Waits until all have said what `isWanted` wants of all together. */
  async until(isWanted: (said: readonly StatusMessage[]) => boolean, timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      const said = [...this.#said.values()];
      if (said.length === this.#replicas.length && isWanted(said)) return;
      if (Date.now() > deadlineMs) throw new Error(`they say: ${JSON.stringify([...this.#said])}`);
      this.#network.broadcast(encodeMessage(toReplicaCodec, { type: 'getStatus' }));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Waits until they all take part, at one stable height which is that of their tips. */
  async inStep(timeoutMs: number): Promise<void> {
    await this.until(
      (said) =>
        new Set(said.flatMap(({ tipHeight, stableHeight }) => [tipHeight, stableHeight])).size === 1 &&
        said.every(({ participating }) => participating),
      timeoutMs,
    );
  }

  async close(): Promise<void> {
    await this.#network.close();
  }
}
