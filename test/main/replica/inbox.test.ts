import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, membershipOf } from '../../../src/main/consensus/config.ts';
import { Consensus } from '../../../src/main/consensus/consensus.ts';
import {
  encodeMessage,
  peerMessageCodec,
  toReplicaCodec,
  type PeerMessage,
} from '../../../src/main/consensus/messages.ts';
import { evidenceOf } from '../../../src/main/ledger/evidence.ts';
import type { SignedStatement } from '../../../src/main/ledger/statement.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import { Inbox } from '../../../src/main/replica/inbox.ts';
import { caught, rejected } from '../../support/errors.ts';
import { GENESIS_TIME_MS, makeGenesis, makeRequest, signStatement } from '../../support/ledger.ts';
import { MemoryDisk, openMemoryStore } from '../../sim/memoryStore.ts';

const network = makeGenesis({ limits: { maxRequestBytes: 1_024 } });
const { genesis } = network;
const membership = membershipOf(genesis, genesis.replicas[0]!.publicKey);
const durable = await openMemoryStore(new MemoryDisk(), genesis).load();

/** An inbox, and how many signatures it has had verified. */
function makeInbox(): { inbox: Inbox; consensus: Consensus; verified: () => number } {
  const consensus = new Consensus(genesis, membership, DEFAULT_OPTIONS, durable);
  let count = 0;
  const verifier = {
    verify: async (signature: string, digest: Uint8Array, publicKey: string): Promise<boolean> => {
      count++;
      return verifySync({ signature, digest, publicKey });
    },
  };
  const inbox = new Inbox({ membership, genesis, consensus, verifier });
  return { inbox, consensus, verified: () => count };
}

const request = makeRequest(network, { timestampMs: GENESIS_TIME_MS });

/** The request with the last bit of its signature turned. */
function turned(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1]! ^= 1;
  return copy;
}

describe("a client's request", () => {
  it('is taken with the signature of a supervisor, whoever sends it', async () => {
    const { inbox } = makeInbox();
    expect(await inbox.clientRequest(request.bytes)).toMatchObject({
      request: { id: request.id },
      refusal: null,
    });
  });

  it('is not verified a second time', async () => {
    const { inbox, consensus, verified } = makeInbox();
    await inbox.clientRequest(request.bytes);
    consensus.step({ type: 'request', request }, GENESIS_TIME_MS);
    await inbox.clientRequest(request.bytes);
    expect(verified()).toBe(1);
    // The id does not cover the signature: another one is another matter.
    expect((await inbox.clientRequest(turned(request.bytes))).refusal?.code).toBe('request.badSignature');
    expect(verified()).toBe(2);
  });

  it('is refused with a signature that does not match', async () => {
    const { inbox } = makeInbox();
    expect((await inbox.clientRequest(turned(request.bytes))).refusal).toEqual({
      code: 'request.badSignature',
      data: { id: request.id },
    });
  });

  it('of a stranger, of another network: refused before any signature is looked at', async () => {
    const { inbox, verified } = makeInbox();
    const strangers = makeGenesis({ supervisors: 3 });
    const timestampMs = GENESIS_TIME_MS;
    const elsewhere = makeRequest({ ...network, networkId: 'ab'.repeat(32) }, { timestampMs });
    expect((await inbox.clientRequest(elsewhere.bytes)).refusal?.code).toBe('request.wrongNetwork');
    const known = new Set(genesis.supervisors.map(({ publicKey }) => publicKey));
    const supervisor = strangers.genesis.supervisors.findIndex(({ publicKey }) => !known.has(publicKey));
    const stranger = makeRequest({ ...strangers, networkId: network.networkId }, { timestampMs, supervisor });
    expect((await inbox.clientRequest(stranger.bytes)).refusal?.code).toBe('request.unknownSupervisor');
    expect(verified()).toBe(0);
  });

  it('in bytes that are none is an error of the client', async () => {
    const { inbox } = makeInbox();
    expect((await rejected(inbox.clientRequest(new Uint8Array([1, 2, 3])))).code).toBe('encoding.invalid');
  });

  it('that is larger than the network takes is refused by its id', async () => {
    const { inbox, verified } = makeInbox();
    const remark = 'x'.repeat(genesis.limits.maxRequestBytes);
    const large = makeRequest(network, { timestampMs: GENESIS_TIME_MS, remark });
    expect(await inbox.clientRequest(large.bytes)).toMatchObject({
      request: { id: large.id },
      refusal: { code: 'request.tooLarge', data: { sizeBytes: large.bytes.length } },
    });
    expect(verified()).toBe(0);
  });

  it('and a message of a replica is none of a client', () => {
    const { inbox } = makeInbox();
    const status = encodeMessage(toReplicaCodec, { type: 'getStatus' });
    expect(inbox.clientMessage(status)).toEqual({ type: 'getStatus' });
    const ask = encodeMessage(peerMessageCodec, { type: 'getHeaders', fromHeight: 1 });
    expect(caught(() => inbox.clientMessage(ask)).code).toBe('encoding.invalid');
  });
});

