/**
 * The console's own scheme and origin, and what counts as the console's own address.
 * @module
 */

/** Scheme of the console's pages. */
export const CONSOLE_SCHEME = 'countersign';
/** The one host of that scheme. */
export const CONSOLE_HOST = 'console';
/** Origin of the console's pages. */
export const CONSOLE_ORIGIN = `${CONSOLE_SCHEME}://${CONSOLE_HOST}`;

/** The path, query and fragment of an address of the console; `null` for any other address. */
export function consolePathOf(url: string): string | null {
  const rest = url.startsWith(CONSOLE_ORIGIN) ? url.slice(CONSOLE_ORIGIN.length) : null;
  // Anything else after the host would be a port, credentials or a longer name.
  if (rest === null || (rest !== '' && !/^[/?#]/.test(rest))) return null;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Whether an address is of a blob that a page of the console made: a file that a person asked for. */
export function isConsoleBlob(url: string): boolean {
  return url.startsWith(`blob:${CONSOLE_ORIGIN}/`);
}
