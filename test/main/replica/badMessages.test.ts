/** Bad messages over real sockets: counted by sender and reason, told by name; who sends many is shut out. */
import { describe, expect, it } from 'vitest';
import { encodeMessage, peerMessageCodec, toReplicaCodec } from '../../../src/main/consensus/messages.ts';
import { evidenceOf } from '../../../src/main/ledger/evidence.ts';
import { BAD_MESSAGES_PER_MINUTE_MAX, BadMessages } from '../../../src/main/replica/badMessages.ts';
import { CountersignError } from '../../../src/shared/errors.ts';
import { signStatement } from '../../support/ledger.ts';
import { eventually } from '../network/harness.ts';
import { connectClient, startOneOfFour, verifier } from './oneOfFour.ts';

const place = { epoch: 0, view: 0, height: 1, hash: 'ab'.repeat(32) };

describe('what a replica sends that no correct one sends', () => {
  it('is named and counted by its reason, and the sender is shut out when it is too much', async () => {
    const { network, replica, events, liar } = await startOneOfFour();
    const statement = { type: 'localCommit', ...place } as const;
    const good = { ...statement, signature: signStatement(network, 0, statement) };
    const forged = { ...statement, signature: signStatement(network, 1, statement) };
    liar.network.sendToPeer(3, encodeMessage(peerMessageCodec, good));
    liar.network.sendToPeer(3, encodeMessage(peerMessageCodec, forged));
    liar.network.sendToPeer(3, new Uint8Array([1, 2, 3]));
    await eventually(() => events.filter(({ type }) => type === 'badMessage').length === 2);
    expect(events.filter(({ type }) => type === 'badMessage')).toMatchObject([
      { from: 'replica 0', error: { code: 'message.badSignature', data: { type: 'localCommit' } } },
      { from: 'replica 0', error: { code: 'message.malformed', data: { type: 'unknown' } } },
    ]);
    expect(replica.status().badMessages.replicas).toEqual(
      new Map([[0, { 'message.badSignature': 1, 'message.malformed': 1 }]]),
    );
    expect(liar.events.of('peerDown')).toEqual([]);

    for (let count = 0; count < BAD_MESSAGES_PER_MINUTE_MAX; count++) {
      liar.network.sendToPeer(3, new Uint8Array([4, 5, 6]));
    }
    const down = await liar.events.nth('peerDown');
    expect(down).toMatchObject({
      index: 3,
      error: { code: 'admission.badMessages', data: { maxPerMinute: BAD_MESSAGES_PER_MINUTE_MAX } },
    });
    await eventually(() => replica.status().network.refusals['admission.badMessages'] !== undefined);
    expect(replica.status()).toMatchObject({ connectedReplicas: 1, halted: null });
  });

  it('what this replica had no time to verify is not the sender’s fault', async () => {
    let isFull = false;
    const { network, replica, events, liar } = await startOneOfFour({
      verify: async (...job) => {
        if (isFull) throw new CountersignError('admission.queueFull', { maxBytes: 1 });
        return await verifier.verify(...job);
      },
    });
    isFull = true;
    const statement = { type: 'localCommit', ...place } as const;
    const good = { ...statement, signature: signStatement(network, 0, statement) };
    const count = 2 * BAD_MESSAGES_PER_MINUTE_MAX;
    for (let sent = 0; sent < count; sent++) {
      liar.network.sendToPeer(3, encodeMessage(peerMessageCodec, good));
    }
    await eventually(() => events.filter(({ type }) => type === 'badMessage').length === count);
    expect(replica.status()).toMatchObject({ connectedReplicas: 2, badMessages: { replicas: new Map() } });
  });

  it('a client is told and closed at the first; a good piece of evidence is taken', async () => {
    const all = await startOneOfFour();
    const { network, replica, events } = all;
    const order = (hash: string) => {
      const statement = { type: 'order', ...place, hash } as const;
      return { statement, signature: signStatement(network, 0, statement) };
    };
    const evidence = evidenceOf(0, order('ab'.repeat(32)), order('cd'.repeat(32)))!;
    const client = await connectClient(all);
    client.network.send(3, encodeMessage(toReplicaCodec, { type: 'evidence', evidence }));
    await eventually(() => replica.status().standing.evidence.length === 1);
    expect(replica.status().standing.evidence[0]).toEqual({ evidence, recordedHeight: null });

    const forged = { ...evidence, replica: 1 };
    client.network.send(3, encodeMessage(toReplicaCodec, { type: 'evidence', evidence: forged }));
    await client.events.until(() => client.events.of('peerDown').some(({ index }) => index === 3));
    expect(client.events.of('peerDown').find(({ index }) => index === 3)?.error).toMatchObject({
      code: 'message.badSignature',
      data: { type: 'evidence' },
    });
    expect(replica.status().badMessages).toEqual({
      replicas: new Map(),
      clients: { 'message.badSignature': 1 },
    });
    expect(events.filter(({ type }) => type === 'evidence')).toHaveLength(1);
  });
});

describe('the allowance of a replica', () => {
  it('is used up by many at once, grows again with time, and is its own', () => {
    let nowMs = 0;
    const bad = new BadMessages(() => nowMs);
    const send = (index: number): boolean => bad.ofReplica(index, 'message.malformed');
    for (let count = 0; count < BAD_MESSAGES_PER_MINUTE_MAX; count++) expect(send(1)).toBe(false);
    expect(send(1)).toBe(true);
    expect(send(2)).toBe(false);
    nowMs += 60_000 / BAD_MESSAGES_PER_MINUTE_MAX + 1;
    expect([send(1), send(1)]).toEqual([false, true]);
    expect(bad.counts.replicas.get(1)).toEqual({ 'message.malformed': BAD_MESSAGES_PER_MINUTE_MAX + 3 });
  });
});
