import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { get } from 'node:https';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NetworkLimits, PeerAddress } from '../../../src/main/network/index.ts';
import { decodeReply, encodeHello } from '../../../src/main/network/handshakeMessages.ts';
import {
  HOST,
  NETWORK_ID,
  bytesOf,
  eventually,
  newBook,
  startClient,
  startReplica,
  textOf,
  type TestReplica,
} from './harness.ts';
import { rawDial, type RawPeer } from './rawPeer.ts';

const MAX_BYTES = 4_096;
const CLIENT_HELLO = encodeHello({
  version: 1,
  networkId: NETWORK_ID,
  role: 'client',
  publicKey: null,
  proof: null,
});

async function startAlone(
  limits: Partial<NetworkLimits>,
): Promise<TestReplica & { peers: PeerAddress[]; port: number }> {
  const { peers, identities } = await newBook(1);
  const replica = await startReplica({ peers, identity: identities[0]!, ownIndex: 0, limits });
  return { ...replica, peers, port: peers[0]!.port };
}

async function rawClient(port: number): Promise<RawPeer> {
  const peer = await rawDial(port);
  peer.webSocket.send(CLIENT_HELLO);
  expect(decodeReply(await peer.next(), MAX_BYTES).kind).toBe('welcome');
  return peer;
}

