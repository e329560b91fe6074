/**
 * What a replica tells its clients: each of the requests that it waits for, and of nobody else's.
 * @module
 */
import { encode } from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { toPlainError, type PlainError } from '../../shared/errors.ts';
import type { Effect } from '../consensus/effects.ts';
import type { GetEpochChangeMessage, GetReceiptMessage, ToClientMessage } from '../consensus/messages.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { receiptCodec } from '../ledger/receipt.ts';
import type { LedgerStore } from '../storage/index.ts';
import { ClientDesk } from './clientDesk.ts';
import { epochChangeOf } from './epochHistory.ts';
import { receiptFor } from './history.ts';
import type { Outlet } from './outlet.ts';

export interface ClientAnswersOptions {
  readonly store: LedgerStore;
  readonly genesis: Genesis;
  readonly outlet: Outlet;
  /** That this replica is in. */
  readonly epoch: number;
  /** Height of the last stable checkpoint. */
  readonly stableHeight: () => number;
  readonly onReadFailed: (error: unknown) => void;
}

export class ClientAnswers {
  readonly #options: ClientAnswersOptions;
  readonly #desk = new ClientDesk();

  constructor(options: ClientAnswersOptions) {
    this.#options = options;
  }

  /** The client wants to hear of the request. */
  wait(clientId: number, requestId: Hex): void {
    this.#desk.wait(clientId, requestId);
  }

  /** The client has gone. */
  leave(clientId: number): void {
    this.#desk.leave(clientId);
  }

  /** This replica has accepted the block with these requests. */
  respond({ requestIds, epoch, height, hash, tag }: Extract<Effect, { type: 'respond' }>): void {
    for (const requestId of requestIds)
      this.#tell(requestId, { type: 'response', requestId, epoch, height, hash, tag });
  }

  /** A stable checkpoint covers the block with these requests. */
  finalize({ requestIds, height, hash }: Extract<Effect, { type: 'finalize' }>): void {
    for (const requestId of requestIds) this.#tellLast(requestId, { type: 'final', requestId, height, hash });
  }

  /**
   * What this client sent is not taken, and agreement never sees it. Others who wait for the request may have sent a
   * good one: the id does not cover the signature.
   */
  refuseTo(clientId: number, requestId: Hex, error: PlainError): void {
    this.#options.outlet.toClients([clientId], { type: 'refusal', requestId, error });
  }

  /** The request is not taken. One that is too old may have become final long ago: then that is the answer. */
  refuse(requestId: Hex, error: PlainError): void {
    const refusal: ToClientMessage = { type: 'refusal', requestId, error };
    if (error.code !== 'request.tooOld') {
      this.#tellLast(requestId, refusal);
      return;
    }
    const { store, stableHeight, onReadFailed } = this.#options;
    store.request(requestId).then((located) => {
      if (located === null || located.height > stableHeight()) this.#tellLast(requestId, refusal);
      else this.alreadyFinal(requestId, located.height);
    }, onReadFailed);
  }

  /** The request was executed at a height at or below the stable checkpoint. */
  alreadyFinal(requestId: Hex, height: number): void {
    const { store, onReadFailed } = this.#options;
    store.headers(height, height).then(([header]) => {
      if (header === undefined) return;
      this.#tellLast(requestId, { type: 'final', requestId, height, hash: header.hash });
    }, onReadFailed);
  }

  /** That this replica is in, for as long as this object lives. */
  get epoch(): number {
    return this.#options.epoch;
  }

  /** Answers what needs the store. */
  async answer(clientId: number, question: GetReceiptMessage | GetEpochChangeMessage): Promise<void> {
    if (question.type === 'getReceipt') await this.#receipt(clientId, question.requestId);
    else await this.#epochChange(clientId, question.epoch);
  }

  /** Sends the receipt of a request, or why there is none. */
  async #receipt(clientId: number, requestId: Hex): Promise<void> {
    const message: ToClientMessage = await receiptFor(
      this.#options.store,
      this.#options.genesis,
      requestId,
    ).then(
      (receipt) => ({ type: 'receipt', requestId, receipt: encode(receiptCodec, receipt) }),
      (error: unknown) => ({ type: 'refusal', requestId, error: toPlainError(error) }),
    );
    this.#options.outlet.toClients([clientId], message);
  }

  /** Sends the proof of who takes part after `epoch`, or that this replica has none. */
  async #epochChange(clientId: number, epoch: number): Promise<void> {
    const { store, genesis, outlet } = this.#options;
    const change = epoch < this.#options.epoch ? await epochChangeOf(store, genesis, epoch) : null;
    outlet.toClients([clientId], { type: 'epochChange', epoch, change });
  }

  #tellLast(requestId: Hex, message: ToClientMessage): void {
    this.#tell(requestId, message);
    this.#desk.done(requestId);
  }

  #tell(requestId: Hex, message: ToClientMessage): void {
    this.#options.outlet.toClients(this.#desk.waiting(requestId), message);
  }
}
