/**
 * What one correct replica has made durable over all its lives: the views it entered, the blocks it accepted in each,
 * the view changes it was about to sign.
 * @module
 */
import type { PersistOperation, ViewPosition } from '../../../../src/main/consensus/effects.ts';
import { FIRST_POSITION, firstPosition } from '../../../../src/main/consensus/effects.ts';
import type { HashedHeader } from '../../../../src/main/ledger/block.ts';
import type { CommitCertificate } from '../../../../src/main/ledger/statement.ts';
import { compareCertificates } from '../../../../src/main/ledger/statement.ts';
import {
  newViewStatement,
  viewChangeStatement,
  type ViewChange,
} from '../../../../src/main/ledger/viewChange.ts';
import type { Hex } from '../../../../src/shared/encoding/hex.ts';
import type { DurableStore } from '../durable.ts';
import { lastTermOf, termOf, type Term } from './term.ts';
import { Violation } from './violation.ts';

/** Where a certificate stands among others. */
export interface CertificateKey {
  readonly view: number;
  readonly height: number;
}

/** The key of genesis as a certificate (PROTOCOL.md, rules, 1). */
const GENESIS_KEY: CertificateKey = { view: -1, height: 0 };

interface InView {
  base: number;
  /** Blocks that were on the chain in the view, at or above its base. */
  readonly accepted: Set<Hex>;
}

export class ReplicaHistory {
  readonly replica: number;
  readonly #store: DurableStore;
  readonly #views = new Map<Term, InView>();
  /** View changes that were durable before they were signed, by digest. */
  readonly #viewChanges = new Map<Hex, ViewChange>();
  readonly #openings = new Map<Term, Hex>();
  #position: ViewPosition = FIRST_POSITION;
  #lastEntered: Term = 0;
  #certificate: CertificateKey = GENESIS_KEY;
  /** Of the last stable checkpoint that was written since the start. */
  #stableHash: Hex | null = null;
  isLearner = false;

  constructor(replica: number, store: DurableStore) {
    this.replica = replica;
    this.#store = store;
    this.#views.set(0, { base: 0, accepted: new Set() });
  }

  get position(): ViewPosition {
    return this.#position;
  }

  /** The block that the epoch begins with counts as its lowest certificate (rule E2). */
  get #firstKey(): CertificateKey {
    return { view: GENESIS_KEY.view, height: this.#store.epochBase?.height ?? 0 };
  }

  /** The same, for the view changes of this replica. */
  get firstKey(): CertificateKey {
    return this.#firstKey;
  }

  /** Highest certificate of the epoch that was ever durable. */
  get certificate(): CertificateKey {
    return this.#certificate;
  }

  /** The view change with this digest, if it is or was durable. */
  viewChange(contentDigest: Hex): ViewChange | undefined {
    return this.#viewChanges.get(contentDigest);
  }

  opening(term: Term): Hex | undefined {
    return this.#openings.get(term);
  }

  /** Why the block may not be accepted under a signature in the view; `undefined` where it may (rule A3). */
  acceptProblem(term: Term, height: number, hash: Hex): string | undefined {
    const inView = this.#views.get(term);
    if (inView === undefined) return 'accepts only in a view that it entered';
    if (height < inView.base) return 'signs nothing below the base of the view';
    return inView.accepted.has(hash) ? undefined : 'durable before signed or answered';
  }

