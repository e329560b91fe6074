/** Replica 3 of four as it is, over real sockets, and replica 0 as the test has it. */
import { onTestFinished } from 'vitest';
import * as ed25519 from '@noble/ed25519';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  type GetRecallMessage,
} from '../../../src/main/consensus/messages.ts';
import { networkIdOf } from '../../../src/main/ledger/genesis.ts';
import { HANDSHAKE_DOMAIN, digest } from '../../../src/main/ledger/hash.ts';
import { peersOf } from '../../../src/main/network/genesisPeers.ts';
import type { ReplicaIdentity } from '../../../src/main/network/handshake.ts';
import type { SignatureVerifier } from '../../../src/main/replica/inbox.ts';
import { Replica, type ReplicaEvent } from '../../../src/main/replica/replica.ts';
import type { LedgerStore } from '../../../src/main/storage/index.ts';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { openGuard } from '../../support/guard.ts';
import { NOW_MS } from '../../support/consensus.ts';
import { makeGenesis, type TestNetwork } from '../../support/ledger.ts';
import { MemoryDisk, openMemoryStore } from '../../sim/memoryStore.ts';
import { eventually, startClient, startReplica, type TestReplica } from '../network/harness.ts';
import { freePorts } from '../../support/freePorts.ts';

/** Verifies at once, on the test's own thread. */
export const verifier: SignatureVerifier = {
  verify: async (signature, digest, publicKey) => verifySync({ signature, digest, publicKey }),
};

export interface OneOfFour {
  readonly network: TestNetwork;
  readonly replica: Replica;
  readonly events: readonly ReplicaEvent[];
  /** Replica 0: the primary of view 0. */
  readonly liar: TestReplica;
}

/** `storeOf` may put something between the replica and its store. */
export async function startOneOfFour(
  chosen: SignatureVerifier = verifier,
  storeOf: (store: LedgerStore) => LedgerStore = (store) => store,
): Promise<OneOfFour> {
  const made = makeGenesis();
  const ports = await freePorts(4);
  const genesis = {
    ...made.genesis,
    replicas: made.genesis.replicas.map((each, index) => ({ ...each, port: ports[index]! })),
  };
  const network = { ...made, genesis, networkId: networkIdOf(genesis) };
  const events: ReplicaEvent[] = [];
  const replica = await Replica.start({
    genesis,
    guard: await openGuard(network, 3),
    store: storeOf(openMemoryStore(new MemoryDisk(), genesis)),
    verifier: chosen,
    now: () => NOW_MS,
    onEvent: (event) => events.push(event),
  });
  onTestFinished(async () => await replica.stop());
  return { network, replica, events, liar: await connectReplica(network, 0) };
}

/** Another replica as the test has it, connected with replica 3. */
async function connectReplica(network: TestNetwork, ownIndex: number): Promise<TestReplica> {
  const { genesis, networkId } = network;
  const identity: ReplicaIdentity = {
    publicKey: genesis.replicas[ownIndex]!.publicKey,
    prove: (content) =>
      toHex(ed25519.sign(digest(HANDSHAKE_DOMAIN, content), network.replicaSeeds[ownIndex]!)),
  };
  const replica = await startReplica({ networkId, peers: peersOf(genesis), ownIndex, identity });
  await replica.events.until(() => replica.events.of('peerUp').some(({ index }) => index === 3));
  return replica;
}

/** Replica 3 hears from a quorum that they have nothing of it: from now on it takes part. */
export async function endListening({ network, replica, liar }: OneOfFour): Promise<void> {
  for (const { network: socket, events } of [liar, await connectReplica(network, 1)]) {
    const asked = (): GetRecallMessage[] =>
      events
        .of('peerMessage')
        .map(({ bytes }) => decodeMessage(peerMessageCodec, bytes, maxMessageBytes(network.genesis)))
        .filter((message) => message.type === 'getRecall');
    await events.until(() => asked().length > 0);
    const recall = encodeMessage(peerMessageCodec, {
      type: 'recall',
      epoch: 0,
      token: asked()[0]!.token,
      statements: [],
    });
    socket.sendToPeer(3, recall);
  }
  await eventually(() => !replica.status().standing.listening);
}

/** A client that is connected with replica 3. */
export async function connectClient({ network }: OneOfFour): Promise<ReturnType<typeof startClient>> {
  const client = startClient({ networkId: network.networkId, replicas: peersOf(network.genesis) });
  await client.events.until(() => client.events.of('peerUp').some(({ index }) => index === 3));
  return client;
}
