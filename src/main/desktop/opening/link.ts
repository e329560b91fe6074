/**
 * Links `countersign://open/…`, which anybody can write anywhere: into a mail, a web page. Such a link names a page of the
 * console and nothing else: it does nothing, signs nothing, unlocks nothing, and brings no file (SECURITY.md 2).
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import { CONSOLE_SCHEME } from '../origin.ts';

/**
 * Host of links from outside. The console's pages are served from another one (`CONSOLE_HOST`), so that an address inside
 * the window is never an address that works from outside.
 */
export const LINK_HOST = 'open';
/** Longest link that is read, in UTF-16 code units: the longest search fits. */
export const LINK_CHARS_MAX = 1_024;

/** A page that a link can name: its route, as the pages' router writes it, and what its addresses look like. */
interface LinkPage {
  readonly route: string;
  readonly address: RegExp;
}

/** What may follow `?` in the address of a search: written in ASCII, everything else encoded. */
const SEARCH_QUERY = '(?:\\?(?:[a-zA-Z0-9._~+=&-]|%[0-9a-fA-F]{2})+)?';

/** Every page of the router (a test compares them), each with the addresses that are well formed. */
export const LINK_PAGES: readonly LinkPage[] = [
  { route: '/', address: /^\/$/ },
  { route: '/inbox', address: /^\/inbox$/ },
  { route: '/inbox/:id', address: /^\/inbox\/[0-9a-zA-Z-]{1,64}$/ },
  { route: '/blocks', address: /^\/blocks$/ },
  { route: '/blocks/:height(\\d{1,15})', address: /^\/blocks\/\d{1,15}$/ },
  { route: '/requests/:id([0-9a-f]{64})', address: /^\/requests\/[0-9a-f]{64}$/ },
  { route: '/checkpoints', address: /^\/checkpoints$/ },
  { route: '/views', address: /^\/views$/ },
  { route: '/evidence', address: /^\/evidence$/ },
  { route: '/search', address: new RegExp(`^/search${SEARCH_QUERY}$`) },
  { route: '/evidence/:replica(\\d{1,3})', address: /^\/evidence\/\d{1,3}(?:\?epoch=\d{1,9})?$/ },
  { route: '/faults', address: /^\/faults$/ },
  { route: '/registry', address: /^\/registry$/ },
  { route: '/peers', address: /^\/peers$/ },
  { route: '/keys', address: /^\/keys$/ },
  { route: '/verify', address: /^\/verify$/ },
  { route: '/diagnostics', address: /^\/diagnostics$/ },
  { route: '/settings', address: /^\/settings$/ },
];

/** Whether `text` is meant as a link, good or bad. */
export function isLink(text: string): boolean {
  return text.slice(0, CONSOLE_SCHEME.length + 1).toLowerCase() === `${CONSOLE_SCHEME}:`;
}

/**
 * The address of the page that a link names. The link is read as it is written: nothing in it is decoded, and no dots are
 * resolved. Throws `opening.linkTooLong`, `opening.linkHost` or `opening.linkPage`.
 */
export function pageOfLink(link: string): string {
  if (link.length > LINK_CHARS_MAX) {
    throw new CountersignError('opening.linkTooLong', { chars: link.length, maxChars: LINK_CHARS_MAX });
  }
  const [, host, rest = ''] = /^countersign:\/\/([^/?#]*)(.*)$/is.exec(link) ?? [];
  if (host?.toLowerCase() !== LINK_HOST) throw new CountersignError('opening.linkHost', { link });
  // Browsers and mail programs like to end an address with a slash.
  const path = rest === '' ? '/' : rest.replace(/(?<=.)\/$/s, '');
  const isPage = LINK_PAGES.some(({ address }) => address.test(path));
  if (!isPage || !isDecodable(path)) throw new CountersignError('opening.linkPage', { link });
  return path;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
