/**
 * How well a few typed letters fit some words: all of them must occur in order, and the closer together and the nearer
 * to beginnings of words, the better.
 * @module
 */

/** For a letter that follows the one before it at once. */
const ADJACENT = 5;
/** For a letter that begins a word. */
const BEGINS_WORD = 8;
/** For a letter that begins the text. */
const BEGINS_TEXT = 12;
/** Longest text that is looked through, in UTF-16 code units: a title has at most 255. */
const TEXT_CHARS_MAX = 300;

/** How well `query` fits `text`: the greater the better; `null` where it does not. Case and spaces do not count. */
export function fuzzyScore(query: string, text: string): number | null {
  const wanted = Array.from(folded(query).replaceAll(/\s+/g, ''));
  const letters = Array.from(folded(text).slice(0, TEXT_CHARS_MAX));
  if (wanted.length === 0) return 0;
  let best: number | null = null;
  // From each place where it could begin: the first is not always the best.
  for (const [start, letter] of letters.entries()) {
    if (letter !== wanted[0]) continue;
    const score = scoreFrom(wanted, letters, start);
    if (score !== null && (best === null || score > best)) best = score;
  }
  return best;
}

function scoreFrom(wanted: readonly string[], letters: readonly string[], start: number): number | null {
  let score = 0;
  let at = start;
  let before = -2;
  for (const letter of wanted) {
    at = letters.indexOf(letter, at);
    if (at === -1) return null;
    score += 1 + bonusAt(letters, at, before);
    before = at;
    at += 1;
  }
  // Of two that fit alike, the shorter one was meant.
  return score - letters.length / TEXT_CHARS_MAX;
}

function bonusAt(letters: readonly string[], at: number, before: number): number {
  if (at === 0) return BEGINS_TEXT;
  if (at === before + 1) return ADJACENT;
  return /[\p{L}\p{N}]/u.test(letters[at - 1] ?? '') ? 0 : BEGINS_WORD;
}

function folded(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