  /** An older copy of the disk has been put in place: the history goes on from what is on it. */
  resume(): void {
    const { position, commitCertificate, viewChange, opening, learner } = this.#store;
    this.#position = position;
    this.#lastEntered = lastTermOf(position);
    this.#certificate =
      commitCertificate?.epoch === position.epoch ? keyOf(commitCertificate) : this.#firstKey;
    this.isLearner = learner !== null;
    this.#views.clear();
    this.#viewChanges.clear();
    this.#openings.clear();
    const { blocks } = this.#store;
    const accepted = blocks.filter(({ block }) => block.header.height >= position.baseHeight);
    this.#views.set(lastTermOf(position), {
      base: position.baseHeight,
      accepted: new Set(accepted.map(({ block }) => block.header.hash)),
    });
    if (viewChange !== null) {
      this.#viewChanges.set(viewChangeStatement(viewChange).contentDigest, viewChange);
    }
    if (opening !== null) {
      const { contentDigest } = newViewStatement(opening.newView);
      this.#openings.set(termOf(opening.newView), contentDigest);
    }
  }

  /** One operation of a transaction, before it is carried out. `chain`: as the operations before it leave it. */
  apply(operation: PersistOperation, chain: readonly HashedHeader[]): void {
    switch (operation.type) {
      case 'position':
        return this.#move(operation.position, chain);
      case 'append':
        return this.#append(operation.accepted.block.header);
      case 'commitCertificate':
        return this.#raise(operation.certificate);
      case 'viewChange':
        return this.#leave(operation.viewChange, chain);
      case 'newView': {
        const { contentDigest } = newViewStatement(operation.opening.newView);
        const term = termOf(operation.opening.newView);
        const before = this.#openings.get(term) ?? contentDigest;
        const entered = this.#lastEntered >= term;
        if (before !== contentDigest && entered) {
          throw new Violation('one new view for each view', { replica: this.replica, term });
        }
        this.#openings.set(term, contentDigest);
        return;
      }
      case 'learner':
        this.isLearner = true;
        return;
      case 'checkpoint':
        this.#stableHash = operation.checkpoint.hash;
        return;
      case 'orderSigned':
      case 'rollback':
      case 'evidence':
    }
  }

  /** After a transaction: what is on the chain at the base of the view counts as accepted in it. */
  settle(): void {
    const { mode, baseHeight } = this.#store.position;
    if (mode !== 'normal') return;
    const inView = this.#views.get(lastTermOf(this.#store.position));
    for (
      let height = Math.max(baseHeight, this.#store.stable.height);
      height <= this.#store.tip.height;
      height++
    ) {
      inView?.accepted.add(this.#store.header(height)!.hash);
    }
  }

  #move(position: ViewPosition, chain: readonly HashedHeader[]): void {
    const before = this.#position;
    const { replica } = this;
    if (position.epoch !== before.epoch) return this.#begin(before, position, chain);
    const wentBack =
      position.view < before.view ||
      position.target < before.target ||
      position.lastNormalView < before.lastNormalView;
    if (wentBack) throw new Violation('views never go back', { replica, before, position });
    if (position.mode === 'normal') this.#enter(before, position, chain);
    this.#position = position;
  }

  /** Rule E1: whatever follows the last block of an epoch is of the next one. */
  #append(header: HashedHeader): void {
    if (header.epoch !== this.#position.epoch) {
      const detail = { replica: this.replica, position: this.#position, header };
      throw new Violation('nothing is accepted above the last block of the epoch', detail);
    }
    this.#views.get(lastTermOf(this.#position))?.accepted.add(header.hash);
  }

  /** Rule E2: an epoch begins with the stable certificate of its first block, in the same transaction. */
  #begin(before: ViewPosition, position: ViewPosition, chain: readonly HashedHeader[]): void {
    const { replica } = this;
    const tip = chain.at(-1)!;
    const isFirst = JSON.stringify(position) === JSON.stringify(firstPosition(before.epoch + 1, tip.height));
    if (!isFirst || tip.nextReplicas === null || this.#stableHash !== tip.hash) {
      throw new Violation('an epoch begins at its stable checkpoint', { replica, before, position, tip });
    }
    this.#lastEntered = lastTermOf(position);
    this.#views.set(this.#lastEntered, { base: tip.height, accepted: new Set() });
    this.#certificate = { view: GENESIS_KEY.view, height: tip.height };
    this.#position = position;
  }

  #enter(before: ViewPosition, position: ViewPosition, chain: readonly HashedHeader[]): void {
    const { replica } = this;
    const { view, target, lastNormalView, baseHeight } = position;
    if (view < target) throw new Violation('no view below a signed target is entered', { replica, position });
    if (lastNormalView !== view)
      throw new Violation('the last normal view is the view', { replica, position });
    const term = termOf(position);
    const known = this.#views.get(term);
    if (known === undefined) {
      this.#lastEntered = term;
      const accepted = new Set(chain.filter(({ height }) => height >= baseHeight).map(({ hash }) => hash));
      this.#views.set(term, { base: baseHeight, accepted });
      return;
    }
    // Rule U1 may raise the base within a view; nothing lowers it.
    if (before.mode === 'changing')
      throw new Violation('a view is entered once', { replica, before, position });
    if (baseHeight < known.base) throw new Violation('a view is entered once', { replica, before, position });
    known.base = baseHeight;
  }

  #raise(certificate: CommitCertificate): void {
    if (compareCertificates(certificate, this.#certificate) < 0) {
      const detail = { replica: this.replica, before: this.#certificate, certificate: keyOf(certificate) };
      throw new Violation('the commit certificate is never lowered', detail);
    }
    this.#certificate = keyOf(certificate);
  }

  /** The view change tells the truth about what this replica brings along (rule V2). */
  #leave(viewChange: ViewChange, chain: readonly HashedHeader[]): void {
    const { replica } = this;
    const { lastNormalView, view } = viewChange;
    if (lastTermOf(viewChange) !== this.#lastEntered) {
      const detail = { replica, view, lastNormalView, lastEntered: this.#lastEntered };
      throw new Violation('a view change names the last normal view', detail);
    }
    const named = viewChange.chain.at(-1)?.hash;
    if (named !== undefined && named !== chain.at(-1)?.hash) {
      throw new Violation('a view change names the chain', { replica, view });
    }
    const reported = reportedKey(viewChange, this.#firstKey);
    if (compareCertificates(reported, this.#certificate) < 0) {
      const detail = { replica, view, reported, held: this.#certificate };
      throw new Violation('a view change reports the highest certificate', detail);
    }
    this.#viewChanges.set(viewChangeStatement(viewChange).contentDigest, viewChange);
  }
}

/** The highest certificate that a view change reports; `first` where that is the block that the epoch begins with. */
export function reportedKey({ commit, stable }: ViewChange, first: CertificateKey): CertificateKey {
  const best = commit ?? stable;
  return best === null ? first : keyOf(best);
}

function keyOf({ view, height }: CertificateKey): CertificateKey {
  return { view, height };
}
