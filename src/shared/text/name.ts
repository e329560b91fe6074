/**
 * Which names may stand for a network, a person, an organisation or a replica. People tell such names apart by sight
 * alone, so two that look alike must not both be possible: nothing hidden, one spelling of each character, and no
 * letters of two scripts in one name, as in "Acmе" with a Cyrillic "е".
 *
 * The rule for scripts is "highly restrictive" of Unicode Technical Standard 39, section 5.2: one recommended script,
 * or Latin together with those of Chinese, Japanese or Korean. Look-alikes within one script stay possible; the
 * fingerprints of the keys tell them apart.
 * @module
 */
import { CountersignError } from '../errors.ts';
import { hiddenCharacters } from './visible.ts';

/** Longest name, in UTF-16 code units. */
export const NAME_LENGTH_MAX = 255;
/** Most marks over and under one letter: the languages of the world need fewer. */
export const NAME_MARKS_MAX = 3;

// Recommended scripts: Unicode Standard Annex 31, table 5.
const SCRIPTS = [
  'Latin',
  'Han',
  'Hiragana',
  'Katakana',
  'Bopomofo',
  'Hangul',
  'Cyrillic',
  'Greek',
  'Arabic',
  'Armenian',
  'Bengali',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Gujarati',
  'Gurmukhi',
  'Hebrew',
  'Kannada',
  'Khmer',
  'Lao',
  'Malayalam',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
  'Tibetan',
] as const;
type Script = (typeof SCRIPTS)[number];

const PATTERNS: readonly (readonly [script: Script, pattern: RegExp])[] = SCRIPTS.map((script) => [
  script,
  new RegExp(`\\p{Script=${script}}`, 'u'),
]);
/** Scripts that one name may have together: those of one way of writing. */
const TOGETHER: readonly (readonly Script[])[] = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];
/** Belongs to every script: digits, punctuation, symbols, marks. */
const SHARED = /[\p{Script=Common}\p{Script=Inherited}]/u;
const LETTER_OR_NUMBER = /[\p{L}\p{N}]/u;
const MARKS = new RegExp(`\\p{M}{${String(NAME_MARKS_MAX + 1)}}`, 'u');

/** `text` as a name is kept: composed (Unicode form NFC), without spaces around it. */
export function tidyName(text: string): string {
  return text.normalize('NFC').trim();
}

/**
 * Throws unless `name` may be the name of a member or a network.
 *
 * `name.empty`; `name.tooLong`; `name.hidden` for a control, bidirectional, zero-width or other character that does
 * not show; `name.spaces` for spaces around it or two in a row; `name.form` for a character that has a plainer form
 * that looks like it; `name.scripts` for letters of scripts that do not belong together.
 */
export function assertName(name: string): void {
  if (name === '') throw new CountersignError('name.empty', {});
  if (name.length > NAME_LENGTH_MAX)
    throw new CountersignError('name.tooLong', { maxChars: NAME_LENGTH_MAX });
  const [hidden] = hiddenCharacters(name);
  if (hidden !== undefined) throw new CountersignError('name.hidden', { character: hidden });
  if (/^ | $| {2}/.test(name)) throw new CountersignError('name.spaces', { name });
  const odd = oddForm(name);
  if (odd !== undefined) throw new CountersignError('name.form', { name, part: odd });
  const scripts = scriptsOf(name);
  if (!belongTogether(scripts)) {
    throw new CountersignError('name.scripts', { name, scripts: scripts.map(scriptName).join(', ') });
  }
}

/** Whether `assertName` lets it pass. */
export function isName(name: string): boolean {
  try {
    assertName(name);
    return true;
  } catch (error) {
    if (error instanceof CountersignError) return false;
    throw error;
  }
}

/** The first part of the name that has a plainer form: another composition, a letter of mathematics, too many marks. */
function oddForm(name: string): string | undefined {
  if (name.normalize('NFC') !== name) return name;
  for (const character of name) {
    // Punctuation of full width is how Chinese is written; letters of full width look like others.
    const isOdd = LETTER_OR_NUMBER.test(character) && character.normalize('NFKC') !== character;
    if (isOdd) return character;
  }
  return MARKS.exec(name)?.[0];
}

function scriptsOf(name: string): readonly (Script | null)[] {
  const found = new Set<Script | null>();
  for (const character of name) {
    if (SHARED.test(character)) continue;
    found.add(PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? null);
  }
  return [...found];
}

function belongTogether(scripts: readonly (Script | null)[]): boolean {
  if (scripts.includes(null)) return false;
  if (scripts.length <= 1) return true;
  return TOGETHER.some((set) => scripts.every((script) => script !== null && set.includes(script)));
}

function scriptName(script: Script | null): string {
  return script ?? '?';
}
