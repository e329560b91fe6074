/**
 * Real processes over real connections: the network grows from four replicas to seven and shrinks back to four, one of
 * them under a new key, while a client keeps sending and a replica is killed in the middle of a change. Whatever the
 * client saw as final is on every replica once, at the height that it was told.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { membershipAt } from '../../src/main/consensus/config.ts';
import { verifySync } from '../../src/main/keys/verifier.ts';
import { verifyReceipt } from '../../src/main/ledger/receiptCheck.ts';
import { forkReplicas, type ChildReplica } from '../../src/main/replica/childReplica.ts';
import { openLedgerStore } from '../../src/main/storage/index.ts';
import { createStoreWorker } from '../../src/main/storage/storeWorker.ts';
import type { PlainError } from '../../src/shared/errors.ts';
import type { RegistryChange, ReplicaEntry } from '../../src/shared/domain/registry.ts';
import { ChangingNetwork, type NewKey, type ReplicaPlace } from '../support/changingNetwork.ts';
import { LoadClient } from './support/processes.ts';
import { Standings } from './support/standing.ts';
import { freePorts } from '../support/freePorts.ts';

const ENTRY = fileURLToPath(new URL('../../src/main/headless/index.ts', import.meta.url));
const CONCURRENCY = 8;
const STEP_REQUESTS = 30;
/** Far more than it takes: nothing here is about speed. */
const PATIENCE_MS = 60_000;

let home: string;
let network: ChangingNetwork;
let client: LoadClient;
const children = new Map<ReplicaPlace, ChildReplica>();
const startChild = forkReplicas(ENTRY);
/** Those that have stopped by themselves: none must. */
const halted: { name: string; error: PlainError }[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-membership-'));
  network = await ChangingNetwork.create(home);
  await Promise.all(network.founders.map(async (founder) => await start(founder)));
  client = new LoadClient(network);
  await client.start(CONCURRENCY);
}, PATIENCE_MS);

afterEach(async () => {
  await client.close();
  await stopAll();
  await rm(home, { recursive: true, force: true });
}, PATIENCE_MS);

async function start(place: ReplicaPlace): Promise<void> {
  const { directory, entry } = place;
  const listen = `${entry.host}:${String(entry.port)}`;
  const child = startChild({ directory, passphraseFile: network.passphraseFile, listen });
  children.set(place, child);
  void child.exited.then((error) => {
    if (error !== undefined) halted.push({ name: entry.name, error });
  });
  await child.ready;
}

async function kill(place: ReplicaPlace): Promise<void> {
  await children.get(place)?.kill();
  children.delete(place);
}

async function stopAll(): Promise<void> {
  await Promise.all([...children.values()].map(async (child) => await child.stop()));
  children.clear();
}

/** Sends a change of the set, does something in the middle of it, and waits until the network has gone on after it. */
async function change(wanted: RegistryChange, meanwhile?: () => Promise<void>): Promise<void> {
  const request = network.propose(wanted);
  client.send(request);
  await meanwhile?.();
  await client.isFinal(request, PATIENCE_MS);
  expect(halted).toEqual([]);
  await client.untilFinal(client.finals.size + STEP_REQUESTS, PATIENCE_MS);
}

it('grows from four to seven and shrinks back, and loses nothing', { timeout: 4 * PATIENCE_MS }, async () => {
  const [first, second, third, fourth] = network.founders as [
    ReplicaPlace,
    ReplicaPlace,
    ReplicaPlace,
    ReplicaPlace,
  ];
  await client.untilFinal(STEP_REQUESTS, PATIENCE_MS);
  const [early] = client.finals.keys();

  const ports = await freePorts(3);
  const joiners: (ReplicaPlace & { readonly key: NewKey })[] = [];
  for (const [index, port] of ports.entries()) {
    joiners.push(await network.newReplica(`Joiner ${String(index + 1)}`, port));
  }
  for (const [index, joiner] of joiners.entries()) {
    await start(joiner);
    const { entry: replica, key } = joiner;
    await change({ kind: 'addReplica', replica, proof: key.proof }, async () => {
      if (index === 1) await kill(second);
    });
    if (index === 1) await start(second);
  }

  // A founder goes on under a new key: its process finds it beside the old one.
  await kill(fourth);
  const { publicKey: newPublicKey, proof } = await network.newKey(fourth.directory, 2);
  await start(fourth);
  await change({ kind: 'rotateReplica', publicKey: fourth.entry.publicKey, newPublicKey, proof });

  const [joiner, ...others] = joiners;
  for (const { entry } of others) await change({ kind: 'removeReplica', publicKey: entry.publicKey });
  await change({ kind: 'removeReplica', publicKey: third.entry.publicKey });

  await client.finish(PATIENCE_MS);
  const last = client.sent.at(-1)!;
  for (const id of [early!, last.id]) {
    expect((await verifyReceipt(await client.receipt(id), network.genesis, verifySync)).request.id).toBe(id);
  }
  const { sent, finals } = client;
  const members = [first, second, fourth, joiner!];
  const entries = members.map(({ entry }) =>
    entry === fourth.entry ? { ...entry, publicKey: newPublicKey } : entry,
  );
  expect(halted).toEqual([]);
  await inStep(entries);
  await client.close();
  await stopAll();

  expect(finals.size).toBe(sent.length);
  const keys = entries.map(({ publicKey }) => publicKey).sort();
  const ends: string[] = [];
  for (const place of [...members, third, ...others]) {
    const { directory, entry } = place;
    const store = await openLedgerStore({
      directory,
      genesis: network.genesis,
      createWorker: createStoreWorker,
    });
    try {
      const durable = await store.load();
      const { stable } = durable;
      for (const { requestId, height } of finals.values()) {
        const located = await store.request(requestId);
        if (height !== null && height <= stable.height)
          expect(located?.height, `${requestId} at ${entry.name}`).toBe(height);
      }
      if (!members.includes(place)) continue;
      expect((await store.counts()).requests, `each request once at ${entry.name}`).toBe(sent.length);
      expect(membershipAt(network.genesis, durable, '').replicaKeys).toEqual(keys);
      ends.push(`${String(stable.height)}:${stable.hash}:${stable.executedDigest}`);
    } finally {
      await store.close();
    }
  }
  expect(new Set(ends).size).toBe(1);
});

/** Waits until these take part and have all that there is. */
async function inStep(entries: readonly ReplicaEntry[]): Promise<void> {
  const standings = new Standings(network.networkId, entries);
  try {
    await standings.inStep(PATIENCE_MS);
  } finally {
    await standings.close();
  }
}