describe('SECURITY 14: someone who does not say who it is', () => {
  it('is told so and cut off after a WebSocket upgrade', async () => {
    const { port, events } = await startAlone({ authenticateTimeoutMs: 100 });
    const silent = await rawDial(port);
    expect(decodeReply(await silent.next(), MAX_BYTES)).toEqual({
      kind: 'refused',
      code: 'handshake.timeout',
      data: [{ name: 'timeoutMs', value: 100 }],
    });
    expect(await silent.closed).toEqual({ code: 4006, reason: 'handshake.timeout timeoutMs=100' });
    expect((await events.nth('refused')).error.code).toBe('handshake.timeout');
  });

  it('is cut off after TCP and after TLS alone', async () => {
    const { port, events, network } = await startAlone({ authenticateTimeoutMs: 100 });
    const tcp = connectTcp({ host: HOST, port });
    const tls = connectTls({ host: HOST, port, rejectUnauthorized: false });
    await Promise.all([once(tcp.resume(), 'close'), once(tls.resume(), 'close')]);
    await events.nth('refused', 2);
    expect(network.status().refusals).toEqual({ 'handshake.timeout': 2 });
  });

  it('is cut off while it sends its headers byte by byte', async () => {
    const { port, events } = await startAlone({ authenticateTimeoutMs: 1_000 });
    const tls = connectTls({ host: HOST, port, rejectUnauthorized: false });
    tls.on('error', () => undefined);
    await once(tls, 'secureConnect');
    tls.write('GET / HTTP/1.1\r\nX-Slow: ');
    const timer = setInterval(() => tls.write('a'), 10);
    onTestFinished(() => clearInterval(timer));
    // The other end may reset the connection: that is an end as well, and no error of this test.
    await new Promise((resolve) => tls.resume().once('close', resolve));
    expect((await events.nth('refused')).error.code).toBe('handshake.timeout');
  });

  it('gets no more than a few places, and gives them back', async () => {
    const { port, events, network } = await startAlone({ maxUnauthenticatedPerAddress: 3 });
    const silent = await Promise.all([rawDial(port), rawDial(port), rawDial(port)]);
    const dropped = connectTcp({ host: HOST, port });
    await once(dropped.resume(), 'close');
    expect((await events.nth('refused')).error).toEqual({
      code: 'admission.tooManyConnections',
      data: { maxConnections: 3 },
    });
    expect(network.status().refusals).toEqual({ 'admission.tooManyConnections': 1 });
    silent[0].webSocket.terminate();
    await events.nth('refused', 2);
    await rawClient(port);
    await events.nth('clientUp');
  });

  it('may not send more than a handshake message', async () => {
    const { port, events } = await startAlone({});
    const loud = await rawDial(port);
    loud.webSocket.send(new Uint8Array(1_000_000));
    expect((await events.nth('refused')).error).toEqual({
      code: 'handshake.malformed',
      data: { problem: 'sends too much before it is known' },
    });
    await loud.closed;
  });

  it('may not send anything besides its hello before the welcome', async () => {
    const { port, events } = await startAlone({});
    const eager = await rawDial(port);
    eager.socket.cork();
    eager.webSocket.send(CLIENT_HELLO);
    eager.webSocket.send(bytesOf('a message'));
    eager.socket.uncork();
    expect(decodeReply(await eager.next(), MAX_BYTES)).toMatchObject({
      code: 'handshake.malformed',
      data: [{ value: 'sends more than a hello' }],
    });
    await eager.closed;
    expect(events.of('clientUp')).toEqual([]);
    const text = await rawDial(port);
    text.webSocket.send('{"hello":true}');
    expect(decodeReply(await text.next(), MAX_BYTES)).toMatchObject({
      code: 'handshake.malformed',
      data: [{ value: 'sends text' }],
    });
  });

  it('may not come with plain HTTP', async () => {
    const { port, events } = await startAlone({});
    const [response] = (await once(get({ host: HOST, port, rejectUnauthorized: false }), 'response')) as [
      { statusCode: number; headers: Record<string, string>; resume: () => void },
    ];
    response.resume();
    expect([response.statusCode, response.headers.upgrade]).toEqual([426, 'websocket']);
    expect((await events.nth('refused')).error.code).toBe('handshake.malformed');
  });

  it('may not come with an older TLS', async () => {
    const { port, events } = await startAlone({});
    const old = connectTls({ host: HOST, port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    expect((await events.nth('refused')).error.code).toBe('handshake.malformed');
  });
});

describe('too many clients', () => {
  it.each([
    ['from one address', { maxConnectionsPerAddress: 2 }],
    ['in all', { maxConnections: 2 }],
  ])('%s are refused and told so, until one leaves', async (_what, limits) => {
    const { port, network, peers } = await startAlone(limits);
    const first = await rawClient(port);
    await rawClient(port);
    const third = startClient({ replicas: peers });
    expect((await third.events.nth('dialFailed')).error).toEqual({
      code: 'admission.tooManyConnections',
      data: { maxConnections: 2 },
    });
    expect(third.network.status()[0]!.state).toBe('refused');
    expect(network.status()).toMatchObject({ clients: 2 });
    first.webSocket.terminate();
    await third.events.nth('peerUp');
  });

  it('do not keep out a replica', async () => {
    const { peers, identities } = await newBook(2);
    const limits = { maxConnections: 1 };
    await startReplica({ peers, identity: identities[1]!, ownIndex: 1, limits });
    await rawClient(peers[1]!.port);
    const dialling = await startReplica({ peers, identity: identities[0]!, ownIndex: 0 });
    await dialling.events.nth('peerUp');
  });
});

describe('a client that is connected', () => {
  it('exchanges messages until it leaves', async () => {
    const { events, network, peers } = await startAlone({});
    const client = startClient({ replicas: peers });
    await client.events.nth('peerUp');
    expect(client.network.broadcast(bytesOf('question'))).toBe(1);
    const question = await events.nth('clientMessage');
    expect(textOf(question.bytes)).toBe('question');
    expect(network.sendToClient(question.id, bytesOf('answer'))).toBe(true);
    expect(textOf((await client.events.nth('peerMessage')).bytes)).toBe('answer');
    expect(network.status().clients).toBe(1);
    await client.network.close();
    expect(await events.nth('clientDown')).toMatchObject({ id: question.id, error: { code: 'stopped' } });
    await eventually(() => network.status().clients === 0);
    expect(network.sendToClient(question.id, bytesOf('late'))).toBe(false);
  });

  it('is told when it is closed, and why', async () => {
    const { events, network, peers } = await startAlone({});
    const client = startClient({ replicas: peers });
    const { id } = await events.nth('clientUp');
    await client.events.nth('peerUp');
    const error = { code: 'encoding.invalid', data: { at: 'request', problem: 'is not one' } } as const;
    network.closeClient(id, error);
    expect((await client.events.nth('peerDown')).error).toEqual(error);
    await client.events.nth('peerUp', 2);
  });

  it('may not send too many messages', async () => {
    const { events, peers, port } = await startAlone({ clientMessagesPerSecond: 10, clientMessageBurst: 20 });
    const client = startClient({ replicas: peers, limits: { reconnectMaxMs: 60_000 } });
    await client.events.nth('peerUp');
    for (let count = 0; count < 200; count++) client.network.send(0, bytesOf('x'));
    const expected = { code: 'admission.rate', data: { maxPerSecond: 10 } };
    expect((await client.events.nth('peerDown')).error).toEqual(expected);
    expect((await events.nth('clientDown')).error).toEqual(expected);
    expect(events.of('clientMessage').length).toBeLessThan(100);
    expect(client.network.status()[0]).toMatchObject({ state: 'refused', lastError: expected });
    // Others are served.
    const other = await rawClient(port);
    const before = events.of('clientMessage').length;
    other.webSocket.send(bytesOf('y'));
    await events.nth('clientMessage', before + 1);
  });

  it('may not send too many bytes', async () => {
    const limits = { clientBytesPerSecond: 1_000, clientByteBurst: 10_000 };
    const { events, port } = await startAlone(limits);
    const greedy = await rawClient(port);
    for (let count = 0; count < 20; count++) greedy.webSocket.send(new Uint8Array(1_000));
    expect(await greedy.closed).toEqual({ code: 4011, reason: 'admission.rate maxPerSecond=1000' });
    expect(events.of('clientMessage').length).toBeLessThan(15);
  });

  it('may not send too many pings', async () => {
    const { port } = await startAlone({ clientMessagesPerSecond: 1, clientMessageBurst: 20 });
    const pinging = await rawClient(port);
    for (let count = 0; count < 100; count++) pinging.webSocket.ping();
    expect((await pinging.closed).code).toBe(4011);
  });

  it('may not send a message that is too large', async () => {
    const { events, peers, port } = await startAlone({ maxMessageBytes: 10_000 });
    const client = startClient({
      replicas: peers,
      limits: { maxMessageBytes: 20_000, reconnectMaxMs: 60_000 },
    });
    await client.events.nth('peerUp');
    client.network.send(0, new Uint8Array(10_000));
    client.network.send(0, new Uint8Array(10_001));
    expect((await events.nth('clientDown')).error).toEqual({
      code: 'admission.messageTooLarge',
      data: { maxBytes: 10_000 },
    });
    expect((await client.events.nth('peerDown')).error.code).toBe('admission.messageTooLarge');
    expect(events.of('clientMessage').map((event) => event.bytes.length)).toEqual([10_000]);
    // Announced as huge, sent in pieces: neither is waited for.
    const pieces = await rawClient(port);
    for (let count = 0; count < 20; count++) pieces.webSocket.send(new Uint8Array(1_000), { fin: false });
    expect((await pieces.closed).code).toBe(1009);
  });

  it('may not send text', async () => {
    const { port } = await startAlone({});
    const peer = await rawClient(port);
    peer.webSocket.send('text');
    expect(await peer.closed).toMatchObject({ code: 4020 });
  });

  it('is cut off when it does not read', async () => {
    const { events, network, port } = await startAlone({ clientQueueMaxBytes: 1_000_000 });
    const lazy = await rawClient(port);
    const { id } = await events.nth('clientUp');
    lazy.socket.pause();
    while (network.sendToClient(id, new Uint8Array(100_000))) await new Promise(setImmediate);
    expect((await events.nth('clientDown')).error).toEqual({
      code: 'admission.queueFull',
      data: { maxBytes: 1_000_000 },
    });
    expect(network.status().closings).toEqual({ 'admission.queueFull': 1 });
  });
});
