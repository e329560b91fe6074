/**
 * Follows what the local replica announces of agreement when something goes wrong: views, their changes, and evidence,
 * as changes for the pages.
 * @module
 */
import type { ViewChangeView, ViewsView } from '../../../shared/contract/model.ts';
import type { ReplicaNode } from '../../replica/node.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';
import type { KnownEvidence } from '../../consensus/effects.ts';
import { epochOf } from '../../ledger/evidence.ts';
import { EvidenceBook } from './evidenceBook.ts';
import type { LiveFeed } from './feed.ts';
import type { ReplicaSets } from './replicaSets.ts';
import { foldView, startHistory, type ViewEvent, type ViewHistory } from './viewHistory.ts';

/** Time between two looks at which view the others say they are in, in milliseconds: twice for each beacon. */
const LOOK_INTERVAL_MS = 500;

export interface AgreementWatchOptions {
  readonly node: ReplicaNode;
  /** Of all epochs up to that of the replica. */
  readonly sets: ReplicaSets;
  readonly feed: LiveFeed;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** The store could not be read. */
  readonly onFailure: (error: unknown) => void;
}

export class AgreementWatch {
  readonly evidence: EvidenceBook;
  readonly #options: AgreementWatchOptions;
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #history: ViewHistory;
  #epoch: number;

  /** Follows the replica until `close`. */
  constructor(options: AgreementWatchOptions) {
    const { node, sets, now } = options;
    const { evidence } = node.replica.status().standing;
    this.#options = options;
    this.#history = newHistory(node, now());
    this.#epoch = node.replica.status().membership.epoch;
    this.evidence = new EvidenceBook(node.genesis, sets, evidence);
    this.#unsubscribe = node.subscribe((event) => this.#event(event));
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
  }

  get views(): ViewsView {
    return this.#history.views;
  }

  /** Newest first. */
  get changes(): readonly ViewChangeView[] {
    return this.#history.changes;
  }

  close(): void {
    this.#unsubscribe();
    clearInterval(this.#timer);
  }

  #event(event: ReplicaEvent): void {
    switch (event.type) {
      case 'suspected':
      case 'changingView':
      case 'viewChange':
      case 'newView':
      case 'enteredView':
        this.#fold(event);
        return;
      case 'membership':
        // The views of an epoch are its own: with other replicas they begin again.
        if (event.epoch === this.#epoch) return;
        this.#epoch = event.epoch;
        this.#history = newHistory(this.#options.node, this.#options.now());
        this.#options.feed.publish({ topic: 'views', value: this.#history.views });
        return;
      case 'evidence':
        this.#evidence(event.known);
        return;
      default:
        return;
    }
  }

  /** The replicas of its epoch are known, but for the first piece of a new one. */
  #evidence(known: KnownEvidence): void {
    const { feed, now, sets, onFailure } = this.#options;
    const publish = (): void => feed.publish({ topic: 'evidence', value: this.evidence.take(known, now()) });
    const epoch = epochOf(known.evidence);
    if (sets.of(epoch) === undefined) sets.read(epoch).then(publish).catch(onFailure);
    else publish();
  }

  /** When the others entered a view shows by their beacons. */
  #look(): void {
    for (const [replica, { view }] of this.#options.node.replica.status().standing.peers) {
      this.#fold({ type: 'seen', replica, view });
    }
  }

  #fold(event: ViewEvent): void {
    const { feed, now } = this.#options;
    const before = this.#history;
    const after = foldView(before, event, now());
    this.#history = after;
    if (after.views !== before.views) feed.publish({ topic: 'views', value: after.views });
    const known = new Set(before.changes);
    // Oldest first: a page puts each new one on top.
    for (const value of after.changes.filter((change) => !known.has(change)).reverse()) {
      feed.publish({ topic: 'viewChange', value });
    }
  }
}

function newHistory({ replica }: ReplicaNode, nowMs: number): ViewHistory {
  const { standing, membership } = replica.status();
  return startHistory(membership.sizes.n, membership.ownIndex, standing.position, nowMs);
}
