/**
 * Follows what the local replica announces of checkpoints: the one under vote, as changes for the pages, and how the
 * last stable ones came about.
 * @module
 */
import type { CheckpointRound } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { ReplicaNode } from '../../replica/node.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';
import { PAGE_MAX } from '../../storage/index.ts';
import { CheckpointBook } from './checkpointBook.ts';
import type { LiveFeed } from './feed.ts';

export interface CheckpointWatchOptions {
  readonly node: ReplicaNode;
  readonly feed: LiveFeed;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

export class CheckpointWatch {
  readonly #options: CheckpointWatchOptions;
  readonly #book: CheckpointBook;
  readonly #unsubscribe: () => void;
  #epoch: number;

  private constructor(options: CheckpointWatchOptions) {
    const { node } = options;
    const { membership, standing } = node.replica.status();
    this.#options = options;
    this.#epoch = membership.epoch;
    this.#book = new CheckpointBook(membership.sizes.n, standing.tipHeight);
    this.#unsubscribe = node.subscribe((event) => this.#event(event));
  }

  /** Follows the replica until `close`. Throws what the store throws. */
  static async start(options: CheckpointWatchOptions): Promise<CheckpointWatch> {
    const { node, now } = options;
    const { stable, tipHeight } = node.replica.status().standing;
    const from = Math.max(stable.height + 1, tipHeight - PAGE_MAX + 1);
    const waiting = tipHeight < from ? [] : await node.store.blocks(from, tipHeight, PAGE_MAX);
    const watch = new CheckpointWatch(options);
    // These were accepted before the program started: when, nobody knows.
    for (const { header } of waiting.toReversed()) watch.#book.accepted(header, null, now());
    return watch;
  }

  /** The newest checkpoint under vote, or the last stable one. */
  get round(): CheckpointRound | null {
    return this.#book.round;
  }

  /** How the stable checkpoint of this block came about; `undefined` where that was not seen. */
  seen(height: number, hash: Hex): CheckpointRound | undefined {
    return this.#book.seen(height, hash);
  }

  close(): void {
    this.#unsubscribe();
  }

  #event(event: ReplicaEvent): void {
    const nowMs = this.#options.now();
    const book = this.#book;
    switch (event.type) {
      case 'accepted':
        // Not told: a block without votes is no checkpoint yet.
        book.accepted(event.accepted.block.header, event.accepted.order?.view ?? null, nowMs);
        return;
      case 'vote':
        book.vote(event, nowMs);
        break;
      case 'stable':
        book.stable(event.checkpoint, nowMs);
        break;
      case 'rolledBack':
        book.rolledBack(event.height);
        break;
      case 'enteredView':
        book.enteredView();
        break;
      case 'membership':
        if (event.epoch === this.#epoch) return;
        this.#epoch = event.epoch;
        book.enteredEpoch(this.#options.node.replica.status().membership.sizes.n);
        break;
      default:
        return;
    }
    this.#options.feed.touch('round', () => ({ topic: 'round', value: this.round }));
  }
}
