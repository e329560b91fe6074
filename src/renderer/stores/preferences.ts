/**
 * Language and theme of this page, kept on this machine.
 * @module
 */
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { THEMES, type Theme } from '../../shared/contract/desktop.ts';
import { LANGUAGES, type Language } from '../../shared/text/quantities.ts';
import { languageOf } from '../ui/languageOf.ts';

/** `auto`: the language of the system or the browser. */
export const LANGUAGE_CHOICES = ['auto', ...LANGUAGES] as const;
export type LanguageChoice = (typeof LANGUAGE_CHOICES)[number];

const LANGUAGE_KEY = 'countersign.language';
const THEME_KEY = 'countersign.theme';

export const usePreferences = defineStore('preferences', () => {
  const languageChoice = ref<LanguageChoice>(oneOf(LANGUAGES, read(LANGUAGE_KEY)) ?? 'auto');
  const systemLanguage = ref(languageOf(navigator.languages));
  window.addEventListener('languagechange', () => (systemLanguage.value = languageOf(navigator.languages)));
  /** The language of the page; to set it is to choose it. */
  const language = computed<Language>({
    get: () => (languageChoice.value === 'auto' ? systemLanguage.value : languageChoice.value),
    set: (chosen) => (languageChoice.value = chosen),
  });
  const theme = ref<Theme>(oneOf(THEMES, read(THEME_KEY)) ?? 'auto');

  const darkMedia = window.matchMedia('(prefers-color-scheme: dark)');
  const systemIsDark = ref(darkMedia.matches);
  darkMedia.addEventListener('change', (event) => (systemIsDark.value = event.matches));
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'auto' && systemIsDark.value));

  watch(
    dark,
    (isDark) => {
      document.documentElement.classList.toggle('dark', isDark);
    },
    { immediate: true },
  );
  watch(theme, (value) => write(THEME_KEY, value));
  // What is chosen, and not what the system says now, is kept.
  watch(languageChoice, (value) => write(LANGUAGE_KEY, value));

  return { language, languageChoice, theme, dark };
});

function oneOf<T extends string>(words: readonly T[], value: string | null): T | undefined {
  return words.find((word) => word === value);
}

/** A browser may forbid storage: the choice then lasts as long as the page. */
function read(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
