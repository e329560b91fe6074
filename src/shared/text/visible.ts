/**
 * Makes visible what text can hide: control characters, zero-width characters and those that turn the direction of
 * writing. What a supervisor signs, and what a terminal is given, must look like what it is.
 * @module
 */

/** A piece of text: shown as it stands, or a hidden character named by its code point, such as `U+202E`. */
export interface TextPiece {
  readonly text: string;
  readonly hidden: boolean;
}

// Control and format characters, line and paragraph separators, private use, unassigned, lone surrogates; spaces
// other than the plain one; fillers and selectors that show nothing. Line breaks and tabs are hidden by choice of
// the caller.
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00A0\u1680\u2000-\u200A\u202F\u205F\u2800\u3164\u115F\u1160\uFFA0]|\p{Default_Ignorable_Code_Point}/u;
const LAYOUT = new Set(['\n', '\t']);
/** After an emoji, the joiner and the selector only choose its picture. */
const JOINERS = new Set(['\u200D', '\uFE0F']);
const EMOJI = /\p{Extended_Pictographic}/u;

/** Options of `visiblePieces`. */
export interface VisibleOptions {
  /** Whether line breaks and tabs stay as they are, for text of several lines. */
  readonly layout?: boolean;
}

/** `text` in pieces, every hidden character a piece of its own. */
export function visiblePieces(text: string, options: VisibleOptions = {}): TextPiece[] {
  const pieces: TextPiece[] = [];
  let plain = '';
  let before = '';
  const flush = (): void => {
    if (plain !== '') pieces.push({ text: plain, hidden: false });
    plain = '';
  };
  for (const character of text) {
    const harmless =
      (options.layout === true && LAYOUT.has(character)) || (JOINERS.has(character) && EMOJI.test(before));
    if (!harmless && HIDDEN.test(character)) {
      flush();
      pieces.push({ text: codePointName(character), hidden: true });
    } else {
      plain += character;
    }
    if (!JOINERS.has(character)) before = character;
  }
  flush();
  return pieces;
}

/** `text` with every hidden character written as `‹U+202E›`. */
export function visibleText(text: string, options: VisibleOptions = {}): string {
  return visiblePieces(text, options)
    .map((piece) => (piece.hidden ? `‹${piece.text}›` : piece.text))
    .join('');
}

/** Whether `text` holds a character that does not show. */
export function hidesSomething(text: string, options: VisibleOptions = {}): boolean {
  return visiblePieces(text, options).some((piece) => piece.hidden);
}

/** The code points of all characters of `text` that do not show, such as `U+202E`; also those that choose a picture. */
export function hiddenCharacters(text: string): string[] {
  return Array.from(text)
    .filter((character) => HIDDEN.test(character))
    .map(codePointName);
}

function codePointName(character: string): string {
  const HEX_RADIX = 16;
  const DIGITS_MIN = 4;
  const point = character.codePointAt(0) ?? 0;
  return `U+${point.toString(HEX_RADIX).toUpperCase().padStart(DIGITS_MIN, '0')}`;
}
