/**
 * Cells that a spreadsheet would compute instead of show (OWASP, "CSV Injection"). What a supervisor signs can be
 * exported again and opened by others, so such cells never get in.
 * @module
 */

/** Begins a formula wherever blanks before it are dropped; the wide forms count in Japanese and Chinese editions. */
const ALWAYS = /^\s*[=@＝＠]/u;
/** Blanks that some programs drop, so that what follows them begins the cell. */
const LEADING_CONTROL = /^[\t\r\n]/;
const SIGNED = /^[+\-＋－]/u;
/** A number in any notation of the world, as a percentage too. */
const NUMBER = /^[+-][\d.,' \u00a0\u202f]+(?:[eE][+-]?\d+)?%?$/;
/** A telephone number, a range, a lone dash: what cannot name a function or a cell. */
const DIGITS_AND_MARKS = /^[\d\s.\-+()/]*$/;

/** Whether a cell with this text could be taken for a formula. */
export function isFormula(text: string): boolean {
  if (ALWAYS.test(text) || LEADING_CONTROL.test(text)) return true;
  const visible = text.trim();
  return SIGNED.test(visible) && !NUMBER.test(visible) && !DIGITS_AND_MARKS.test(visible);
}
