/**
 * The words for every error, in every language: what happened, and what to do.
 *
 * A code without words does not compile. Placeholders are the names of the error's data.
 * @module
 */
import type { ErrorCode } from '../errors.ts';
import {
  formatBytes,
  formatDuration,
  formatTime,
  looksLikeHash,
  shortHash,
  type Language,
} from '../text/quantities.ts';
import { visibleText } from '../text/visible.ts';
import english from './errors.en.json' with { type: 'json' };
import chinese from './errors.zh-CN.json' with { type: 'json' };

/** What happened, and what to do. */
export interface ErrorWords {
  readonly what: string;
  readonly action: string;
}

type Catalogue = Readonly<Record<ErrorCode, ErrorWords>>;

/** All words, with their placeholders. */
export const ERROR_CATALOGUES: Readonly<Record<Language, Catalogue>> = { en: english, 'zh-CN': chinese };

/** An error as it arrives from anywhere: also a code of a newer version, which has no words here. */
export interface AnyError {
  readonly code: string;
  readonly data: Readonly<Record<string, string | number>>;
}

/** How values are written into the words. */
export interface ErrorWordsOptions {
  /** Whether hashes and keys are shortened. A terminal shows them whole. */
  readonly shortHashes?: boolean;
}

/** Longest text of one value: an error is a sentence, not a dump. */
const VALUE_CHARS_MAX = 400;

/** The words for `error` in `language`. Hidden characters in its data are made visible. */
export function errorWords(error: AnyError, language: Language, options: ErrorWordsOptions = {}): ErrorWords {
  const catalogue: Readonly<Record<string, ErrorWords>> = ERROR_CATALOGUES[language];
  // Own keys only: a code comes from outside.
  const known = Object.hasOwn(catalogue, error.code) ? catalogue[error.code] : undefined;
  const words = known ?? ERROR_CATALOGUES[language].internal;
  const data = known === undefined ? { problem: describe(error) } : error.data;
  const fill = (sentence: string): string =>
    sentence.replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(data, name) ? write(name, data[name] ?? '', language, options) : whole,
    );
  return { what: fill(words.what), action: fill(words.action) };
}

function describe(error: AnyError): string {
  const pairs = Object.entries(error.data).map(([name, value]) => `${name}=${String(value)}`);
  return [error.code, ...pairs].join(' ');
}

/** Units stand last in names, so a name says how its value is written. */
function write(name: string, value: string | number, language: Language, options: ErrorWordsOptions): string {
  if (typeof value === 'string') {
    if (options.shortHashes === true && looksLikeHash(value)) return shortHash(value);
    return visibleText(value.length > VALUE_CHARS_MAX ? `${value.slice(0, VALUE_CHARS_MAX)}…` : value);
  }
  if (name === 'timeoutMs' || name === 'waitMs') return formatDuration(value, language);
  if (name.endsWith('Ms')) return formatTime(value, language);
  if (name === 'offsetBytes') return new Intl.NumberFormat(language).format(value);
  if (name.endsWith('Bytes')) return formatBytes(value, language);
  // Identifiers, not quantities: no grouping.
  if (name === 'port' || name === 'pid' || name === 'N') return String(value);
  return new Intl.NumberFormat(language).format(value);
}
