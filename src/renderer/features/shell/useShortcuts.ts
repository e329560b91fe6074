/**
 * Keys that work everywhere but in a field: `g` and a letter to go somewhere, `/` to search (on this page where it can be
 * searched, else in the ledger), `?` for help.
 * @module
 */
import { onBeforeUnmount, onMounted } from 'vue';
import { useRouter } from 'vue-router';

/** Second letter after `g`, and where it leads. */
export const PLACES_BY_LETTER: Readonly<Record<string, string>> = {
  o: '/',
  i: '/inbox',
  b: '/blocks',
  c: '/views',
  e: '/evidence',
  f: '/faults',
  k: '/keys',
  s: '/search',
  v: '/verify',
};
/** How long after `g` its letter still counts. */
const SEQUENCE_MS = 1_500;

export function useShortcuts(showHelp: () => void): void {
  const router = useRouter();
  let pressedGAtMs = -Infinity;

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || dialogIsOpen()) return;
    const afterG = event.timeStamp - pressedGAtMs < SEQUENCE_MS;
    pressedGAtMs = -Infinity;
    const place = PLACES_BY_LETTER[event.key];
    if (afterG && place !== undefined) void router.push(place);
    else if (event.key === 'g') pressedGAtMs = event.timeStamp;
    else if (event.key === '/') {
      event.preventDefault();
      if (!focusSearch()) void router.push('/search');
    } else if (event.key === '?') showHelp();
  }

  onMounted(() => window.addEventListener('keydown', onKey));
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey));
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
