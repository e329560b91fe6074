/**
 * Everything of the console that lives while a network runs: the supervisor's client, key and inbox, and what follows
 * the local replica. Opened in order, closed in reverse; where opening fails, nothing is left open.
 * @module
 */
import { closeAll } from '../../shared/closeAll.ts';
import type { Member } from '../../shared/contract/model.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { toPlainError, type PlainError } from '../../shared/errors.ts';
import { SupervisorClient } from '../client/supervisorClient.ts';
import { verifyEpochChanges, type EpochChange, type ReplicaSet } from '../ledger/epochChange.ts';
import { networkIdOf, type Genesis } from '../ledger/genesis.ts';
import { stableEpochChanges } from '../replica/epochHistory.ts';
import type { SignatureVerifier } from '../replica/inbox.ts';
import type { ReplicaNode } from '../replica/node.ts';
import type { ReplicaEvent } from '../replica/replica.ts';
import { openClientStore, openSearchIndex } from '../storage/index.ts';
import { createStoreWorker } from '../storage/storeWorker.ts';
import type { AsideDesk } from './aside/asideDesk.ts';
import type { ConsoleEvent } from './events.ts';
import { Drafts } from './items/drafts.ts';
import { ItemBook } from './items/itemBook.ts';
import { OfflineItems } from './items/offline.ts';
import { ProgressWriter } from './items/progress.ts';
import { Signatures } from './items/signatures.ts';
import { Signing } from './items/signing.ts';
import { Keyring } from './keyring.ts';
import type { KeyStore } from './keys/keyStore.ts';
import { LedgerReads, type Heights } from './ledger/reads.ts';
import { AgreementWatch } from './live/agreementWatch.ts';
import { CheckpointWatch } from './live/checkpointWatch.ts';
import { FaultBook, type FaultyNetwork } from './live/faultBook.ts';
import type { LiveFeed } from './live/feed.ts';
import { Latency } from './live/latency.ts';
import { Pulse } from './live/pulse.ts';
import { ReplicaSets } from './live/replicaSets.ts';
import { NetworkWatch } from './operator/networkWatch.ts';
import { Sampler } from './live/sampler.ts';
import { RegistryBook } from './registry/registryBook.ts';
import { checkSignable } from './registry/registryChecks.ts';
import { RegistryDrafts } from './registry/registryDrafts.ts';
import { RegistryReads } from './registry/registryReads.ts';
import { SearchDesk } from './search/searchDesk.ts';
import { SearchKeeper } from './search/searchKeeper.ts';

export interface RunningOptions {
  /** The data directory, which holds the client store. */
  readonly directory: string;
  readonly node: ReplicaNode;
  /** The embedded network, for its fault panel; `null` for a replica alone. */
  readonly network: FaultyNetwork | null;
  readonly verifier: SignatureVerifier;
  readonly keys: KeyStore;
  readonly aside: AsideDesk;
  /** How long the key stays unlocked, in milliseconds. */
  readonly unlockedForMs: () => number;
  readonly feed: LiveFeed;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  readonly log: (event: ConsoleEvent) => void;
  /** The registry has changed, in a block that is final or not yet. */
  readonly onRegistry: () => void;
  /** For the log. */
  readonly onReplicaEvent: (event: ReplicaEvent) => void;
  /** The local replica, or the store of the items, has stopped by itself. May be told more than once. */
  readonly onHalted: (error: PlainError) => void;
}

/** See the module. */
export interface Running {
  readonly node: ReplicaNode;
  readonly keyring: Keyring;
  readonly book: ItemBook;
  readonly drafts: Drafts;
  readonly signing: Signing;
  readonly offline: OfflineItems;
  readonly signatures: Signatures;
  readonly reads: LedgerReads;
  readonly search: SearchDesk;
  readonly registry: RegistryBook;
  readonly registryReads: RegistryReads;
  readonly registryDrafts: RegistryDrafts;
  readonly pulse: Pulse;
  readonly agreement: AgreementWatch;
  readonly checkpoints: CheckpointWatch;
  /** The replicas of every epoch so far. */
  readonly sets: ReplicaSets;
  readonly faults: FaultBook | null;
  readonly client: SupervisorClient;
  /** What the replica tells of strangers and bad messages. */
  readonly networkWatch: NetworkWatch;
  close(): Promise<void>;
}

