/** Nothing that anybody sends, before or after the handshake, disturbs those who behave. */
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { makeHello } from '../../../src/main/network/handshake.ts';
import { decodeReply, encodeHello, encodeReply } from '../../../src/main/network/handshakeMessages.ts';
import {
  HOST,
  NETWORK_ID,
  bytesOf,
  eventually,
  newBook,
  startClient,
  startReplica,
  textOf,
  verify,
} from './harness.ts';
import { rawDial, rawListen } from './rawPeer.ts';

const FRAMES = 2_000;
const AT_A_TIME = 32;
const MAX_BYTES = 4_096;

const CLIENT_HELLO = encodeHello({
  version: 1,
  networkId: NETWORK_ID,
  role: 'client',
  publicKey: null,
  proof: null,
});

/** Does `work` `count` times, a few at a time. */
async function repeat(count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

/** `bytes` with something changed, for certain. */
function mutate(bytes: Uint8Array): Buffer {
  const mutated = mutateOnce(bytes);
  return mutated.equals(bytes) ? mutate(bytes) : mutated;
}

function mutateOnce(bytes: Uint8Array): Buffer {
  const mutated = Buffer.from(bytes);
  const changes = randomInt(1, 4);
  for (let change = 0; change < changes; change++) mutated[randomInt(mutated.length)] = randomInt(256);
  const kind = randomInt(4);
  if (kind === 0) return mutated.subarray(0, randomInt(mutated.length));
  if (kind === 1) return Buffer.concat([mutated, randomBytes(randomInt(1, 50))]);
  return mutated;
}

/** A WebSocket frame with a random header: bad opcodes, lengths, masks, reserved bits, fragments. */
function randomFrame(): Buffer {
  const header = Buffer.from([randomInt(256), randomInt(256)]);
  return Buffer.concat([header, randomBytes(randomInt(60))]);
}

async function startTarget() {
  const { peers, identities } = await newBook(2);
  const limits = {
    authenticateTimeoutMs: 1_000,
    maxUnauthenticatedPerAddress: 1_000,
    maxConnections: 1_000,
    closeGraceMs: 50,
  };
  const target = await startReplica({ peers, identity: identities[1]!, ownIndex: 1, limits });
  const good = startClient({ replicas: [peers[0]!, { ...peers[1]! }] });
  await good.events.until(() => good.events.of('peerUp').some((event) => event.index === 1));
  const isServed = async (): Promise<void> => {
    const before = target.events.of('clientMessage').length;
    const word = randomBytes(8).toString('hex');
    expect(good.network.send(1, bytesOf(word))).toBe(true);
    await target.events.until(() =>
      target.events
        .of('clientMessage')
        .slice(before)
        .some((event) => textOf(event.bytes) === word),
    );
    // Never even disconnected.
    expect(good.events.of('peerUp')).toHaveLength(1);
  };
  return { target, identities, peers, port: peers[1]!.port, isServed };
}

describe('a replica under fire', () => {
  it(`survives ${FRAMES} random and mutated frames before the handshake`, { timeout: 120_000 }, async () => {
    const { target, identities, peers, port, isServed } = await startTarget();
    const party = { networkId: NETWORK_ID, identity: identities[0]!, verify, maxHandshakeBytes: MAX_BYTES };
    await repeat(FRAMES, async () => {
      const peer = await rawDial(port);
      const hello = makeHello(party, peer.exporter, peers[1]!.publicKey);
      const kind = randomInt(5);
      if (kind === 0) peer.socket.write(randomFrame());
      else if (kind === 1) peer.webSocket.send(randomBytes(randomInt(300)));
      else if (kind === 2) peer.webSocket.send(mutate(CLIENT_HELLO));
      else peer.webSocket.send(mutate(hello));
      await Promise.race([peer.closed, peer.next().catch(() => undefined)]);
      peer.webSocket.terminate();
    });
    await isServed();
    expect(target.events.of('peerUp')).toEqual([]);
    expect(target.network.status().refusals['handshake.malformed']).toBeGreaterThan(FRAMES / 4);
    expect(target.events.of('clientUp')).toHaveLength(1);
  });

  it(`survives ${FRAMES} random frames and messages after the handshake`, { timeout: 120_000 }, async () => {
    const { target, port, isServed } = await startTarget();
    const PER_CONNECTION = 20;
    let sent = 0;
    await repeat(FRAMES / PER_CONNECTION, async () => {
      const peer = await rawDial(port);
      peer.webSocket.send(CLIENT_HELLO);
      expect(decodeReply(await peer.next(), MAX_BYTES).kind).toBe('welcome');
      // Messages are opaque here: whatever they hold is handed on, and the connection stays.
      const messages = Array.from({ length: PER_CONNECTION / 2 }, () => randomBytes(randomInt(300)));
      for (const message of messages) peer.webSocket.send(message);
      // Then frames that no WebSocket sends, until the server has enough.
      for (let count = 0; count < PER_CONNECTION / 2; count++) peer.socket.write(randomFrame());
      peer.socket.end();
      await peer.closed;
      sent += messages.length;
    });
    await eventually(() => target.network.status().clients === 1);
    expect(target.events.of('clientMessage').length).toBeGreaterThanOrEqual(sent);
    await isServed();
  });

  it('survives what is not even TLS or HTTP', { timeout: 60_000 }, async () => {
    const { port, isServed } = await startTarget();
    await repeat(200, async () => {
      const socket = connect({ host: HOST, port, rejectUnauthorized: false });
      socket.on('error', () => undefined);
      await once(socket, 'secureConnect').catch(() => undefined);
      socket.write(
        randomInt(2) === 0 ? randomBytes(200) : `GET / HTTP/1.1\r\n${randomBytes(40).toString('latin1')}`,
      );
      socket.end();
      socket.resume();
      if (!socket.closed) await once(socket, 'close').catch(() => undefined);
    });
    await isServed();
  });
});

describe('a client under fire', () => {
  it('survives mutated replies and goes on dialling', { timeout: 60_000 }, async () => {
    const { peers } = await newBook(1);
    const welcome = encodeReply({ kind: 'welcome', publicKey: peers[0]!.publicKey, proof: '00'.repeat(64) });
    let dialled = 0;
    const port = await rawListen((peer) => {
      dialled += 1;
      if (randomInt(3) === 0) peer.socket.write(randomFrame());
      else peer.webSocket.send(randomInt(2) === 0 ? mutate(welcome) : randomBytes(randomInt(300)));
      peer.socket.end();
    });
    const limits = { reconnectMinMs: 1, reconnectMaxMs: 1, authenticateTimeoutMs: 200 };
    const client = startClient({ replicas: [{ ...peers[0]!, port }], limits });
    await eventually(() => dialled >= 300);
    expect(client.events.of('peerUp')).toEqual([]);
    expect(client.events.of('peerMessage')).toEqual([]);
  });
});
