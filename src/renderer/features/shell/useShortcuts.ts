/**
 * Keys that work everywhere but in a field: `g` and a letter to go somewhere, `/` to search (on this page where it can be
 * searched, else in the ledger), `?` for help; and, in a field as well, the command palette's.
 * @module
 */
import { onBeforeUnmount, onMounted } from 'vue';
import { useRouter } from 'vue-router';
import { pagesOf } from '../../pages.ts';
import { useSession } from '../../stores/session.ts';

/** How long after `g` its letter still counts. */
const SEQUENCE_MS = 1_500;

/** What the keys open. */
export interface Shortcuts {
  readonly showHelp: () => void;
  readonly showPalette: () => void;
}

export function useShortcuts({ showHelp, showPalette }: Shortcuts): void {
  const router = useRouter();
  const session = useSession();
  let pressedGAtMs = -Infinity;

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented) return;
    if (isPaletteKey(event)) {
      // Whatever the browser does with it.
      event.preventDefault();
      if (!dialogIsOpen()) showPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || dialogIsOpen()) return;
    const afterG = event.timeStamp - pressedGAtMs < SEQUENCE_MS;
    pressedGAtMs = -Infinity;
    const page = pagesOf(router, session.faults !== null).find(({ letter }) => letter === event.key);
    if (afterG && page !== undefined) void router.push(page.path);
    else if (event.key === 'g') pressedGAtMs = event.timeStamp;
    else if (event.key === '/') {
      event.preventDefault();
      if (!focusSearch()) void router.push('/search');
    } else if (event.key === '?') showHelp();
  }

  onMounted(() => window.addEventListener('keydown', onKey));
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey));
}

/** Control and K, or Command and K. */
function isPaletteKey({ ctrlKey, metaKey, altKey, shiftKey, key }: KeyboardEvent): boolean {
  return ctrlKey !== metaKey && !altKey && !shiftKey && key.toLowerCase() === 'k';
}

/** Whether this page has something to search with. */
function focusSearch(): boolean {
  const search = document.querySelector<HTMLInputElement>('main input[type="search"]');
  search?.focus();
  return search !== null;
}

function dialogIsOpen(): boolean {
  return [...document.querySelectorAll('[aria-modal="true"]')].some((dialog) => dialog.checkVisibility());
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
