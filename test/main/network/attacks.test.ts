import { describe, expect, it } from 'vitest';
import { makeHello } from '../../../src/main/network/handshake.ts';
import { decodeReply, encodeHello } from '../../../src/main/network/handshakeMessages.ts';
import { encodeReply } from '../../../src/main/network/handshakeMessages.ts';
import {
  NETWORK_ID,
  eventually,
  newBook,
  newIdentity,
  startClient,
  startReplica,
  verify,
  HOST,
  type TestReplica,
} from './harness.ts';
import type { PeerAddress, ReplicaIdentity } from '../../../src/main/network/index.ts';
import { rawDial, rawListen, rawRelay } from './rawPeer.ts';
import { freePorts } from '../../support/freePorts.ts';

const MAX_BYTES = 4_096;

/** Replica 1 of two, listening; replica 0 is what each test makes of it. */
async function startTarget(): Promise<{
  peers: PeerAddress[];
  target: TestReplica;
  low: ReplicaIdentity;
  high: ReplicaIdentity;
}> {
  const { peers, identities } = await newBook(2);
  const [low, high] = identities as [ReplicaIdentity, ReplicaIdentity];
  const target = await startReplica({ peers, identity: high, ownIndex: 1 });
  return { peers, target, low, high };
}

const partyOf = (identity: ReplicaIdentity | null) => ({
  networkId: NETWORK_ID,
  identity,
  verify,
  maxHandshakeBytes: MAX_BYTES,
});

describe('replay', () => {
  it('of a hello that was good on its own connection is refused on another', async () => {
    const { peers, target, low, high } = await startTarget();
    const first = await rawDial(peers[1]!.port);
    const hello = makeHello(partyOf(low), first.exporter, high.publicKey);
    first.webSocket.send(hello);
    expect(decodeReply(await first.next(), MAX_BYTES).kind).toBe('welcome');
    await target.events.nth('peerUp');

    const second = await rawDial(peers[1]!.port);
    expect(second.exporter).not.toEqual(first.exporter);
    second.webSocket.send(hello);
    const expected = { code: 'handshake.badProof', data: { publicKey: low.publicKey } };
    expect(decodeReply(await second.next(), MAX_BYTES)).toEqual({
      kind: 'refused',
      code: expected.code,
      data: [{ name: 'publicKey', value: low.publicKey }],
    });
    expect((await second.closed).code).toBe(4005);
    expect((await target.events.nth('refused')).error).toEqual(expected);
    // The connection of the rightful owner is untouched.
    expect(target.events.of('peerDown')).toEqual([]);
    expect(target.network.status().peers[0]!.state).toBe('connected');
  });

  it('of a hello recorded by a false responder is refused by the true one', async () => {
    const { peers, target, low } = await startTarget();
    const recorded = Promise.withResolvers<Buffer>();
    const port = await rawListen((peer) => void peer.next().then(recorded.resolve));
    await startReplica({ peers: [peers[0]!, { ...peers[1]!, port }], identity: low, ownIndex: 0 });
    const attacker = await rawDial(peers[1]!.port);
    attacker.webSocket.send(await recorded.promise);
    expect(decodeReply(await attacker.next(), MAX_BYTES)).toMatchObject({ code: 'handshake.badProof' });
    expect(target.events.of('peerUp')).toEqual([]);
  });
});

