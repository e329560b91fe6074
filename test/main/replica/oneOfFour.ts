/** Replica 3 of four as it is, over real sockets, and replica 0 as the test has it. */
import { onTestFinished } from 'vitest';
import * as ed25519 from '@noble/ed25519';
import { verifySync } from '../../../src/main/keys/verifier.ts';
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
import { freePorts, startClient, startReplica, type TestReplica } from '../network/harness.ts';

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
  const identity: ReplicaIdentity = {
    publicKey: genesis.replicas[0]!.publicKey,
    prove: (content) => toHex(ed25519.sign(digest(HANDSHAKE_DOMAIN, content), network.replicaSeeds[0]!)),
  };
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
  const peers = peersOf(genesis);
  const liar = await startReplica({ networkId: network.networkId, peers, ownIndex: 0, identity });
  await liar.events.until(() => liar.events.of('peerUp').some(({ index }) => index === 3));
  return { network, replica, events, liar };
}

/** A client that is connected with replica 3. */
export async function connectClient({ network }: OneOfFour): Promise<ReturnType<typeof startClient>> {
  const client = startClient({ networkId: network.networkId, replicas: peersOf(network.genesis) });
  await client.events.until(() => client.events.of('peerUp').some(({ index }) => index === 3));
  return client;
}
