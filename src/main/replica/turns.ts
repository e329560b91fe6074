/**
 * Reads from the store for others take turns: a few at once, of each sender in its turn. Whoever asks without end
 * waits for itself, and never keeps a commit waiting, which the store does one by one with the reads.
 * @module
 */

/** Reads for others in the store at once: little enough that a commit behind them is not late. */
export const READS_AT_ONCE_MAX = 4;
/** Reads of one sender that wait for their turn. What comes on top is not answered: a correct one asks again. */
export const READS_WAITING_PER_SENDER_MAX = 1_024;

export class Turns {
  /** What waits, by its sender, in the order of the senders' turns. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #running = 0;

  /** Resolves with what `read` resolves to, when its turn has come; with `null` where too many of the sender's wait. */
  async take<T>(sender: string, read: () => Promise<T>): Promise<T | null> {
    const queue = this.#waiting.get(sender) ?? [];
    if (queue.length >= READS_WAITING_PER_SENDER_MAX) return null;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    queue.push(async () => await read().then(resolve, reject));
    this.#waiting.set(sender, queue);
    this.#next();
    return await promise;
  }

  #next(): void {
    while (this.#running < READS_AT_ONCE_MAX) {
      const [turn] = this.#waiting;
      if (turn === undefined) return;
      const [sender, queue] = turn;
      const read = queue.shift();
      // The next of the same sender waits for the others' turns.
      this.#waiting.delete(sender);
      if (queue.length > 0) this.#waiting.set(sender, queue);
      if (read === undefined) continue;
      this.#running++;
      void read().finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }
}