describe('relay by someone in the middle', () => {
  it('of a replica’s hello to the true responder fails, and the initiator learns why', async () => {
    const { peers, target, low } = await startTarget();
    const relay = await rawRelay(peers[1]!.port);
    const dialling = await startReplica({
      peers: [peers[0]!, { ...peers[1]!, port: relay.port }],
      identity: low,
      ownIndex: 0,
    });
    const expected = { code: 'handshake.badProof', data: { publicKey: low.publicKey } };
    expect((await dialling.events.nth('dialFailed')).error).toEqual(expected);
    expect(dialling.network.status().peers[0]).toMatchObject({ state: 'refused', lastError: expected });
    expect((await target.events.nth('refused')).error).toEqual(expected);
    expect([...dialling.events.of('peerUp'), ...target.events.of('peerUp')]).toEqual([]);
    expect(relay.passed()).toBeGreaterThanOrEqual(2);
  });

  it('of the true responder’s welcome to a client fails', async () => {
    const { peers, target, high } = await startTarget();
    const relay = await rawRelay(peers[1]!.port);
    const client = startClient({ replicas: [peers[0]!, { ...peers[1]!, port: relay.port }] });
    await client.events.until(() => client.events.of('dialFailed').some((event) => event.index === 1));
    expect(client.network.status()[1]).toMatchObject({
      state: 'refused',
      lastError: { code: 'handshake.badProof', data: { publicKey: high.publicKey } },
    });
    // The responder took the one in the middle for what it is: a client like any other.
    await target.events.nth('clientUp');
    expect(client.events.of('peerUp')).toEqual([]);
  });

  it('of a client’s welcome to a replica fails', async () => {
    const { peers, target, low, high } = await startTarget();
    const asClient = encodeHello({
      version: 1,
      networkId: NETWORK_ID,
      role: 'client',
      publicKey: null,
      proof: null,
    });
    const relay = await rawRelay(peers[1]!.port, (message, direction) =>
      direction === 'to target' ? asClient : message,
    );
    const dialling = await startReplica({
      peers: [peers[0]!, { ...peers[1]!, port: relay.port }],
      identity: low,
      ownIndex: 0,
    });
    expect((await dialling.events.nth('dialFailed')).error).toEqual({
      code: 'handshake.badProof',
      data: { publicKey: high.publicKey },
    });
    await target.events.nth('clientUp');
    expect([...dialling.events.of('peerUp'), ...target.events.of('peerUp')]).toEqual([]);
  });
});

describe('SECURITY 14: who is refused learns why', () => {
  type Case = [string, string, (setup: Awaited<ReturnType<typeof startTarget>>) => Promise<TestReplica>];
  const cases: Case[] = [
    [
      'signs with another key than it names',
      'handshake.badProof',
      ({ peers, low }) => {
        const identity = { publicKey: low.publicKey, prove: newIdentity().prove };
        return startReplica({ peers, identity, ownIndex: 0 });
      },
    ],
    [
      'is in no peer book but its own',
      'handshake.unknownReplica',
      async ({ peers, high }) => {
        let stranger = newIdentity();
        while (stranger.publicKey >= high.publicKey) stranger = newIdentity();
        const own = { ...peers[0]!, publicKey: stranger.publicKey };
        return startReplica({ peers: [own, peers[1]!], identity: stranger, ownIndex: 0 });
      },
    ],
    [
      'means another network',
      'handshake.wrongNetwork',
      ({ peers, low }) => startReplica({ peers, identity: low, ownIndex: 0, networkId: '0f'.repeat(32) }),
    ],
  ];

  it.each(cases)('a replica that %s', async (_what, code, start) => {
    const setup = await startTarget();
    const dialling = await start(setup);
    expect((await dialling.events.nth('dialFailed')).error.code).toBe(code);
    expect(dialling.network.status().peers[0]).toMatchObject({ state: 'refused', lastError: { code } });
    expect((await setup.target.events.nth('refused')).error.code).toBe(code);
    await eventually(() => (setup.target.network.status().refusals[code as 'handshake.badProof'] ?? 0) >= 1);
    expect([...dialling.events.of('peerUp'), ...setup.target.events.of('peerUp')]).toEqual([]);
  });

  it('a client of another network', async () => {
    const { peers } = await startTarget();
    const client = startClient({ replicas: peers, networkId: '0f'.repeat(32) });
    await eventually(() => client.network.status()[1]!.state === 'refused');
    expect(client.network.status()[1]!.lastError).toEqual({
      code: 'handshake.wrongNetwork',
      // As the client sees it: the other side belongs to another network.
      data: { expected: '0f'.repeat(32), actual: NETWORK_ID },
    });
  });

  it('a program of another version, which may have added to the hello', async () => {
    const { peers } = await startTarget();
    const newer = await rawDial(peers[1]!.port);
    newer.webSocket.send(Uint8Array.of(0x82, 2, 0x61, 0x78)); // [2, "x"]
    expect(decodeReply(await newer.next(), MAX_BYTES)).toEqual({
      kind: 'refused',
      code: 'handshake.version',
      data: [
        { name: 'expected', value: 1 },
        { name: 'actual', value: 2 },
      ],
    });
    expect((await newer.closed).code).toBe(4001);
  });

  it('a replica whose responder is of another version', async () => {
    const { peers, identities } = await newBook(2);
    const port = await rawListen((peer) => {
      const data = [
        { name: 'expected', value: 2 },
        { name: 'actual', value: 1 },
      ];
      peer.webSocket.send(encodeReply({ kind: 'refused', code: 'handshake.version', data }));
    });
    const dialling = await startReplica({
      peers: [peers[0]!, { ...peers[1]!, port }],
      identity: identities[0]!,
      ownIndex: 0,
    });
    expect((await dialling.events.nth('dialFailed')).error).toEqual({
      code: 'handshake.version',
      data: { expected: 1, actual: 2 },
    });
  });
});

