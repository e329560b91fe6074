/**
 * What the desktop program shows without its window, in the tray and in notifications: looked at once a second, so it
 * costs little, and nothing is told to any page.
 * @module
 */
import { ITEMS_SNAPSHOT_MAX, type Stage } from '../../shared/contract/model.ts';
import { noticeLook } from '../../shared/notices/noticeLook.ts';
import type { NoticeLook } from '../../shared/notices/notices.ts';
import { stepStatus, type Step } from '../../shared/notices/stepStatus.ts';
import type { Running } from './running.ts';

export interface Glance {
  readonly stage: Stage['name'];
  /** What runs; `null` while nothing does. */
  readonly running: {
    readonly look: NoticeLook;
    readonly step: Step;
    /** Drafts that wait for a review, of the newest items. */
    readonly drafts: number;
    /** Whether the supervisor's key is unlocked; `null` where there is none. */
    readonly keyUnlocked: boolean | null;
    /** Whether all replicas run here, so that there is a fault panel. */
    readonly embedded: boolean;
  } | null;
}

export function glanceOf(stage: Stage['name'], running: Running | null): Glance {
  if (running === null || stage !== 'running') return { stage, running: null };
  const { pulse, book, agreement, keyring, registryReads, node } = running;
  const { sizes } = node.replica.status().membership;
  const replica = pulse.replica();
  const peers = pulse.peers();
  const items = book.page(null, ITEMS_SNAPSHOT_MAX);
  const key = keyring.view();
  const registry = registryReads.summary(key?.publicKey ?? null);
  const { views } = agreement;
  const evidence = agreement.evidence.views;
  return {
    stage,
    running: {
      look: noticeLook({ items, evidence, registry, replica, network: sizes, peers, views }),
      step: stepStatus(replica, sizes, peers, views).step,
      drafts: items.filter(({ state }) => state === 'draft').length,
      keyUnlocked: key?.unlocked ?? null,
      embedded: running.faults !== null,
    },
  };
}