/** Opens everything, and sends again what was signed and not settled. Throws `storage.*`. */
export async function openRunning(options: RunningOptions): Promise<Running> {
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => await closeAll(opened);
  try {
    return { ...(await open(options, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  options: RunningOptions,
  opened: (() => Promise<void>)[],
): Promise<Omit<Running, 'close'>> {
  const { directory, node, verifier, keys, aside, unlockedForMs, feed, now, log } = options;
  const { genesis, store } = node;
  const { maxRequestBytes } = genesis.limits;

  const networkId = networkIdOf(genesis);
  const follow: { pulse: Pulse | null } = { pulse: null };
  const [checkpoint] = await store.checkpoints(1);
  const heights = (): Heights => ({
    tip: node.replica.status().standing.tipHeight,
    // What is announced is durable; what the replica has in mind may not be yet.
    stable: follow.pulse?.chain.stableHeight ?? checkpoint?.height ?? 0,
  });
  const registry = await RegistryBook.open({
    genesis,
    store,
    heights,
    subscribe: (listener) => node.subscribe(listener),
    onFailure: (error) => log({ kind: 'failed', what: 'reading the registry', error: toPlainError(error) }),
  });
  opened.push(async () => await registry.close());
  const registryReads = new RegistryReads({ book: registry, genesis, store, heights });

  const keyring = new Keyring({
    keys,
    standing: (publicKey) => {
      const membership = registry.supervisor(publicKey);
      return membership && { name: membership.entry.name, revokedHeight: membership.until?.height ?? null };
    },
    unlockedForMs,
    now,
    onChange: (value) => feed.publish({ topic: 'key', value }),
  });
  opened.push(async () => await keyring.close());

  const clientStore = await openClientStore({
    directory,
    createWorker: createStoreWorker,
    onDied: (error) => options.onHalted(toPlainError(error)),
  });
  opened.push(async () => await clientStore.close());
  const book = await ItemBook.open({ store: clientStore, feed, stableHeight: checkpoint?.height ?? 0 });
  opened.push(async () => await book.settled());
  const progress = new ProgressWriter({
    book,
    now,
    onFailure: (error) =>
      log({ kind: 'failed', what: 'writing the state of an item', error: toPlainError(error) }),
  });
  opened.push(async () => await progress.settled());

  const latency = new Latency();
  const epochChanges = await stableEpochChanges(store, genesis);
  const sets = await ReplicaSets.open(genesis, store, epochChanges.length);
  const client = new SupervisorClient({
    genesis,
    from: await newestSet(genesis, epochChanges, verifier),
    verify: async (signature, digest, publicKey) => await verifier.verify(signature, digest, publicKey),
    onProgress: (value) => {
      latency.take(value, performance.now());
      progress.take(value);
    },
    onBadMessage: (replica, error) => log({ kind: 'badMessage', replica, error }),
  });
  opened.push(async () => await client.close());

  const agreement = new AgreementWatch({
    node,
    sets,
    feed,
    now,
    onFailure: (error) => log({ kind: 'failed', what: 'reading an epoch', error: toPlainError(error) }),
  });
  opened.push(async () => {
    agreement.close();
    await Promise.resolve();
  });

  const checkpoints = await CheckpointWatch.start({ node, feed, now });
  opened.push(async () => {
    checkpoints.close();
    await Promise.resolve();
  });

  const faults =
    options.network === null
      ? null
      : new FaultBook({
          network: options.network,
          keys: genesis.replicas.map(({ publicKey }) => publicKey),
          shown: () => node.replica.status().membership.replicaKeys,
          now,
          onChange: (value) => feed.publish({ topic: 'faults', value }),
        });

  const networkWatch = new NetworkWatch(now);
  const endWatching = node.subscribe((event) => {
    networkWatch.take(event);
    options.onReplicaEvent(event);
  });
  opened.push(async () => {
    endWatching();
    await Promise.resolve();
  });

  const pulse = await Pulse.start({
    node,
    feed,
    now,
    onStable: (height) => book.stableUpTo(height),
    onMembership: () => {
      options.onRegistry();
      faults?.replaced();
    },
    onHalted: options.onHalted,
    onLook: () => faults?.look(),
    onFailure: (error) =>
      log({ kind: 'failed', what: 'counting what is stored', error: toPlainError(error) }),
  });
  follow.pulse = pulse;
  opened.push(async () => await pulse.close());
  book.stableUpTo(pulse.chain.stableHeight);
  const sampler = new Sampler({
    feed,
    latency,
    standing: () => pulse.standing(),
    now,
  });
  opened.push(async () => {
    sampler.close();
    await Promise.resolve();
  });

  const drafts = new Drafts({
    book,
    aside,
    replicas: genesis.replicas.length,
    registry: registryReads,
    maxRequestBytes,
    now,
  });
  const signing = new Signing({
    book,
    keyring,
    client,
    networkId,
    check: (supervisor, payload) => checkSignable(registry, supervisor, payload),
    maxRequestBytes,
    now,
    onFailure: (error) =>
      log({ kind: 'failed', what: 'signing what waited for the key', error: toPlainError(error) }),
  });
  opened.push(async () => await signing.close());
  keyring.onUnlocked(() => void signing.signWaiting());
  const member = (publicKey: Hex): Member => registry.member(publicKey);
  const supervisor = (publicKey: Hex): Member | undefined => registry.tip.supervisor(publicKey);
  const reads = new LedgerReads({ genesis, store, sets, heights, member, registry: registryReads });
  const keeper = new SearchKeeper({
    genesis,
    store,
    open: async (isFresh, onDied) =>
      await openSearchIndex({ directory, networkId, createWorker: createStoreWorker, isFresh, onDied }),
    // What is announced is durable; what the replica has in mind may not be yet.
    tipHeight: pulse.chain.blocks[0]?.height ?? 0,
    subscribe: (listener) => node.subscribe(listener),
    onFailure: (error) =>
      log({ kind: 'failed', what: 'keeping the search index', error: toPlainError(error) }),
  });
  opened.push(async () => await keeper.close());
  const search = new SearchDesk({ keeper, store, heights, member });
  const offline = new OfflineItems({
    book,
    aside,
    client,
    genesis,
    supervisor,
    store,
    verifier,
    heights,
    now,
  });
  const signatures = new Signatures({ book, member, store, heights });
  const registryDrafts = new RegistryDrafts({
    registry,
    book,
    drafts,
    keys,
    keyring,
    verifier,
    networkId,
  });
  const endListening = registry.onChange(() => {
    keyring.registryChanged();
    options.onRegistry();
  });
  opened.push(async () => {
    endListening();
    await Promise.resolve();
  });
  await signing.resume();
  latency.begin();
  client.start();
  return {
    node,
    keyring,
    book,
    drafts,
    signing,
    offline,
    signatures,
    reads,
    search,
    registry,
    registryReads,
    registryDrafts,
    pulse,
    agreement,
    checkpoints,
    sets,
    faults,
    client,
    networkWatch,
  };
}

/** The replicas that the local ledger proves: the client need not ask for what is known here. */
async function newestSet(
  genesis: Genesis,
  changes: readonly EpochChange[],
  verifier: SignatureVerifier,
): Promise<ReplicaSet> {
  const [first, ...later] = await verifyEpochChanges(
    genesis,
    changes,
    async ({ signature, digest, publicKey }) => await verifier.verify(signature, digest, publicKey),
  );
  return later.at(-1) ?? first;
}
