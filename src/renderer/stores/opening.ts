/**
 * What a person opened from outside this page: links, receipts, requests and drafts that the desktop program was handed.
 * The page takes one after another and shows each where it belongs.
 * @module
 */
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';
import type { Opened } from '../../shared/contract/opening.ts';
import { call } from '../bridge/current.ts';
import { toError, type RendererBridge } from '../bridge/rendererBridge.ts';
import { useSession } from './session.ts';
import { useToasts } from './toasts.ts';
import { useVerifications } from './verifications.ts';

export const useOpening = defineStore('opening', () => {
  /** Names of what waits until the network runs. */
  const waiting = shallowRef<readonly string[]>([]);
  const session = useSession();
  const toasts = useToasts();
  const verifications = useVerifications();
  let go: (path: string) => void = () => undefined;
  let isLooking = false;
  let isToLookAgain = false;
  /** The number of the last answer. */
  let taken = 0;

  /** Opens what there is, and from now on all that comes. `goTo` shows a page. */
  function follow(bridge: Pick<RendererBridge, 'onOpening'>, goTo: (path: string) => void): void {
    go = goTo;
    bridge.onOpening(() => void look());
    watch(
      () => session.stage?.name,
      () => void look(),
    );
    void look();
  }

  async function look(): Promise<void> {
    isToLookAgain = true;
    if (isLooking) return;
    isLooking = true;
    try {
      while (isToLookAgain) {
        isToLookAgain = false;
        await openAll();
      }
    } catch (error) {
      toasts.fail(error);
    } finally {
      isLooking = false;
    }
  }

  async function openAll(): Promise<void> {
    const items = new Set<string>();
    for (;;) {
      const step = await call('opening.next', { taken });
      taken = step.number;
      waiting.value = step.waiting;
      if (step.opened === null) return;
      show(step.opened, items);
    }
  }

  /** `items`: those that were opened together with this one. */
  function show(opened: Opened, items: Set<string>): void {
    switch (opened.kind) {
      case 'page':
        go(opened.path);
        break;
      case 'receipt':
        verifications.take(opened.name, opened.verification);
        go('/verify');
        break;
      case 'item':
        // Of several, each waits in the inbox.
        items.add(opened.id);
        go(items.size === 1 ? `/inbox/${encodeURIComponent(opened.id)}` : '/inbox');
        break;
      case 'failed':
        toasts.fail(toError(opened.error), opened.name);
        break;
    }
  }

  return { waiting, follow };
});
