/**
 * How a name looks at a glance, so that two members whom nobody could tell apart are found.
 * @module
 */

/** Equal for members that look alike: capitals, spaces and punctuation are overlooked. */
export function lookOf(name: string, organisation: string): string {
  return JSON.stringify([plain(name), plain(organisation)]);
}

function plain(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{Z}]/gu, '');
}
