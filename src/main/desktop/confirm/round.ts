/**
 * One confirmation in its window, from the moment it is shown to its one end. Whatever ends it first counts: the person,
 * the window's process, the lock of the screen, the item. Nothing is signed after that.
 * @module
 */
import { confirmChannels, type ConfirmChannel } from '../../../shared/contract/confirm.ts';
import type { Answer } from '../../../shared/contract/bridge.ts';
import { CountersignError, invariant } from '../../../shared/errors.ts';
import type { Confirmation, Decision } from '../../console/confirm/confirmer.ts';
import { toConsoleError } from '../../console/errors.ts';
import type { SignResult } from '../../console/items/signing.ts';
import { parseCall } from './confirmCall.ts';

/** What is needed of a window. */
export interface ConfirmWindow {
  /** Brings it to the front. */
  front(): void;
  /** Ends it, at once, if it has not ended. */
  close(): void;
}

/** What a window is given. */
export interface WindowSide {
  /** Answers a call of its page. Never rejects. */
  readonly answer: (channel: ConfirmChannel, input: unknown) => Promise<Answer>;
  /** It has ended, or cannot be shown. */
  readonly ended: (error: CountersignError) => void;
}
export type OpenWindow = (side: WindowSide) => ConfirmWindow;

export class Round {
  readonly #confirmation: Confirmation;
  readonly #abort = new AbortController();
  readonly #outcome = Promise.withResolvers<SignResult[]>();
  #window: ConfirmWindow | null = null;
  #work: Promise<SignResult[]> | null = null;
  #results: SignResult[] | null = null;

  constructor(confirmation: Confirmation) {
    this.#confirmation = confirmation;
  }

  /** Shows it, and waits for its end. Rejects where it was not confirmed. */
  async run(openWindow: OpenWindow): Promise<SignResult[]> {
    const endListening = this.#confirmation.onBroken((error) => this.end(error));
    try {
      this.#window = openWindow({
        answer: async (channel, input) => await this.#answer(channel, input),
        ended: (error) => this.end(error),
      });
      // What is shown may have changed before anybody listened.
      if (this.#abort.signal.aborted) this.#window.close();
      return await this.#outcome.promise;
    } finally {
      endListening();
    }
  }

  front(): void {
    this.#window?.front();
  }

  /** Ends it: with what was signed by then, or with `error` where nothing was. Later calls change nothing. */
  end(error: CountersignError): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(error);
    this.#window?.close();
    if (this.#work === null) this.#settle(error);
    else void this.#work.catch(() => undefined).finally(() => this.#settle(error));
  }

  #settle(error: CountersignError): void {
    if (this.#results === null) this.#outcome.reject(error);
    else this.#outcome.resolve(this.#results);
  }

  async #answer(channel: ConfirmChannel, input: unknown): Promise<Answer> {
    try {
      this.#abort.signal.throwIfAborted();
      const output = confirmChannels[channel].output.safeParse(await this.#handle(channel, input));
      invariant(output.success, 'an answer to the window keeps its contract', () => channel);
      return { ok: true, output: output.data };
    } catch (error) {
      return { ok: false, error: toConsoleError(error) };
    }
  }

  async #handle(channel: ConfirmChannel, input: unknown): Promise<unknown> {
    switch (channel) {
      case 'open':
        parseCall('open', input);
        return this.#confirmation.view();
      case 'item': {
        const { id, ...page } = parseCall('item', input);
        return await this.#confirmation.item(id, page);
      }
      case 'confirm':
        return { results: await this.#confirm(parseCall('confirm', input)) };
      case 'cancel':
        parseCall('cancel', input);
        this.end(new CountersignError('confirm.cancelled', {}));
        return {};
    }
  }

  /** One try at a time; one that has worked is the last. */
  async #confirm(decision: Decision): Promise<SignResult[]> {
    if (this.#work !== null || this.#results !== null) throw new CountersignError('confirm.busy', {});
    this.#work = this.#confirmation.confirm(decision, this.#abort.signal);
    try {
      this.#results = await this.#work;
    } finally {
      this.#work = null;
    }
    // What went as it should needs no more looking at. The answer still leaves before the window ends.
    const isPlain = this.#results.length <= 1 && this.#results.every(({ error }) => error === null);
    if (isPlain) setImmediate(() => this.end(new CountersignError('confirm.cancelled', {})));
    return this.#results;
  }
}
