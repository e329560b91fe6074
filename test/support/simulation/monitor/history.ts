/**
 * What one correct replica has made durable over all its lives: the views it entered, the blocks it accepted in each,
 * the view changes it was about to sign.
 * @module
 */
import type { PersistOperation, ViewPosition } from '../../../../src/main/consensus/effects.ts';
import { FIRST_POSITION } from '../../../../src/main/consensus/effects.ts';
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
  readonly #views = new Map<number, InView>();
  /** View changes that were durable before they were signed, by digest. */
  readonly #viewChanges = new Map<Hex, ViewChange>();
  readonly #openings = new Map<number, Hex>();
  #position: ViewPosition = FIRST_POSITION;
  #lastEntered = 0;
  #certificate: CertificateKey = GENESIS_KEY;
  isLearner = false;

  constructor(replica: number, store: DurableStore) {
    this.replica = replica;
    this.#store = store;
    this.#views.set(0, { base: 0, accepted: new Set() });
  }

  get position(): ViewPosition {
    return this.#position;
  }

  /** Highest certificate that was ever durable. */
  get certificate(): CertificateKey {
    return this.#certificate;
  }

  /** The view change with this digest, if it is or was durable. */
  viewChange(contentDigest: Hex): ViewChange | undefined {
    return this.#viewChanges.get(contentDigest);
  }

  opening(view: number): Hex | undefined {
    return this.#openings.get(view);
  }

  /** Why the block may not be accepted under a signature in the view; `undefined` where it may (rule A3). */
  acceptProblem(view: number, height: number, hash: Hex): string | undefined {
    const inView = this.#views.get(view);
    if (inView === undefined) return 'accepts only in a view that it entered';
    if (height < inView.base) return 'signs nothing below the base of the view';
    return inView.accepted.has(hash) ? undefined : 'durable before signed or answered';
  }

  /** An older copy of the disk has been put in place: the history goes on from what is on it. */
  resume(): void {
    const { position, commitCertificate, viewChange, opening, learner } = this.#store;
    this.#position = position;
    this.#lastEntered = position.lastNormalView;
    this.#certificate = commitCertificate === null ? GENESIS_KEY : keyOf(commitCertificate);
    this.isLearner = learner !== null;
    this.#views.clear();
    this.#viewChanges.clear();
    this.#openings.clear();
    const { blocks } = this.#store;
    const accepted = blocks.filter(({ block }) => block.header.height >= position.baseHeight);
    this.#views.set(position.lastNormalView, {
      base: position.baseHeight,
      accepted: new Set(accepted.map(({ block }) => block.header.hash)),
    });
    if (viewChange !== null) {
      this.#viewChanges.set(viewChangeStatement(viewChange).contentDigest, viewChange);
    }
    if (opening !== null) {
      const { view, contentDigest } = newViewStatement(opening.newView);
      this.#openings.set(view, contentDigest);
    }
  }

  /** One operation of a transaction, before it is carried out. `chain`: as the operations before it leave it. */
  apply(operation: PersistOperation, chain: readonly HashedHeader[]): void {
    switch (operation.type) {
      case 'position':
        return this.#move(operation.position, chain);
      case 'append':
        this.#views.get(this.#position.lastNormalView)?.accepted.add(operation.accepted.block.header.hash);
        return;
      case 'commitCertificate':
        return this.#raise(operation.certificate);
      case 'viewChange':
        return this.#leave(operation.viewChange, chain);
      case 'newView': {
        const { view, contentDigest } = newViewStatement(operation.opening.newView);
        const before = this.#openings.get(view) ?? contentDigest;
        const entered = this.#lastEntered >= view;
        if (before !== contentDigest && entered) {
          throw new Violation('one new view for each view', { replica: this.replica, view });
        }
        this.#openings.set(view, contentDigest);
        return;
      }
      case 'learner':
        this.isLearner = true;
        return;
      case 'orderSigned':
      case 'rollback':
      case 'checkpoint':
      case 'evidence':
    }
  }

  /** After a transaction: what is on the chain at the base of the view counts as accepted in it. */
  settle(): void {
    const { mode, lastNormalView, baseHeight } = this.#store.position;
    if (mode !== 'normal') return;
    const inView = this.#views.get(lastNormalView);
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
    const wentBack =
      position.view < before.view ||
      position.target < before.target ||
      position.lastNormalView < before.lastNormalView ||
      position.epoch < before.epoch;
    if (wentBack) throw new Violation('views never go back', { replica, before, position });
    if (position.mode === 'normal') this.#enter(before, position, chain);
    this.#position = position;
  }

  #enter(before: ViewPosition, position: ViewPosition, chain: readonly HashedHeader[]): void {
    const { replica } = this;
    const { view, target, lastNormalView, baseHeight } = position;
    if (view < target) throw new Violation('no view below a signed target is entered', { replica, position });
    if (lastNormalView !== view)
      throw new Violation('the last normal view is the view', { replica, position });
    const known = this.#views.get(view);
    if (known === undefined) {
      this.#lastEntered = view;
      const accepted = new Set(chain.filter(({ height }) => height >= baseHeight).map(({ hash }) => hash));
      this.#views.set(view, { base: baseHeight, accepted });
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
    if (lastNormalView !== this.#lastEntered) {
      const detail = { replica, view, lastNormalView, lastEntered: this.#lastEntered };
      throw new Violation('a view change names the last normal view', detail);
    }
    const named = viewChange.chain.at(-1)?.hash;
    if (named !== undefined && named !== chain.at(-1)?.hash) {
      throw new Violation('a view change names the chain', { replica, view });
    }
    if (compareCertificates(reportedKey(viewChange), this.#certificate) < 0) {
      const detail = { replica, view, reported: reportedKey(viewChange), held: this.#certificate };
      throw new Violation('a view change reports the highest certificate', detail);
    }
    this.#viewChanges.set(viewChangeStatement(viewChange).contentDigest, viewChange);
  }
}

/** The highest certificate that a view change reports. */
export function reportedKey({ commit, stable }: ViewChange): CertificateKey {
  const best = commit ?? stable;
  return best === null ? GENESIS_KEY : keyOf(best);
}

function keyOf({ view, height }: CertificateKey): CertificateKey {
  return { view, height };
}
