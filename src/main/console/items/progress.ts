/**
 * Follows sent requests: what the client finds becomes the state of the item. Of many findings about one item the
 * last is written; what ends an item is durable before it is shown.
 * @module
 */
import type { ItemState } from '../../../shared/contract/model.ts';
import type { Progress } from '../../client/tracking.ts';
import type { ItemBook } from './itemBook.ts';
import { SETTLED, storedItem, type ItemRecord } from './itemRecord.ts';
import { toConsoleError } from '../errors.ts';
import { fromPlainError } from '../../../shared/errors.ts';

export interface ProgressWriterOptions {
  readonly book: ItemBook;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** Told where a state could not be written. The request itself is durable, so it is followed again after a start. */
  readonly onFailure: (error: unknown) => void;
}

export class ProgressWriter {
  readonly #options: ProgressWriterOptions;
  /** What each item is to become, by id: bounded by the number of items. */
  readonly #waiting = new Map<string, ItemRecord>();
  #writing: Promise<void> | null = null;

  constructor(options: ProgressWriterOptions) {
    this.#options = options;
  }

  /** Takes in what the client found about one of our requests. */
  take(progress: Progress): void {
    const { book, now } = this.#options;
    const known = book.ofRequest(progress.requestId);
    if (known === undefined) return;
    const before = this.#waiting.get(known.id) ?? known;
    const after = advanced(before, progress, now());
    if (after === null) return;
    const isSettled = SETTLED.includes(after.state);
    if (!isSettled) book.show(after);
    // The count of answers is for the eye; the state is what must outlast a crash.
    if (after.state === before.state && !isSettled && !this.#waiting.has(after.id)) return;
    this.#waiting.set(after.id, after);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  /** Waits until everything taken in so far is written. */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    const { book, onFailure } = this.#options;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const [id, record] = next;
      try {
        await book.exclusively(async () => {
          const stored = await book.store.get(id);
          if (stored !== null) await book.store.put(storedItem(record, stored.payload, stored.signed));
        });
      } catch (error) {
        onFailure(error);
      }
      // Something newer may have come in meanwhile: then that is written next.
      if (this.#waiting.get(id) !== record) continue;
      this.#waiting.delete(id);
      if (SETTLED.includes(record.state) && book.ofRequest(record.requestId ?? '') !== undefined) {
        book.show(record);
      }
    }
  }
}

/** The item after `progress`; `null` where nothing has changed. */
function advanced(record: ItemRecord, progress: Progress, nowMs: number): ItemRecord | null {
  // Final is for ever, and what was refused for good is not asked again.
  if (SETTLED.includes(record.state)) return null;
  const state = stateOf(progress);
  const { accepted, replicas, height, finality } = progress;
  const error = progress.error === null ? null : toConsoleError(fromPlainError(progress.error));
  const same =
    record.state === state &&
    record.accepted === accepted &&
    record.replicas === replicas &&
    record.height === height &&
    record.error?.code === error?.code;
  if (same) return null;
  const finalAtMs = state === 'final' ? nowMs : null;
  return { ...record, state, accepted, replicas, height, finality, finalAtMs, error, updatedAtMs: nowMs };
}

function stateOf({ state, error }: Progress): ItemState {
  // Too old is nobody's fault but time's: the draft can be imported and signed again.
  return state === 'refused' && error?.code === 'request.tooOld' ? 'expired' : state;
}
