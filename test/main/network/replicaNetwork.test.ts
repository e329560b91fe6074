import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../../../src/shared/errors.ts';
import { ReplicaNetwork } from '../../../src/main/network/index.ts';
import {
  HOST,
  bytesOf,
  eventually,
  newBook,
  newIdentity,
  startClient,
  startCluster,
  startReplica,
  textOf,
} from './harness.ts';
import { rawDial } from './rawPeer.ts';
import { freePorts } from '../../support/freePorts.ts';

describe('a cluster', () => {
  it('has exactly one connection between each pair, and carries messages in order', async () => {
    const { replicas } = await startCluster(4);
    for (const [index, { network, events }] of replicas.entries()) {
      expect(
        events
          .of('peerUp')
          .map((event) => event.index)
          .sort(),
      ).toEqual([0, 1, 2, 3].filter((other) => other !== index));
      expect(network.status().peers.every((peer) => peer.state === 'connected')).toBe(true);
    }

    for (const [index, { network }] of replicas.entries()) {
      for (let count = 0; count < 50; count++)
        expect(network.broadcastToPeers(bytesOf(`${index}/${count}`))).toBe(3);
    }
    for (const { events } of replicas) await events.nth('peerMessage', 150);
    for (const [index, { events, network }] of replicas.entries()) {
      for (const peer of network.status().peers) {
        const texts = events.of('peerMessage').filter((event) => event.index === peer.index);
        expect(texts.map((event) => textOf(event.bytes))).toEqual(
          Array.from({ length: 50 }, (_, count) => `${peer.index}/${count}`),
        );
        expect(peer).toMatchObject({ messagesIn: 50, messagesOut: 50 });
        expect(peer.bytesIn).toBe(texts.reduce((sum, event) => sum + event.bytes.length, 0));
      }
      expect(events.of('refused'), `replica ${index}`).toEqual([]);
    }
  });
});

describe('sending', () => {
  it('carries empty and largest messages, and refuses larger ones before they leave', async () => {
    const { replicas } = await startCluster(2, { maxMessageBytes: 300_000 });
    const [first, second] = replicas;
    const largest = new Uint8Array(300_000).fill(7);
    expect(first!.network.sendToPeer(1, new Uint8Array())).toBe(true);
    expect(first!.network.sendToPeer(1, largest)).toBe(true);
    expect((await second!.events.nth('peerMessage')).bytes).toEqual(new Uint8Array());
    expect((await second!.events.nth('peerMessage', 2)).bytes).toEqual(largest);
    expect(() => first!.network.sendToPeer(1, new Uint8Array(300_001))).toThrow('admission.messageTooLarge');
    expect(() => first!.network.sendToPeer(0, largest)).toThrow('invariant.broken');
    expect(() => first!.network.sendToPeer(2, largest)).toThrow('invariant.broken');
  });

  it('says so when a replica is not connected', async () => {
    const { peers, identities } = await newBook(2);
    const { network } = await startReplica({ peers, identity: identities[1]!, ownIndex: 1 });
    expect(network.sendToPeer(0, bytesOf('hello'))).toBe(false);
    expect(network.broadcastToPeers(bytesOf('hello'))).toBe(0);
    expect(network.sendToClient(1, bytesOf('hello'))).toBe(false);
    expect(network.status().peers).toMatchObject([{ index: 0, state: 'down', lastError: null }]);
  });

  it('cuts a connection whose other side does not read, counts it, and is connected again afterwards', async () => {
    const { replicas } = await startCluster(2, { replicaQueueMaxBytes: 2_000_000 });
    const [first, second] = replicas;
    second!.network.pausePeer(0);
    // First fills the buffers of both kernels, then the queue.
    while (first!.network.sendToPeer(1, new Uint8Array(100_000))) await new Promise(setImmediate);
    const down = await first!.events.nth('peerDown');
    expect(down).toMatchObject({
      index: 1,
      error: { code: 'admission.queueFull', data: { maxBytes: 2_000_000 } },
    });
    expect(first!.network.status().closings).toEqual({ 'admission.queueFull': 1 });
    await first!.events.nth('peerUp', 2);
    await second!.events.nth('peerUp', 2);
    const before = second!.events.of('peerMessage').length;
    expect(first!.network.sendToPeer(1, bytesOf('again'))).toBe(true);
    await second!.events.nth('peerMessage', before + 1);
    expect(textOf(second!.events.of('peerMessage').at(-1)!.bytes)).toBe('again');
  });

  it('holds back a replica that is paused, and loses nothing', async () => {
    const { replicas } = await startCluster(2);
    const [first, second] = replicas;
    second!.network.pausePeer(0);
    for (let count = 0; count < 100; count++)
      first!.network.sendToPeer(1, new Uint8Array(50_000).fill(count));
    await eventually(() => first!.network.status().peers[0]!.messagesOut === 100);
    expect(second!.events.of('peerMessage').length).toBeLessThan(100);
    second!.network.resumePeer(0);
    await second!.events.nth('peerMessage', 100);
    expect(second!.events.of('peerMessage').map((event) => event.bytes[0])).toEqual(
      Array.from({ length: 100 }, (_, count) => count),
    );
  });
});