describe('a replica in the wrong place', () => {
  it('is not taken for the one that was dialled', async () => {
    const { peers, identities } = await newBook(3);
    await startReplica({ peers, identity: identities[2]!, ownIndex: 2 });
    // The address of replica 1 leads to replica 2.
    const swapped = [
      peers[0]!,
      { ...peers[1]!, port: peers[2]!.port },
      { ...peers[2]!, port: peers[1]!.port },
    ];
    const [port] = await freePorts(1);
    const dialling = await startReplica({
      peers: swapped,
      identity: identities[0]!,
      ownIndex: 0,
      listen: { host: HOST, port: port! },
    });
    await dialling.events.until(() => dialling.events.of('dialFailed').some((event) => event.index === 1));
    // The responder looks first: the proof was made for another.
    expect(dialling.network.status().peers[0]!.lastError!.code).toBe('handshake.badProof');
    const client = startClient({ replicas: swapped });
    await client.events.until(() => client.events.of('dialFailed').some((event) => event.index === 1));
    expect(client.network.status()[1]).toMatchObject({
      state: 'refused',
      lastError: {
        code: 'handshake.wrongReplica',
        data: { expected: peers[1]!.publicKey, actual: peers[2]!.publicKey },
      },
    });
  });

  it('that answers without the key is refused by the initiator', async () => {
    const { peers, identities } = await newBook(2);
    const port = await rawListen((peer) => {
      const proof = newIdentity().prove(new Uint8Array(32));
      peer.webSocket.send(encodeReply({ kind: 'welcome', publicKey: peers[1]!.publicKey, proof }));
      peer.webSocket.send('never read');
    });
    const dialling = await startReplica({
      peers: [peers[0]!, { ...peers[1]!, port }],
      identity: identities[0]!,
      ownIndex: 0,
    });
    expect((await dialling.events.nth('dialFailed')).error).toEqual({
      code: 'handshake.badProof',
      data: { publicKey: peers[1]!.publicKey },
    });
    expect(dialling.events.of('peerMessage')).toEqual([]);
  });

  it('that answers with too much, nonsense or nothing is given up', async () => {
    const { peers, identities } = await newBook(2);
    const answers = [(): Uint8Array => new Uint8Array(1_000_000), (): string => 'nonsense', (): null => null];
    let count = 0;
    const port = await rawListen((peer) => {
      const answer = answers[count++ % answers.length]!();
      if (answer !== null) peer.webSocket.send(answer);
    });
    const dialling = await startReplica({
      peers: [peers[0]!, { ...peers[1]!, port }],
      identity: identities[0]!,
      ownIndex: 0,
      limits: { authenticateTimeoutMs: 200 },
    });
    await dialling.events.until(() =>
      dialling.events.of('dialFailed').some((event) => event.error.code === 'handshake.timeout'),
    );
    expect(dialling.events.of('dialFailed').map((event) => event.error.code)).toEqual([
      'handshake.malformed',
      'handshake.timeout',
    ]);
    expect(count).toBeGreaterThanOrEqual(3);
  });
});
