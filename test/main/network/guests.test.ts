/** Guests: replicas that are no members, and follow. */
import { describe, expect, it } from 'vitest';
import type { PeerAddress, ReplicaIdentity, ReplicaNetworkOptions } from '../../../src/main/network/index.ts';
import { bytesOf, eventually, newBook, startReplica, textOf, type TestReplica } from './harness.ts';

/** `members` members with the keys in the middle, one guest with a lower key and one with a higher. */
async function withGuests(members: number): Promise<{
  peers: readonly PeerAddress[];
  identities: readonly ReplicaIdentity[];
  low: { entry: PeerAddress; identity: ReplicaIdentity };
  high: { entry: PeerAddress; identity: ReplicaIdentity };
}> {
  const { peers, identities } = await newBook(members + 2);
  const at = (place: number) => ({ entry: peers[place]!, identity: identities[place]! });
  return {
    peers: peers.slice(1, -1).map((peer, index) => ({ ...peer, index })),
    identities: identities.slice(1, -1),
    low: at(0),
    high: at(members + 1),
  };
}

async function startGuest(
  peers: readonly PeerAddress[],
  { entry, identity }: { entry: PeerAddress; identity: ReplicaIdentity },
  limits: ReplicaNetworkOptions['limits'] = {},
): Promise<TestReplica> {
  return await startReplica({
    peers,
    identity,
    ownIndex: -1,
    listen: { host: entry.host, port: entry.port },
    limits,
  });
}