describe('a message of a replica', () => {
  const statement = { type: 'localCommit', epoch: 0, view: 0, height: 1, hash: 'ab'.repeat(32) } as const;
  const commit = (replica: number): Uint8Array =>
    encodeMessage(peerMessageCodec, { ...statement, signature: signStatement(network, replica, statement) });
  const bytesOf = (message: PeerMessage): Uint8Array => encodeMessage(peerMessageCodec, message);

  it('is taken with its own signature, and from nobody else', async () => {
    const { inbox } = makeInbox();
    expect((await inbox.peerMessage(2, commit(2)))!.message).toMatchObject(statement);
    const error = await rejected(inbox.peerMessage(1, commit(2)));
    expect(error).toMatchObject({
      code: 'message.badSignature',
      data: { from: 'replica 1', type: 'localCommit' },
    });
  });

  it('brings no request that no supervisor signed', async () => {
    const { inbox } = makeInbox();
    const good = await inbox.peerMessage(1, bytesOf({ type: 'request', request: request.bytes }));
    expect(good!.bodies.map(({ id }) => id)).toEqual([request.id]);
    const bad = bytesOf({ type: 'requests', requests: [request.bytes, turned(request.bytes)] });
    expect(await rejected(inbox.peerMessage(1, bad))).toMatchObject({
      code: 'message.badSignature',
      data: { from: 'replica 1', type: 'requests' },
    });
  });

  it('in bytes that are none, or too many, is refused unread', async () => {
    const { inbox, verified } = makeInbox();
    expect(await rejected(inbox.peerMessage(1, new Uint8Array()))).toMatchObject({
      code: 'message.malformed',
      data: { from: 'replica 1', type: 'unknown' },
    });
    const long = new Uint8Array(64 * 1024 * 1024);
    const error = await rejected(inbox.peerMessage(1, long));
    expect(error).toMatchObject({ code: 'message.malformed', cause: { code: 'encoding.tooLarge' } });
    const notARequest = bytesOf({ type: 'request', request: new Uint8Array([1, 2, 3]) });
    expect(await rejected(inbox.peerMessage(1, notARequest))).toMatchObject({
      code: 'message.malformed',
      data: { type: 'request' },
    });
    expect(verified()).toBe(0);
  });

  it('with a certificate of too few is none that a signature could mend', async () => {
    const { inbox, verified } = makeInbox();
    const certificate = { ...statement, stateDigest: 'cd'.repeat(32), signatures: [] };
    const error = await rejected(inbox.peerMessage(3, bytesOf({ type: 'stable', certificate })));
    expect(error).toMatchObject({ code: 'message.malformed', data: { from: 'replica 3', type: 'stable' } });
    expect(verified()).toBe(0);
  });
});

describe("a client's evidence", () => {
  const order = (hash: string): SignedStatement => {
    const statement = { type: 'order', epoch: 0, view: 0, height: 1, hash } as const;
    return { statement, signature: signStatement(network, 0, statement) };
  };
  const one = order('ab'.repeat(32));
  const other = order('cd'.repeat(32));
  const evidence = evidenceOf(0, one, other)!;

  it('is taken with two signatures that hold', async () => {
    const { inbox, verified } = makeInbox();
    const bytes = encodeMessage(toReplicaCodec, { type: 'evidence', evidence });
    expect(inbox.clientMessage(bytes)).toEqual({ type: 'evidence', evidence });
    expect(await inbox.clientEvidence(7, evidence)).toEqual({ type: 'evidence', evidence });
    expect(verified()).toBe(2);
  });

  it('is not taken against a replica that did not sign it, or that is none', async () => {
    const { inbox } = makeInbox();
    expect(await rejected(inbox.clientEvidence(7, { ...evidence, replica: 1 }))).toMatchObject({
      code: 'message.badSignature',
      data: { from: 'client 7', type: 'evidence' },
    });
    expect(await rejected(inbox.clientEvidence(7, { ...evidence, replica: 9 }))).toMatchObject({
      code: 'message.malformed',
      data: { from: 'client 7', type: 'evidence' },
    });
  });
});

describe('a guest', () => {
  const encoded = (message: PeerMessage): Uint8Array => encodeMessage(peerMessageCodec, message);

  it('may ask for the stable chain', () => {
    const { inbox } = makeInbox();
    const headers = { type: 'getHeaders', fromHeight: 3 } as const;
    const block = { type: 'getBlock', height: 3, hash: 'ab'.repeat(32) } as const;
    expect(inbox.guestMessage(4, encoded(headers))).toEqual(headers);
    expect(inbox.guestMessage(4, encoded(block))).toEqual(block);
  });

  it('says nothing else that counts, and what cannot be read is its fault', () => {
    const { inbox, verified } = makeInbox();
    expect(inbox.guestMessage(4, encoded({ type: 'suspect', epoch: 0, view: 0 }))).toBeNull();
    expect(inbox.guestMessage(4, encoded({ type: 'request', request: request.bytes }))).toBeNull();
    expect(verified()).toBe(0);
    expect(caught(() => inbox.guestMessage(4, new Uint8Array([1, 2, 3])))).toMatchObject({
      code: 'message.malformed',
      data: { from: 'replica 4' },
    });
  });
});
