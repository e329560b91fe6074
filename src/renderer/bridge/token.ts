/**
 * The access token of the page: it comes once, in the fragment of the address (which is never sent to a server and
 * stays out of logs), and is then kept for this tab alone.
 * @module
 */

const STORAGE_KEY = 'countersign.token';
const FRAGMENT = /^#token=([A-Za-z0-9._~-]{1,512})$/;

/** The parts of a window that are needed here. */
export interface TokenPlaces {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  readonly history: Pick<History, 'replaceState' | 'state'>;
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem'>;
}

/** The token, taken out of the address if it stands there, or as this tab knew it; `null` if it never had one. */
export function takeToken(places: TokenPlaces): string | null {
  const { location, history, sessionStorage } = places;
  const token = FRAGMENT.exec(location.hash)?.[1];
  if (token === undefined) return sessionStorage.getItem(STORAGE_KEY);
  sessionStorage.setItem(STORAGE_KEY, token);
  history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