describe('guests', () => {
  it('are linked with all members, whoever dials, and hear what is meant for them', async () => {
    const { peers, identities, low, high } = await withGuests(2);
    const guests = [low.entry, high.entry];
    const members = await Promise.all(
      identities.map((identity, ownIndex) => startReplica({ peers, identity, ownIndex, guests })),
    );
    const followers = await Promise.all([startGuest(peers, low), startGuest(peers, high)]);
    for (const { events } of members) await events.nth('peerUp', 3);
    for (const { events } of followers) {
      await events.nth('peerUp', 2);
      expect(
        events
          .of('peerUp')
          .map(({ index }) => index)
          .sort(),
      ).toEqual([0, 1]);
    }

    const [first, second] = members as [TestReplica, TestReplica];
    expect(
      first.events
        .of('peerUp')
        .map(({ index }) => index)
        .sort(),
    ).toEqual([1, 2, 3]);
    expect(first.network.broadcastToPeers(bytesOf('for members'))).toBe(1);
    expect(first.network.broadcastToGuests(bytesOf('for guests'))).toBe(2);
    expect(textOf((await second.events.nth('peerMessage')).bytes)).toBe('for members');
    for (const { events } of followers) {
      expect(await events.nth('peerMessage')).toMatchObject({ index: 0, bytes: bytesOf('for guests') });
    }
    const status = first.network.status();
    expect(status.peers.map(({ index }) => index)).toEqual([1]);
    expect(status.guests.map(({ index, publicKey, state }) => ({ index, publicKey, state }))).toEqual([
      { index: 2, publicKey: low.entry.publicKey, state: 'connected' },
      { index: 3, publicKey: high.entry.publicKey, state: 'connected' },
    ]);

    followers[1].network.sendToPeer(0, bytesOf('a question'));
    expect(await first.events.nth('peerMessage')).toMatchObject({ index: 3 });
    expect(first.network.sendToPeer(3, bytesOf('an answer'))).toBe(true);
    expect(textOf((await followers[1].events.nth('peerMessage', 2)).bytes)).toBe('an answer');
  });

  it('come and go at run time; strangers are refused before and after', async () => {
    const { peers, identities, low } = await withGuests(1);
    const member = await startReplica({ peers, identity: identities[0]!, ownIndex: 0 });
    const follower = await startGuest(peers, low);
    const unknown = { code: 'handshake.unknownReplica', data: { publicKey: low.entry.publicKey } };
    expect((await follower.events.nth('dialFailed')).error).toEqual(unknown);
    expect(follower.network.status().peers[0]).toMatchObject({ state: 'refused', lastError: unknown });

    member.network.setGuests([low.entry]);
    await follower.events.nth('peerUp');
    await member.events.nth('peerUp');
    // Said again, it changes nothing.
    member.network.setGuests([low.entry]);
    expect(member.network.sendToPeer(1, bytesOf('welcome'))).toBe(true);
    await follower.events.nth('peerMessage');

    member.network.setGuests([]);
    expect((await follower.events.nth('peerDown')).error).toEqual(unknown);
    expect(await member.events.nth('peerDown')).toMatchObject({ index: 1, error: unknown });
    expect(member.network.status().guests).toEqual([]);
    // An answer that is late for a guest that has gone harms nobody.
    expect(member.network.sendToPeer(1, bytesOf('late'))).toBe(false);
    member.network.pausePeer(1);
    member.network.resumePeer(1);
    expect(() => member.network.sendToPeer(2, bytesOf('nobody'))).toThrow('invariant.broken');

    member.network.setGuests([low.entry]);
    expect(await member.events.nth('peerUp', 2)).toMatchObject({ index: 2 });
  });

  it('are dialled at run time where the member has the lower key, and no more when they have gone', async () => {
    const { peers, identities, high } = await withGuests(1);
    const member = await startReplica({ peers, identity: identities[0]!, ownIndex: 0 });
    member.network.setGuests([high.entry]);
    await eventually(() => member.network.status().guests[0]?.state === 'down');
    const follower = await startGuest(peers, high);
    await member.events.nth('peerUp');
    member.network.setGuests([]);
    await follower.events.nth('peerDown');
    await member.events.nth('peerDown');
    await new Promise((resolve) => setTimeout(resolve, 300)); // some pauses between attempts
    expect(follower.events.of('peerUp')).toHaveLength(1);
    expect(follower.events.of('refused')).toEqual([]);
  });

  it('may not ask faster than a client, where members may', async () => {
    const { peers, identities, low } = await withGuests(2);
    const limits = { clientMessagesPerSecond: 1, clientMessageBurst: 20 };
    const [first, second] = await Promise.all(
      identities.map((identity, ownIndex) =>
        startReplica({ peers, identity, ownIndex, guests: [low.entry], limits }),
      ),
    );
    const follower = await startGuest(peers, low);
    await follower.events.nth('peerUp', 2);
    await first!.events.nth('peerUp', 2);
    for (let count = 0; count < 100; count++) {
      second!.network.sendToPeer(0, bytesOf('as members do'));
      follower.network.sendToPeer(0, bytesOf('too fast'));
    }
    expect(await first!.events.nth('peerDown')).toMatchObject({
      index: 2,
      error: { code: 'admission.rate', data: { maxPerSecond: 1 } },
    });
    await first!.events.until(
      () => first!.events.of('peerMessage').filter(({ index }) => index === 1).length === 100,
    );
  });

  it('are gone at once when the network closes, and nobody is a guest of a closed one', async () => {
    const { peers, identities, low } = await withGuests(1);
    const member = await startReplica({ peers, identity: identities[0]!, ownIndex: 0, guests: [low.entry] });
    const follower = await startGuest(peers, low);
    await follower.events.nth('peerUp');
    await member.events.nth('peerUp');
    member.network.setGuests([]);
    await member.network.close();
    await follower.events.nth('peerDown');
    member.network.setGuests([low.entry]);
    expect(member.network.status().guests).toEqual([]);
  });
});

describe('a replica that is no member', () => {
  it('says so by its index', async () => {
    const { peers, identities, low } = await withGuests(2);
    const listen = { host: low.entry.host, port: low.entry.port };
    const setup = { peers, identity: low.identity, listen };
    await expect(startReplica({ ...setup, ownIndex: 0 })).rejects.toThrow('invariant.broken');
    await expect(startReplica({ ...setup, identity: identities[0]!, ownIndex: -1 })).rejects.toThrow(
      'invariant.broken',
    );
  });
});
