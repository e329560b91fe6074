/**
 * The life of an item in words, and what can be done with it in each state.
 * @module
 */
import {
  Ban,
  CircleCheckBig,
  CircleDotDashed,
  CircleX,
  Hourglass,
  Import,
  KeyRound,
  LoaderCircle,
  PencilLine,
  Send,
} from '@lucide/vue';
import type { Component } from 'vue';
import type { ItemState, ItemView } from '../../../shared/contract/model.ts';
import type { Tone } from '../../ui/StatusTag.vue';

/** The sign of each state: a shape of its own, and a tone. */
export const STATE_SIGNS: Readonly<Record<ItemState, { icon: Component; tone: Tone; spins: boolean }>> = {
  draft: { icon: PencilLine, tone: 'neutral', spins: false },
  declined: { icon: Ban, tone: 'neutral', spins: false },
  needsUnlock: { icon: KeyRound, tone: 'warn', spins: false },
  imported: { icon: Import, tone: 'neutral', spins: false },
  signing: { icon: LoaderCircle, tone: 'info', spins: true },
  sent: { icon: Send, tone: 'info', spins: false },
  accepted: { icon: CircleDotDashed, tone: 'info', spins: false },
  final: { icon: CircleCheckBig, tone: 'ok', spins: false },
  refused: { icon: CircleX, tone: 'bad', spins: false },
  expired: { icon: Hourglass, tone: 'warn', spins: false },
};

const REMOVABLE: ReadonlySet<ItemState> = new Set([
  'draft',
  'declined',
  'imported',
  'refused',
  'expired',
  'final',
]);

/** Whether an item in `state` can be taken off the list (`item.remove` of the contract). */
export function isRemovable(state: ItemState): boolean {
  return REMOVABLE.has(state);
}

/** Whether the content of an item in `state` can be reviewed again (`item.again` of the contract). */
export function isOver(state: ItemState): boolean {
  return state === 'refused' || state === 'expired';
}

/** The numbers that the words of an item's state need. */
export function stateNumbers(item: ItemView): Record<string, number> {
  return { accepted: item.accepted, replicas: item.replicas, height: item.height ?? 0 };
}

/** Key of the sentence that says what an item's state means, finality included. */
export function meaningKey(item: ItemView): string {
  if (item.state !== 'final') return `meaning.${item.state}`;
  return item.finality === 'fast' ? 'meaning.finalFast' : 'meaning.finalCertified';
}
