/** The page and the program speak and look alike, whoever was told first. */
import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useAsBridge } from '../../../src/renderer/bridge/current.ts';
import type { RendererBridge } from '../../../src/renderer/bridge/rendererBridge.ts';
import { useDesktop } from '../../../src/renderer/stores/desktop.ts';
import { usePreferences } from '../../../src/renderer/stores/preferences.ts';
import { DESKTOP_BY_DEFAULT, type DesktopView } from '../../../src/shared/contract/desktop.ts';

let known: DesktopView;
let told: unknown[];
/** Lets the program answer what it was asked for. */
let answer: () => void;

beforeEach(() => {
  vi.stubGlobal('window', {
    addEventListener: () => undefined,
    matchMedia: () => ({ matches: false, addEventListener: () => undefined }),
    localStorage: { getItem: () => null, setItem: () => undefined },
  });
  vi.stubGlobal('document', { documentElement: { classList: { toggle: () => undefined } } });
  setActivePinia(createPinia());
  known = {
    wishes: { ...DESKTOP_BY_DEFAULT, language: 'zh-CN', theme: 'dark' },
    defaults: DESKTOP_BY_DEFAULT,
    problem: null,
  };
  told = [];
  const asked = Promise.withResolvers<undefined>();
  answer = () => asked.resolve(undefined);
  useAsBridge({
    call: async (channel: string, input: unknown) => {
      if (channel === 'desktop.get') await asked.promise;
      else told.push(input);
      return channel === 'desktop.get' ? { desktop: known } : {};
    },
  } as unknown as RendererBridge);
});

afterEach(() => vi.unstubAllGlobals());

async function shared(): Promise<void> {
  answer();
  await new Promise((resolve) => setImmediate(resolve));
  await nextTick();
}

describe('language and theme', () => {
  it('are those of the program, which is told nothing that it knows', async () => {
    const preferences = usePreferences();
    void useDesktop().shareDisplay();
    await shared();
    expect([preferences.languageChoice, preferences.theme]).toEqual(['zh-CN', 'dark']);
    expect(told).toEqual([]);
  });

  it('that were chosen while the program was asked stay, and it hears of them', async () => {
    const preferences = usePreferences();
    void useDesktop().shareDisplay();
    preferences.theme = 'light';
    await shared();
    expect([preferences.languageChoice, preferences.theme]).toEqual(['zh-CN', 'light']);
    expect(told).toEqual([{ language: 'zh-CN', theme: 'light' }]);
  });

  it('that are chosen later are told, there and back again', async () => {
    const preferences = usePreferences();
    void useDesktop().shareDisplay();
    await shared();
    for (const theme of ['light', 'dark'] as const) {
      preferences.theme = theme;
      await nextTick();
    }
    expect(told).toEqual([
      { language: 'zh-CN', theme: 'light' },
      { language: 'zh-CN', theme: 'dark' },
    ]);
  });
});