describe('a replica that comes and goes', () => {
  it('is found again after a restart, whoever dials', async () => {
    const { peers, identities, replicas } = await startCluster(3);
    const middle = replicas[1]!;
    await middle.network.close();
    expect(await replicas[0]!.events.nth('peerDown')).toMatchObject({
      index: 1,
      error: { code: 'stopped', data: { what: 'replica' } },
    });
    expect(await replicas[2]!.events.nth('peerDown')).toMatchObject({ index: 1, error: { code: 'stopped' } });
    await eventually(() => replicas[0]!.network.status().peers[0]!.state === 'down');
    expect(replicas[0]!.network.status().peers[0]).toMatchObject({
      state: 'down',
      lastError: { code: 'network.notListening' },
      isDialled: true,
    });
    const { failedDials, troubles } = replicas[0]!.network.status().peers[0]!;
    expect(failedDials).toBeGreaterThan(0);
    const counted = new Map(troubles.map(({ error, count }) => [error.code, count]));
    expect(counted.get('stopped')).toBe(1);
    // It may have been called before it listened, too.
    expect(counted.get('network.notListening')).toBeGreaterThanOrEqual(failedDials);
    // Either it waits, or it is trying just now.
    await eventually(() => (replicas[0]!.network.status().peers[0]!.nextDialAtMs ?? 0) > Date.now() - 1_000);

    const restarted = await startReplica({ peers, identity: identities[1]!, ownIndex: 1 });
    await restarted.events.nth('peerUp', 2);
    await replicas[0]!.events.nth('peerUp', 3);
    await replicas[2]!.events.nth('peerUp', 3);
    expect(replicas[0]!.network.status().peers[0]).toMatchObject({ failedDials: 0, nextDialAtMs: null });
    expect(restarted.network.broadcastToPeers(bytesOf('back'))).toBe(2);
    expect(textOf((await replicas[2]!.events.nth('peerMessage')).bytes)).toBe('back');
  });

  it('replaces its old connection by a new one', async () => {
    const { peers, identities, replicas } = await startCluster(2, { reconnectMaxMs: 60_000 });
    const listening = replicas[1]!;
    // A second process with the same key, as after a crash that the other side has not noticed.
    const [port] = await freePorts(1);
    const again = await startReplica({
      peers,
      identity: identities[0]!,
      ownIndex: 0,
      listen: { host: HOST, port: port! },
      limits: { reconnectMaxMs: 60_000 },
    });
    await again.events.nth('peerUp');
    await listening.events.nth('peerUp', 2);
    expect(listening.events.all.map((event) => event.kind)).toEqual(['peerUp', 'peerDown', 'peerUp']);
    const duplicate = { code: 'handshake.duplicate', data: { publicKey: identities[0]!.publicKey } };
    expect(listening.events.of('peerDown')[0]!.error).toEqual(duplicate);
    expect((await replicas[0]!.events.nth('peerDown')).error).toEqual(duplicate);
    // The end of the old connection is not taken for the end of the new one.
    await replicas[0]!.network.close();
    for (let count = 1; count <= 3; count++) {
      expect(again.network.sendToPeer(1, bytesOf('question'))).toBe(true);
      await listening.events.nth('peerMessage', count);
      expect(listening.network.sendToPeer(0, bytesOf('answer'))).toBe(true);
      await again.events.nth('peerMessage', count);
    }
    expect(listening.events.of('peerDown')).toHaveLength(1);
    expect(listening.network.status().closings).toEqual({ 'handshake.duplicate': 1 });
  });

  it('is taken for dead when it does not answer pings', async () => {
    const { replicas } = await startCluster(2, { pingIntervalMs: 20 });
    const [first, second] = replicas;
    await eventually(() => first!.network.status().peers[0]!.roundTripMs !== null);
    expect(first!.network.status().peers[0]!.roundTripMs).toBeGreaterThan(0);
    second!.network.pausePeer(0); // pings are not read either
    expect((await first!.events.nth('peerDown')).error).toMatchObject({ code: 'network.silent' });
    await first!.events.nth('peerUp', 2);
  });
});

