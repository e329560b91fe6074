/**
 * New releases of the desktop program, as it tells of them. Nothing in a browser.
 * @module
 */
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { UpdateView } from '../../shared/contract/updates.ts';
import { call } from '../bridge/current.ts';

/** From one question to the next while no page shows the answer, in milliseconds. */
const ASK_INTERVAL_MS = 60_000;

export const useUpdates = defineStore('updates', () => {
  /** `null` in a browser, and until it is known. */
  const view = shallowRef<UpdateView | null>(null);
  /** The version of which a person does not want to hear now. */
  const laidAside = shallowRef<string | null>(null);

  async function load(): Promise<void> {
    view.value = (await call('update.get', {})).update;
  }

  /** Asks now and again and again, as long as the page is there: the program may look by itself. */
  function follow(): void {
    const ask = (): void => {
      // What does not answer now is asked again.
      if (!document.hidden) void load().catch(() => undefined);
    };
    ask();
    setInterval(ask, ASK_INTERVAL_MS);
  }

  return { view, laidAside, load, follow };
});
