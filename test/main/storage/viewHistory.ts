/**
 * One fixed history of views that change, commit by commit: the same every time, so that what a process was doing when
 * it was killed can be told from what it left.
 * @module
 */
import {
  FIRST_POSITION,
  type PersistOperation,
  type ViewPosition,
} from '../../../src/main/consensus/effects.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import type { CheckpointCertificate } from '../../../src/main/ledger/statement.ts';
import { makeEvidence } from '../../support/evidence.ts';
import { TestChain, type TestNetwork } from '../../support/ledger.ts';
import { evidenceOp, makeNewView, makeViewChange, openingOp, viewChangeOp } from './promises.ts';

const CHECKPOINT_EVERY = 6;

/** The number of the commit that led to `position`: each one raises the target or the view by one. */
export function commitNumber({ view, target }: ViewPosition): number {
  return Math.max(view, target);
}

/** Leaves a view with each odd commit, and enters the next with each even one. */
export class ViewHistory {
  readonly #network: TestNetwork;
  readonly #chain: TestChain;
  #position = FIRST_POSITION;
  #stable: CheckpointCertificate | null = null;
  /** Requests that were taken off the chain. */
  #putBack: SignedRequest[] = [];
  readonly #above: { readonly height: number; readonly requests: readonly SignedRequest[] }[] = [];

  constructor(network: TestNetwork) {
    this.#network = network;
    this.#chain = new TestChain(network);
  }

  /** Number of commits that have been made. */
  get commits(): number {
    return commitNumber(this.#position);
  }

  /** The operations of the next commit. */
  next(): PersistOperation[] {
    const number = this.commits + 1;
    return number % 2 === 1 ? this.#leave(number) : this.#enter(number);
  }

  #leave(target: number): PersistOperation[] {
    const { lastNormalView } = this.#position;
    const viewChange = makeViewChange(this.#chain, target, { lastNormalView, stable: this.#stable });
    return [this.#move({ mode: 'changing', target }), viewChangeOp(viewChange)];
  }

  #enter(view: number): PersistOperation[] {
    const { lastNormalView } = this.#position;
    const newView = makeNewView(
      this.#network,
      makeViewChange(this.#chain, view, { lastNormalView, stable: this.#stable }),
    );
    const operations = [
      this.#rollBack(view % 3),
      this.#append(view, this.#putBack.splice(0, 2).toReversed()),
      this.#append(view, this.#chain.requests(2)),
      openingOp(newView, 'ab'.repeat(64)),
      evidenceOp(makeEvidence(this.#network, view % 4, 'order', { view }), view),
    ];
    if (view % CHECKPOINT_EVERY === 0) operations.push(this.#settle());
    const { height: baseHeight } = this.#chain.header();
    return [...operations, this.#move({ mode: 'normal', view, lastNormalView: view, baseHeight })];
  }

  #rollBack(blocks: number): PersistOperation {
    const height = Math.max(this.#stable?.height ?? 0, this.#chain.header().height - blocks);
    while ((this.#above.at(-1)?.height ?? 0) > height) this.#putBack.push(...this.#above.pop()!.requests);
    this.#chain.rollback(height);
    return { type: 'rollback', height };
  }

  #append(view: number, requests: readonly SignedRequest[]): PersistOperation {
    const accepted = this.#chain.append(requests, view);
    this.#above.push({ height: accepted.block.header.height, requests });
    return { type: 'append', accepted: { block: accepted.block, order: null } };
  }

  #settle(): PersistOperation {
    const checkpoint = this.#chain.checkpoint(this.#chain.header().height - 1);
    this.#stable = checkpoint.certificate;
    return { type: 'checkpoint', checkpoint };
  }

  #move(fields: Partial<ViewPosition>): PersistOperation {
    this.#position = { ...this.#position, ...fields };
    return { type: 'position', position: this.#position };
  }
}
