/**
 * Copies a text, and knows for a moment that it did.
 * @module
 */
import { onScopeDispose, ref, type Ref } from 'vue';
import { copyText } from './copyText.ts';

const COPIED_SHOWN_MS = 1_500;

/** What `useCopied` gives. */
export interface Copied {
  /** Whether something was copied just now. */
  readonly copied: Ref<boolean>;
  readonly copy: (text: string) => Promise<void>;
  /** Another text stands in its place: it was not copied. */
  readonly forget: () => void;
}

export function useCopied(): Copied {
  const copied = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  function forget(): void {
    clearTimeout(timer);
    copied.value = false;
  }
  onScopeDispose(forget);
  return {
    copied,
    forget,
    copy: async (text) => {
      copied.value = await copyText(text);
      clearTimeout(timer);
      timer = setTimeout(forget, COPIED_SHOWN_MS);
    },
  };
}
