/**
 * A rough measure of a passphrase, so that a person sees that length helps. It is advice; the main process alone
 * refuses what is too short.
 * @module
 */

/** From worst to best. */
export const STRENGTHS = ['tooShort', 'weak', 'fair', 'good', 'strong'] as const;
export type Strength = (typeof STRENGTHS)[number];

/** Fewest characters of a new passphrase: what the vault refuses, said before the form is sent. */
export const PASSPHRASE_CHARS_MIN = 8;

/** What a guesser tries first, in one word each. */
const COMMON =
  /password|passwort|passphrase|letmein|welcome|qwert|asdf|zxcv|iloveyou|admin|countersign|secret|dragon|monkey|mima|woaini/g;
const CLASSES: readonly (readonly [pattern: RegExp, size: number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[ -/:-@[-`{-~]/, 33],
  [/[^\0-\x7F]/, 500],
];
/** Bits from which each strength begins. */
const FAIR_BITS = 40;
const GOOD_BITS = 60;
const STRONG_BITS = 80;

/** How strong `passphrase` is. */
export function strengthOf(passphrase: string): Strength {
  if (Array.from(passphrase).length < PASSPHRASE_CHARS_MIN) return 'tooShort';
  const bits = guessBits(passphrase);
  if (bits < FAIR_BITS) return 'weak';
  if (bits < GOOD_BITS) return 'fair';
  return bits < STRONG_BITS ? 'good' : 'strong';
}

/** Bits of guessing, where a common word, a repetition and a run like `1234` count as one character. */
function guessBits(passphrase: string): number {
  const reduced = Array.from(passphrase.replace(new RegExp(COMMON, 'gi'), '*'));
  const counted = reduced.filter((character, index) => {
    const step = stepBetween(reduced[index - 1], character);
    const stepBefore = stepBetween(reduced[index - 2], reduced[index - 1]);
    return !(step === 0 || (Math.abs(step) === 1 && step === stepBefore));
  });
  const alphabet = CLASSES.reduce((sum, [pattern, size]) => sum + (pattern.test(passphrase) ? size : 0), 0);
  // Few different characters are few choices, however long the text.
  const choices = Math.min(alphabet, new Set(reduced).size ** 2);
  return counted.length * Math.log2(Math.max(choices, 2));
}

function stepBetween(before: string | undefined, after: string | undefined): number {
  if (before === undefined || after === undefined) return Number.NaN;
  return (after.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
}