describe('starting and closing', () => {
  it('says that the port is taken', async () => {
    const server = createServer().listen({ host: HOST, port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { peers, identities } = await newBook(1);
    const attempt = startReplica({
      peers,
      identity: identities[0]!,
      ownIndex: 0,
      listen: { host: HOST, port },
    });
    await expect(attempt).rejects.toSatisfy(
      (error) => hasCode(error, 'network.portInUse') && error.data.port === port,
    );
    server.close();
  });

  it('says that it cannot listen there', async () => {
    const { peers, identities } = await newBook(1);
    const listen = { host: '192.0.2.1', port: 10_000 }; // reserved for documentation: nobody's address
    const attempt = startReplica({ peers, identity: identities[0]!, ownIndex: 0, listen });
    await expect(attempt).rejects.toMatchObject({
      code: 'network.listenFailed',
      data: { ...listen, problem: 'EADDRNOTAVAIL' },
    });
  });

  it('refuses a peer book out of order and a key that is not its own', async () => {
    const { peers, identities } = await newBook(2);
    const setup = { identity: identities[0]!, ownIndex: 0 };
    await expect(startReplica({ ...setup, peers: [...peers].reverse() })).rejects.toThrow('invariant.broken');
    await expect(startReplica({ peers, identity: newIdentity(), ownIndex: 0 })).rejects.toThrow(
      'invariant.broken',
    );
  });

  it('listens where it is told and nowhere else', async () => {
    const { peers, identities } = await newBook(1);
    const { network } = await startReplica({ peers, identity: identities[0]!, ownIndex: 0 });
    const elsewhere = startClient({ replicas: [{ ...peers[0]!, host: '127.0.0.2' }] });
    const failed = await elsewhere.events.nth('dialFailed');
    expect(failed.error).toMatchObject({ code: 'network.notListening' });
    expect(network.port).toBe(peers[0]!.port);
  });

  it('leaves no sockets, servers or timers behind, and tells nothing after close', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate');
    const { peers, replicas } = await startCluster(3);
    const client = startClient({ replicas: peers });
    await client.events.nth('peerUp', 3);
    await Promise.all([...replicas.map(({ network }) => network.close()), client.network.close()]);
    const told = replicas.map(({ events }) => events.all.length);
    await eventually(
      () => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length <= before.length,
    );
    expect(replicas.map(({ events }) => events.all.length)).toEqual(told);
    expect(replicas[0]!.network.broadcastToPeers(bytesOf('late'))).toBe(0);
    expect(client.network.broadcast(bytesOf('late'))).toBe(0);
  });

  it('ends although a client does not read and a guest says nothing', async () => {
    const { peers, identities } = await newBook(1);
    const limits = { closeGraceMs: 50 };
    const { network, events } = await startReplica({ peers, identity: identities[0]!, ownIndex: 0, limits });
    const client = startClient({ replicas: peers });
    const { id } = await events.nth('clientUp');
    await client.events.nth('peerUp');
    client.network.pause(0);
    for (let count = 0; count < 50; count++) network.sendToClient(id, new Uint8Array(100_000));
    await rawDial(peers[0]!.port);
    await network.close();
    expect(network.status().clients).toBe(0);
    expect(events.of('clientDown')).toEqual([]);
  });

  it('can be closed while it starts', async () => {
    const { peers, identities } = await newBook(1);
    const noop = (): void => undefined;
    const network = new ReplicaNetwork({
      networkId: '00'.repeat(32),
      identity: identities[0]!,
      ownIndex: 0,
      peers,
      listen: { host: HOST, port: peers[0]!.port },
      verify: async () => false,
      onPeerMessage: noop,
      onClientMessage: noop,
      onPeerUp: noop,
      onPeerDown: noop,
      onClientUp: noop,
      onClientDown: noop,
      onRefused: noop,
    });
    await Promise.all([network.start(), network.close()]);
    // The port is free again.
    await startReplica({ peers, identity: identities[0]!, ownIndex: 0 });
  });
});
