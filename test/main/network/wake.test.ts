/** After a sleep: pauses before dialling end at once, dead connections are found at once, and nothing becomes a storm. */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Dialler } from '../../../src/main/network/dialler.ts';
import { Heartbeat } from '../../../src/main/network/heartbeat.ts';
import { DEFAULT_LIMITS } from '../../../src/main/network/limits.ts';
import { PeerLink } from '../../../src/main/network/peerLink.ts';
import {
  HOST,
  NETWORK_ID,
  eventually,
  newBook,
  newIdentity,
  startClient,
  startCluster,
  startReplica,
  verify,
} from './harness.ts';

/** Somebody who hangs up on everybody, and counts. */
class Hangup {
  calls = 0;
  /** Those who are left hanging instead, where that is wanted. */
  readonly hanging: Socket[] = [];
  holds = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      this.calls += 1;
      socket.on('error', () => undefined);
      if (this.holds) this.hanging.push(socket);
      else socket.destroy();
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen({ host: HOST, port: 0 }, () => resolve()));
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.hanging) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('a dialler that is told to try now', () => {
  let hangup: Hangup;
  let dialler: Dialler;
  let link: PeerLink;

  beforeEach(async () => {
    hangup = new Hangup();
    const port = await hangup.listen();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    const { publicKey } = newIdentity();
    const peer = { index: 0, publicKey, name: 'away', host: HOST, port };
    const handlers = { onMessage: () => undefined, onUp: () => undefined, onDown: () => undefined };
    link = new PeerLink(peer, { isDialled: true, counterpart: 'replica' }, DEFAULT_LIMITS, handlers);
    const party = {
      networkId: NETWORK_ID,
      identity: null,
      verify,
      maxHandshakeBytes: DEFAULT_LIMITS.maxHandshakeBytes,
    };
    dialler = new Dialler(
      link,
      party,
      DEFAULT_LIMITS,
      () => 0.5,
      () => undefined,
    );
  });
  afterEach(async () => {
    dialler.close();
    vi.useRealTimers();
    await hangup.close();
  });

  /** Waits, on the real clock, until so many calls have been made, and the last one has failed. */
  async function failed(calls: number): Promise<void> {
    while (hangup.calls < calls || link.status().nextDialAtMs === null) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** How long the pause is that goes on, in milliseconds. */
  function pauseMs(): number {
    return (link.status().nextDialAtMs ?? Number.NaN) - Date.now();
  }

  it('ends its pause at once, and begins again with the shortest', async () => {
    dialler.start();
    await failed(1);
    for (let calls = 2; calls <= 9; calls++) {
      vi.advanceTimersByTime(pauseMs());
      await failed(calls);
    }
    expect(pauseMs()).toBeGreaterThan(DEFAULT_LIMITS.reconnectMaxMs / 2);
    dialler.retryNow();
    await failed(10);
    expect(pauseMs()).toBeLessThanOrEqual(2 * DEFAULT_LIMITS.reconnectMinMs);
  });

  it('told a hundred times it calls once, and within some seconds no more than by itself', async () => {
    dialler.start();
    await failed(1);
    for (let times = 0; times < 100; times++) dialler.retryNow();
    await failed(2);
    for (let times = 0; times < 100; times++) dialler.retryNow();
    expect(link.status().nextDialAtMs).not.toBeNull();
    expect(hangup.calls).toBe(2);
    vi.advanceTimersByTime(pauseMs());
    await failed(3);
  });

  it('is heard again, as by whoever comes back to the screen, when the longest pause is over', async () => {
    dialler.start();
    await failed(1);
    dialler.retryNow();
    await failed(2);
    let calls = 2;
    for (let passedMs = 0; passedMs < DEFAULT_LIMITS.reconnectMaxMs;) {
      const ms = pauseMs();
      vi.advanceTimersByTime(ms);
      passedMs += ms;
      calls += 1;
      await failed(calls);
    }
    dialler.retryNow();
    await failed(calls + 1);
    expect(pauseMs()).toBeLessThanOrEqual(2 * DEFAULT_LIMITS.reconnectMinMs);
  });

  it('leaves an attempt alone that is under way', async () => {
    hangup.holds = true;
    dialler.start();
    while (hangup.calls < 1) await new Promise((resolve) => setImmediate(resolve));
    for (let times = 0; times < 100; times++) dialler.retryNow();
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(hangup.calls).toBe(1);
    expect(hangup.hanging.map(({ destroyed }) => destroyed)).toEqual([false]);
  });

  it('does nothing after its end', async () => {
    dialler.start();
    await failed(1);
    dialler.close();
    dialler.retryNow();
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(hangup.calls).toBe(1);
  });
});

describe('a heartbeat that is asked whether the other side lives', () => {
  it('pings at once, and not again while an answer is owed', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const pings: string[] = [];
    const heartbeat = new Heartbeat(DEFAULT_LIMITS, {
      isListening: () => true,
      onPing: (payload) => pings.push(payload),
      onDead: () => pings.push('dead'),
    });
    heartbeat.probe();
    expect(pings).toHaveLength(0);
    heartbeat.start();
    heartbeat.probe();
    expect(pings).toHaveLength(1);
    heartbeat.onPong(Buffer.from(pings[0]!));
    for (let times = 0; times < 100; times++) heartbeat.probe();
    expect(pings).toHaveLength(2);
    // Nobody answers: it is over after the pings that may be missed, not at once.
    vi.advanceTimersByTime(DEFAULT_LIMITS.pingIntervalMs);
    expect(pings).toHaveLength(3);
    vi.advanceTimersByTime(DEFAULT_LIMITS.pingIntervalMs);
    expect(pings.at(-1)).toBe('dead');
    heartbeat.probe();
    expect(pings.at(-1)).toBe('dead');
  });
});

describe('a network that wakes', () => {
  const SLOW = { reconnectMinMs: 60_000, reconnectMaxMs: 60_000 };

  it('connects at once with a replica that has come back, though the pause is long', async () => {
    const { peers, identities } = await newBook(2);
    const setup = { peers, limits: SLOW };
    const early = await startReplica({ ...setup, ownIndex: 0, identity: identities[0]! });
    await early.events.nth('dialFailed');
    const late = await startReplica({ ...setup, ownIndex: 1, identity: identities[1]! });
    expect(early.events.of('peerUp')).toEqual([]);
    early.network.wake();
    await Promise.all([early.events.nth('peerUp'), late.events.nth('peerUp')]);
  });

  it('does so for a client as well', async () => {
    const { peers, identities } = await newBook(1);
    const client = startClient({ replicas: peers, limits: SLOW });
    await client.events.nth('dialFailed');
    await startReplica({ peers, ownIndex: 0, identity: identities[0]!, limits: SLOW });
    client.network.wake();
    await client.events.nth('peerUp');
  });

  it('keeps its connections, also where it is told often', async () => {
    const { replicas } = await startCluster(2);
    for (let times = 0; times < 100; times++) for (const { network } of replicas) network.wake();
    await eventually(() => replicas.every(({ network }) => network.status().peers[0]!.roundTripMs !== null));
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const { events, network } of replicas) {
      expect(events.of('peerDown')).toEqual([]);
      expect(network.status().peers[0]!.state).toBe('connected');
    }
  });

  it('does nothing when it is closed', async () => {
    const { replicas } = await startCluster(2);
    const [first] = replicas;
    await first!.network.close();
    first!.network.wake();
    expect(first!.network.status().peers[0]!.state).not.toBe('connected');
  });
});
