/**
 * Short messages in the corner: what was done (with a way back where there is one), and what went wrong.
 * @module
 */
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { AnyError } from '../../shared/locales/errorWords.ts';
import { toPlainError } from '../../shared/errors.ts';

/** A message. Its words are keys, so that they follow a change of language. */
export interface Toast {
  readonly id: number;
  readonly error: AnyError | null;
  /** Name of the file that could not be opened. */
  readonly about: string | null;
  readonly key: string | null;
  readonly named: Readonly<Record<string, string>>;
  readonly undo: (() => void) | null;
}

/** Most messages at once; older ones give way. */
export const TOASTS_MAX = 4;
/** How long a message stays: long enough to read it and to reach its button. Errors stay until they are closed. */
export const TOAST_STAYS_MS = 8_000;

export const useToasts = defineStore('toasts', () => {
  const toasts = shallowRef<readonly Toast[]>([]);
  let nextId = 1;

  function add(toast: Omit<Toast, 'id'>): void {
    const added = { ...toast, id: nextId++ };
    toasts.value = [...toasts.value, added].slice(-TOASTS_MAX);
  }

  /** Says that something was done. `undo` takes it back. */
  function say(key: string, named: Record<string, string> = {}, undo: (() => void) | null = null): void {
    add({ error: null, about: null, key, named, undo });
  }

  /** Says what went wrong, with the file `about` where it was one of several. */
  function fail(error: unknown, about: string | null = null): void {
    const plain = toPlainError(error);
    const text = JSON.stringify([plain, about]);
    // The same error again (a button pressed twice) replaces the one on the screen.
    toasts.value = toasts.value.filter((toast) => JSON.stringify([toast.error, toast.about]) !== text);
    add({ error: plain, about, key: null, named: {}, undo: null });
  }

  function close(id: number): void {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }

  return { toasts, say, fail, close };
});
