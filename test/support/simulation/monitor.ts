/**
 * What must hold at every moment of a run (RELIABILITY.md, "Invariants"). It sees every durable write, every
 * signature and every answer of all correct replicas, and throws at the first thing that must not happen.
 * @module
 */
import { membershipOf, type Membership } from '../../../src/main/consensus/config.ts';
import type { Consensus } from '../../../src/main/consensus/consensus.ts';
import type { Announcement, OwnStatement, PersistOperation } from '../../../src/main/consensus/effects.ts';
import type { HashedHeader } from '../../../src/main/ledger/block.ts';
import { contradict, epochOf, type Evidence } from '../../../src/main/ledger/evidence.ts';
import { quorumSizes } from '../../../src/main/ledger/genesis.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import {
  certificateChecks,
  viewTag,
  type CheckpointCertificate,
  type CommitCertificate,
  type Statement,
} from '../../../src/main/ledger/statement.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import type { TestNetwork } from '../ledger.ts';
import type { DurableStore } from './durable.ts';
import type { Edge } from './edge.ts';
import { Finality, type Final } from './monitor/finality.ts';
import { ReplicaHistory } from './monitor/history.ts';
import { Restored } from './monitor/restored.ts';
import { Statements } from './monitor/statements.ts';
import { lastTermOf, termOf, type Term } from './monitor/term.ts';
import { Violation } from './monitor/violation.ts';
import type { Watched, Watcher } from './world.ts';

export { Violation };

/** One of so many transactions is followed by an attempt to start from the store. */
const BOOT_EVERY = 37;

/** Messages for views not yet entered, of each replica (`certify.ts`). */
const EARLY_MAX = 16;
/** Requests that were passed on as overdue (`pool.ts`). */
const OVERDUE_MAX = 1_024;
/** Windows of rolled-back blocks: those of `context.ts`, and the one that is rolled back last. */
const ROLLED_BACK_WINDOWS = 9;

export interface MonitorSetup {
  readonly network: TestNetwork;
  readonly stores: readonly DurableStore[];
  readonly nodeOf: (publicKey: Hex) => number;
  /** Replicas that may do anything; the others may not be suspected. */
  readonly faulty: ReadonlySet<number>;
  readonly edge: Edge;
  readonly maxPoolRequests: number;
}

export class Monitor implements Watcher {
  readonly faulty: ReadonlySet<number>;
  readonly #setup: MonitorSetup;
  readonly #finality: Finality;
  readonly #histories: readonly ReplicaHistory[];
  readonly #statements: Statements;
  readonly #restored: Restored;
  readonly #correct: readonly number[];
  /** Requests on the chain of each replica. */
  readonly #executed: Set<Hex>[];
  /** The bytes of each executed request, wherever it was executed first. */
  readonly #bytes = new Map<Hex, Uint8Array>();
  /** Ids of the requests of each block. */
  readonly #contents = new Map<Hex, ReadonlySet<Hex>>();
  readonly #supervisors: ReadonlySet<Hex>;
  /** The view that each tag stands for. */
  readonly #views = new Map<Hex, Term>();
  /** The members of each epoch that has begun. */
  readonly #memberships = new Map<number, Membership>();
  /** The epoch that each replica runs in. */
  readonly #running = new Map<number, number>();
  #viewsKnown = 0;
  /** Blocks that the transaction under way takes off the chain. */
  #removed: HashedHeader[] = [];
  /** The last normal view before the transaction under way. */
  #viewBefore: Term = 0;
  #commits = 0;
  /** Replicas that evidence was found against. */
  readonly accused = new Set<number>();

  constructor(setup: MonitorSetup) {
    const { network, stores, faulty } = setup;
    this.#setup = setup;
    this.faulty = faulty;
    this.#correct = stores.map((_store, index) => index).filter((index) => !faulty.has(index));
    this.#histories = stores.map((store, index) => new ReplicaHistory(index, store));
    const { f } = quorumSizes(network.genesis.replicas.length);
    this.#restored = new Restored(f);
    this.#statements = new Statements(this.#histories, this.#restored);
    this.#finality = new Finality();
    this.#executed = stores.map(() => new Set());
    this.#supervisors = new Set(network.genesis.supervisors.map(({ publicKey }) => publicKey));
    this.#finality.learn(stores[0]!.header(0)!);
    this.#learn(membershipOf(network.genesis, ''));
  }

  /** All that begin an epoch begin it with the same members. */
  onStart(replica: number, membership: Membership): void {
    this.#running.set(replica, membership.epoch);
    const known = this.#memberships.get(membership.epoch);
    if (known === undefined) this.#learn(membership);
    else if (JSON.stringify(known.replicas) !== JSON.stringify(membership.replicas)) {
      throw new Violation('an epoch has one set of replicas', { replica, known, membership });
    }
  }

