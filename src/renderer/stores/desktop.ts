/**
 * What the desktop program lets a person set, and how it speaks and looks, as this page does. Nothing in a browser.
 * @module
 */
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';
import type { DesktopView, DesktopWishes } from '../../shared/contract/desktop.ts';
import { call } from '../bridge/current.ts';
import { usePreferences } from './preferences.ts';

export const useDesktop = defineStore('desktop', () => {
  /** `null` in a browser, and until it is known. */
  const view = shallowRef<DesktopView | null>(null);
  const preferences = usePreferences();

  async function load(): Promise<void> {
    view.value = (await call('desktop.get', {})).desktop;
  }

  /** Counts at once, and is durable when this resolves. Rejects with why it was not kept; then it is as it was. */
  async function set(change: Partial<DesktopWishes>): Promise<void> {
    const before = view.value;
    if (before === null) return;
    view.value = { ...before, wishes: { ...before.wishes, ...change } };
    try {
      await call('desktop.set', change);
    } catch (error) {
      view.value = before;
      throw error;
    }
  }

  /** From now on the page speaks and looks as the program does, and the program as the page. */
  async function shareDisplay(): Promise<void> {
    const before = { language: preferences.languageChoice, theme: preferences.theme };
    await load();
    if (view.value === null) return;
    const { wishes } = view.value;
    // What a person has chosen on this page meanwhile is newer than what the program knows.
    if (preferences.languageChoice === before.language) preferences.languageChoice = wishes.language;
    if (preferences.theme === before.theme) preferences.theme = wishes.theme;
    watch(
      () => ({ language: preferences.languageChoice, theme: preferences.theme }),
      (chosen) => {
        const known = view.value?.wishes;
        if (chosen.language === known?.language && chosen.theme === known.theme) return;
        // Where it cannot be kept, the page follows it all the same, as long as it is there.
        void set(chosen).catch(() => undefined);
      },
      { immediate: true },
    );
  }

  return { view, load, set, shareDisplay };
});
