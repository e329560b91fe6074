/**
 * What must hold at every moment of a run (RELIABILITY.md, "Invariants"). It sees every durable write, every
 * signature and every answer of all correct replicas, and throws at the first thing that must not happen.
 * @module
 */
import type { Consensus } from '../../../src/main/consensus/consensus.ts';
import type { Membership } from '../../../src/main/consensus/config.ts';
import type { Announcement, OwnStatement, PersistOperation } from '../../../src/main/consensus/effects.ts';
import type { GenesisLimits } from '../../../src/main/ledger/genesis.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import type { DurableStore } from './durable.ts';

/** Something that must not happen has happened. */
export class Violation extends Error {
  constructor(rule: string, detail: unknown) {
    super(`${rule}: ${JSON.stringify(detail)}`);
    this.name = 'Violation';
  }
}

export class Monitor {
  /** Replicas that may do anything; the others may not be suspected. */
  readonly faulty: ReadonlySet<number>;
  readonly #stores: readonly DurableStore[];
  /** What each replica has signed: the content, by replica, view, phase and height. */
  readonly #signed = new Map<string, string>();
  /** Hash of the final block at each height, and how it came to be final. */
  readonly #final = new Map<number, { readonly hash: Hex; readonly how: string }>();
  /** Height up to which each replica's stable chain has been compared. */
  readonly #compared: number[];
  /** Requests on the chain of each replica. */
  readonly #executed: Set<Hex>[];
  readonly #limits: GenesisLimits;
  readonly #maxPoolRequests: number;

  constructor(
    stores: readonly DurableStore[],
    faulty: ReadonlySet<number>,
    limits: GenesisLimits,
    maxPoolRequests: number,
  ) {
    this.#stores = stores;
    this.faulty = faulty;
    this.#limits = limits;
    this.#maxPoolRequests = maxPoolRequests;
    this.#compared = stores.map(() => 0);
    this.#executed = stores.map(() => new Set());
  }

  /** Height of the highest final block. */
  get finalHeight(): number {
    return Math.max(0, ...this.#final.keys());
  }

  /** Before a transaction: nothing final is taken back, nothing is executed twice. */
  beforeCommit(replica: number, operations: readonly PersistOperation[]): void {
    const store = this.#stores[replica]!;
    const executed = this.#executed[replica]!;
    const chain = store.blocks.slice(store.stable.height);
    for (const operation of operations) {
      if (operation.type === 'append') {
        chain.push(operation.accepted);
        for (const { id } of operation.accepted.block.requests) {
          if (executed.has(id)) throw new Violation('a request is executed once', { replica, id });
          executed.add(id);
        }
      }
      if (operation.type === 'rollback') {
        for (const { block } of chain.splice(operation.height - store.stable.height)) {
          const { height, hash } = block.header;
          if (this.#final.get(height)?.hash === hash) {
            throw new Violation('nothing final is revoked', { replica, height, hash });
          }
          for (const { id } of block.requests) executed.delete(id);
        }
      }
    }
  }

  /** After a transaction: what is stable agrees with all that is final anywhere. */
  afterCommit(replica: number, consensus: Consensus): void {
    const store = this.#stores[replica]!;
    const { height: stableHeight } = store.stable;
    for (let height = this.#compared[replica]! + 1; height <= stableHeight; height++) {
      this.#makeFinal(height, store.header(height)!.hash, `stable at r${String(replica)}`);
    }
    this.#compared[replica] = stableHeight;
    const { tip } = store;
    if (tip.height !== consensus.standing.tipHeight || tip.stateDigest !== consensus.ledger.digest) {
      throw new Violation('the state follows the durable chain', { replica, tip });
    }
  }

  /** Everything is bounded. */
  afterStep(replica: number, consensus: Consensus, { windowBlocks, sizes }: Membership): void {
    const held = consensus.holdings;
    const { tipHeight, stable } = consensus.standing;
    const orderedMax = windowBlocks * this.#limits.maxBlockRequests;
    const bounded =
      tipHeight - stable.height <= windowBlocks &&
      held.orders <= windowBlocks &&
      held.localCommits <= windowBlocks * sizes.n &&
      held.votes <= windowBlocks * sizes.n &&
      held.orderedRequests <= orderedMax &&
      held.pendingRequests <= this.#maxPoolRequests + orderedMax;
    if (!bounded) throw new Violation('everything is bounded', { replica, held, tipHeight, stable });
  }

  /** What a signature asserts is durable, and contradicts nothing that this replica ever signed. */
  onSign(replica: number, statement: OwnStatement): void {
    const { type, epoch, view, height, hash } = statement;
    const store = this.#stores[replica]!;
    const key = [replica, epoch, view, type, height].join(' ');
    const content = type === 'checkpointVote' ? `${hash} ${statement.stateDigest}` : hash;
    const before = this.#signed.get(key) ?? content;
    if (before !== content) throw new Violation('one statement for each view, height, phase', { key });
    this.#signed.set(key, content);
    const durable =
      type === 'checkpointVote'
        ? holdsCertificate(store, view, height)
        : height <= store.stable.height || store.contains(height, hash);
    if (!durable) throw new Violation('durable before signed', { replica, statement });
  }

  /** An answer to a client asserts a durable block. */
  onRespond(replica: number, height: number, hash: Hex): void {
    if (!this.#stores[replica]!.contains(height, hash)) {
      throw new Violation('durable before answered', { replica, height, hash });
    }
  }

  /** A client has seen the block final. */
  onFinal(height: number, hash: Hex, how: string): void {
    const store = this.#stores.find((candidate) => candidate.contains(height, hash));
    if (store === undefined) throw new Violation('a final block is somewhere', { height, hash, how });
    for (let below = height; below > 0 && this.#final.get(below) === undefined; below--) {
      this.#makeFinal(below, store.header(below)!.hash, how);
    }
    this.#makeFinal(height, hash, how);
  }

  /** Nobody accuses a correct replica. */
  onAnnouncement(by: number, announcement: Announcement): void {
    if (announcement.type === 'suspicion' && !this.faulty.has(announcement.replica)) {
      throw new Violation('no correct replica is suspected', { by, ...announcement });
    }
  }

  #makeFinal(height: number, hash: Hex, how: string): void {
    const before = this.#final.get(height);
    if (before === undefined) this.#final.set(height, { hash, how });
    else if (before.hash !== hash) {
      throw new Violation('one final block at each height', { height, before, now: { hash, how } });
    }
  }
}

function holdsCertificate(store: DurableStore, view: number, height: number): boolean {
  const held = store.commitCertificate;
  return held !== null && (held.view > view || (held.view === view && held.height >= height));
}