  #learn(membership: Membership): void {
    this.#memberships.set(membership.epoch, membership);
    const members = membership.replicaKeys.map((publicKey) => this.#setup.nodeOf(publicKey));
    const correct = members.filter((node) => !this.faulty.has(node));
    const faulty = members.length - correct.length;
    this.#finality.begin(membership.epoch, correct, membership.sizes.q - faulty);
  }

  /** The place of a member of an epoch. */
  #nodeOf(epoch: number, member: number): number {
    const publicKey = this.#memberships.get(epoch)?.replicaKeys[member];
    return publicKey === undefined ? -1 : this.#setup.nodeOf(publicKey);
  }

  /** Height of the highest final block. */
  get finalHeight(): number {
    return this.#finality.height;
  }

  /** Before a transaction: nothing is executed twice, views only rise, view changes tell the truth. */
  beforeCommit(replica: number, operations: readonly PersistOperation[]): void {
    const store = this.#setup.stores[replica]!;
    const history = this.#histories[replica]!;
    const chain: HashedHeader[] = [];
    for (let height = store.stable.height; height <= store.tip.height; height++) {
      chain.push(store.header(height)!);
    }
    this.#removed = [];
    this.#viewBefore = lastTermOf(store.position);
    for (const operation of operations) {
      if (operation.type === 'append') {
        const { header, requests } = operation.accepted.block;
        chain.push(header);
        this.#finality.learn(header);
        if (!this.#contents.has(header.hash)) {
          this.#contents.set(header.hash, new Set(requests.map(({ id }) => id)));
        }
        for (const request of requests) this.#execute(replica, request);
      }
      if (operation.type === 'commitCertificate') this.#checkCertificate(replica, operation.certificate);
      if (operation.type === 'checkpoint') this.#checkCertificate(replica, operation.checkpoint.certificate!);
      if (operation.type === 'rollback') {
        const first = chain[0]!.height;
        for (const header of chain.splice(operation.height - first + 1)) {
          this.#removed.push(header);
          for (const { id } of this.#requestsOf(store, operations, header))
            this.#executed[replica]!.delete(id);
        }
      }
      history.apply(operation, chain);
    }
    this.#checkMode(replica, operations, chain.at(-1)!);
  }

  /** After a transaction: the chain holds all that is final, and the state follows the chain. */
  afterCommit(replica: number, watched: Watched): void {
    const store = this.#setup.stores[replica]!;
    this.#histories[replica]!.settle();
    const { height, hash } = store.stable;
    if (!this.#finality.isFinal(height, hash)) {
      throw new Violation('what is stable is final', { replica, height, hash });
    }
    this.#checkRemoved(replica);
    this.#checkHistory(replica);
    const { tip } = store;
    const { consensus } = watched;
    // The group may hold steps that another transaction will write; the state is that of the whole group.
    if (tip.height !== consensus.standing.tipHeight || tip.stateDigest !== consensus.ledger.digest) {
      throw new Violation('the state follows the durable chain', { replica, tip });
    }
    if (++this.#commits % BOOT_EVERY === 0) this.#checkBoot(replica, watched);
  }

  /** Everything is bounded. */
  afterStep(replica: number, consensus: Consensus, { windowBlocks, sizes }: Membership): void {
    const held = consensus.holdings;
    const { tipHeight, stable } = consensus.standing;
    const orderedMax = windowBlocks * this.#setup.network.genesis.limits.maxBlockRequests;
    const bounded =
      tipHeight - stable.height <= windowBlocks &&
      held.orders <= windowBlocks &&
      held.localCommits <= windowBlocks * sizes.n &&
      held.votes <= windowBlocks * sizes.n &&
      held.orderedRequests <= orderedMax &&
      held.pendingRequests <= this.#setup.maxPoolRequests + OVERDUE_MAX + orderedMax &&
      held.earlyMessages <= EARLY_MAX * sizes.n &&
      held.rolledBackBlocks <= ROLLED_BACK_WINDOWS * windowBlocks &&
      held.viewChanges <= sizes.n &&
      held.evidence <= sizes.n;
    if (!bounded) throw new Violation('everything is bounded', { replica, held, tipHeight, stable });
  }

  /** What a signature asserts is durable, and contradicts nothing that this replica ever signed. */
  onSign(replica: number, statement: OwnStatement): void {
    this.#statements.check(replica, statement);
    const keys = this.#memberships.get(statement.epoch)?.replicaKeys ?? [];
    if (!keys.some((publicKey) => this.#setup.nodeOf(publicKey) === replica)) {
      throw new Violation('only a member of the epoch signs in it', { replica, statement });
    }
    const term = termOf(statement);
    if (statement.type === 'localCommit') {
      const { height, hash } = statement;
      this.#madeFinal(this.#finality.accept(replica, term, height, hash));
    }
    if (statement.type === 'checkpointVote') {
      this.#madeFinal(this.#finality.vote(replica, term, statement.hash));
    }
  }

  /** An answer to a client asserts a durable block, in the view that the tag stands for. */
  onRespond(replica: number, height: number, hash: Hex, tag: Hex): void {
    const view = this.#termOf(tag);
    const problem = this.#histories[replica]!.acceptProblem(view, height, hash);
    if (problem !== undefined) throw new Violation(problem, { replica, view, height, hash });
    this.#madeFinal(this.#finality.accept(replica, view, height, hash));
  }

  /** A correct replica tells a client that its request is final. */
  onReport(replica: number, requestId: Hex, height: number, hash: Hex): void {
    this.#checkFinal({ requestId, height, hash, by: `r${String(replica)}` });
  }

  /** A client has seen its request final. */
  onFinal(requestId: Hex, height: number, hash: Hex, how: string): void {
    this.#checkFinal({ requestId, height, hash, by: `a client, ${how}` });
  }

  /** Nobody accuses a correct replica, and evidence stands alone. */
  onAnnouncement(by: number, announcement: Announcement): void {
    if (announcement.type === 'suspicion' && !this.#isFaulty(by, announcement.replica)) {
      throw new Violation('no correct replica is suspected', { by, ...announcement });
    }
    if (announcement.type === 'listened') this.#restored.listened(by);
    if (announcement.type !== 'evidence') return;
    const { evidence } = announcement.known;
    const { first, second } = evidence;
    const ofEpoch = epochOf(evidence);
    const replica = this.#nodeOf(ofEpoch, evidence.replica);
    if (!this.faulty.has(replica) && !this.#restored.has(replica))
      throw new Violation('evidence never names a correct replica', { by, evidence });
    if (!contradict(first.statement, second.statement) || !this.#provesFault(evidence, ofEpoch)) {
      throw new Violation('evidence stands alone', { by, evidence });
    }
    this.accused.add(replica);
  }

  #provesFault(evidence: Evidence, epoch: number): boolean {
    const keys = this.#memberships.get(epoch)?.replicaKeys ?? [];
    return this.#setup.edge.provesFault(evidence, keys);
  }

  /** Whether the member of the epoch that `by` runs in may be suspected. */
  #isFaulty(by: number, member: number): boolean {
    return this.faulty.has(this.#nodeOf(this.#running.get(by) ?? 0, member));
  }

  /** A certificate that is kept is of the epoch that it is kept in, and its signatures are those of members (E3). */
  #checkCertificate(replica: number, certificate: CommitCertificate | CheckpointCertificate): void {
    const { epoch } = this.#histories[replica]!.position;
    const { networkId, replicaKeys, sizes } = this.#memberships.get(epoch)!;
    const checks = certificateChecks(networkId, replicaKeys, sizes.q, certificate);
    const isValid = checks?.every((check) => this.#setup.edge.signatures.isValid(check)) === true;
    if (certificate.epoch === epoch && isValid) return;
    throw new Violation('a certificate is valid in its epoch', { replica, epoch, certificate });
  }

  /** A replica stops. */
  onStop(replica: number): void {
    this.#restored.stop(replica);
  }

  /** A stopped replica has been given an older copy of its disk, of its guard's, or of both. */
  onRestore(replica: number, what: { readonly store: boolean; readonly guard: boolean }): void {
    if (!what.store) return;
    if (what.guard) this.#restored.add(replica);
    this.#histories[replica]!.resume();
    this.#statements.forgetReports(replica);
    const store = this.#setup.stores[replica]!;
    this.#executed[replica] = new Set(
      store.blocks.flatMap(({ block }) => block.requests.map(({ id }) => id)),
    );
  }

  /** A replica starts again. `remembered`: what each of the others has of it. */
  onRestart(replica: number, remembered: ReadonlyMap<number, readonly Statement[]>): void {
    this.#restored.start(replica, remembered);
  }

  #checkFinal(said: {
    readonly requestId: Hex;
    readonly height: number;
    readonly hash: Hex;
    readonly by: string;
  }): void {
    if (!this.#finality.isFinal(said.height, said.hash)) {
      throw new Violation('only what is final is called final', said);
    }
    if (this.#contents.get(said.hash)?.has(said.requestId) !== true) {
      throw new Violation('a request is final in the block that holds it', said);
    }
  }

  /** Requests are executed once, and only for registered supervisors who signed them. */
  #execute(replica: number, request: SignedRequest): void {
    const executed = this.#executed[replica]!;
    if (executed.has(request.id))
      throw new Violation('a request is executed once', { replica, id: request.id });
    executed.add(request.id);
    const first = this.#bytes.get(request.id) ?? request.bytes;
    this.#bytes.set(request.id, first);
    if (first !== request.bytes && Buffer.compare(first, request.bytes) !== 0) {
      throw new Violation('an id stands for one request', { replica, id: request.id });
    }
    const known = this.#setup.edge.request(request.bytes);
    if (known?.id !== request.id || !this.#supervisors.has(request.supervisor)) {
      throw new Violation('only what a registered supervisor signed is executed', {
        replica,
        id: request.id,
      });
    }
  }

  #requestsOf(
    store: DurableStore,
    operations: readonly PersistOperation[],
    { height, hash }: HashedHeader,
  ): readonly SignedRequest[] {
    const durable = store.block(height);
    if (durable?.block.header.hash === hash) return durable.block.requests;
    const added = operations.find(
      (operation) => operation.type === 'append' && operation.accepted.block.header.hash === hash,
    );
    return added?.type === 'append' ? added.accepted.block.requests : [];
  }

  /** Rule A4: nothing is accepted while changing. Only what is stable may be followed, up to its very block. */
  #checkMode(replica: number, operations: readonly PersistOperation[], tip: HashedHeader): void {
    const store = this.#setup.stores[replica]!;
    const { position } = this.#histories[replica]!;
    const { mode } = store.position;
    // It may have entered a view in between, and left it again, in one transaction.
    const stays =
      mode === 'changing' &&
      position.mode === 'changing' &&
      lastTermOf(store.position) === lastTermOf(position);
    const follows = operations.some(
      (operation) => operation.type === 'checkpoint' && operation.checkpoint.hash === tip.hash,
    );
    if (stays && !follows && store.tip.hash !== tip.hash) {
      throw new Violation('nothing is accepted while changing', { replica, position, tip });
    }
  }

  /**
   * Nothing that became final in the view, or in one before it, is taken off the chain. Only who enters a view late may
   * have a block from an earlier one that became final in the view itself: it begins at the base, like the others.
   */
  #checkRemoved(replica: number): void {
    const store = this.#setup.stores[replica]!;
    for (const { height, hash } of this.#removed) {
      const final = this.#finality.at(height);
      if (final?.hash !== hash || store.contains(height, hash)) continue;
      const last = lastTermOf(store.position);
      const enters = last > this.#viewBefore;
      if (enters ? final.view < last : final.view <= last) {
        throw new Violation('nothing final is revoked', { replica, position: store.position, final });
      }
    }
  }

  /** The chain of a later view contains everything final (PROTOCOL.md, theorem 1). */
  #checkHistory(replica: number): void {
    const store = this.#setup.stores[replica]!;
    const last = lastTermOf(store.position);
    for (const final of this.#finality.highestByView()) {
      if (final.view >= last || store.contains(final.height, final.hash)) continue;
      throw new Violation('a chosen history contains everything final', {
        replica,
        position: store.position,
        final,
        there: store.header(final.height)?.hash,
      });
    }
  }

  #madeFinal(final: Final | undefined): void {
    if (final === undefined) return;
    for (const replica of this.#correct) this.#checkHistory(replica);
  }

  #checkBoot(replica: number, watched: Watched): void {
    const booted = watched.boot().standing;
    const running = watched.consensus.standing;
    const same =
      booted.tipHeight === running.tipHeight &&
      booted.stable.hash === running.stable.hash &&
      booted.position.epoch === running.position.epoch &&
      booted.position.view === running.position.view &&
      booted.position.target === running.position.target;
    if (!same) throw new Violation('the store could boot', { replica, booted, running });
  }

  #termOf(tag: Hex): Term {
    const known = this.#views.get(tag);
    if (known !== undefined) return known;
    const { networkId } = this.#setup.network;
    const VIEWS_AHEAD = 16;
    const first = this.#viewsKnown;
    this.#viewsKnown += VIEWS_AHEAD;
    for (const epoch of this.#memberships.keys()) {
      // An epoch that began meanwhile is searched from its beginning.
      for (let view = 0; view < this.#viewsKnown; view++) {
        this.#views.set(viewTag(networkId, epoch, view), termOf({ epoch, view }));
      }
    }
    const found = this.#views.get(tag);
    if (found !== undefined || first > 1_000) return found ?? -1;
    return this.#termOf(tag);
  }
}
