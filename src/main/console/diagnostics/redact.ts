/**
 * Takes out of a report what must not leave this machine. Two lines of defence: texts get in by the name of their field
 * alone, and what gets in is searched for whatever looks like a key, and for hosts and people.
 * @module
 */

/** Whom a report must not name. */
export interface KnownNames {
  readonly hosts: readonly string[];
  /** Of replicas, organisations, supervisors, the network. */
  readonly names: readonly string[];
  readonly directory: string;
}

export const LEFT_OUT = '[left out]';

const PEM = /-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g;
/** Half a key in hex, or more. */
const HEX = /[0-9a-fA-F]{32,}/g;
/** A key of 32 bytes takes 43 characters of base64. */
const BASE64 = /[A-Za-z0-9+/_=-]{40,}/g;
const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;
/** Any run of hex digits and at least two colons: a time has no more than two, and is a number in a report. */
const IPV6 = /(?<![\w:])[0-9a-fA-F]*:(?:[0-9a-fA-F]*:)+[0-9a-fA-F.]*(?:%\w+)?(?![\w:])/g;
const HOST_AND_PORT = /(?<![\w.-])[\w-]+(?:\.[\w-]+)*(?=:\d{1,5}(?!\d))/g;
/** A name that is shorter is replaced where it stands alone. */
const NAME_WITHIN_TEXT_CHARS = 4;

/** Gives each thing one placeholder, the same each time: `host-1`. */
class Placeholders {
  readonly #given = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  of(kind: string, what: string): string {
    const key = `${kind} ${what.toLowerCase()}`;
    const known = this.#given.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const placeholder = `${kind}-${String(count)}`;
    this.#given.set(key, placeholder);
    return placeholder;
  }
}

/** A function that takes out of one text after another. `withNames`: hosts and people may stay; keys never do. */
export function redactor(known: KnownNames, withNames: boolean): (text: string) => string {
  const placeholders = new Placeholders();
  const hosts = patternOf(known.hosts);
  const inText = patternOf(known.names.filter((name) => name.length >= NAME_WITHIN_TEXT_CHARS));
  const names = new Set(known.names);
  const withoutKeys = (text: string): string =>
    text
      .replace(PEM, LEFT_OUT)
      // All hex digits are digits of base64 too.
      .replace(BASE64, (run) => (/^[0-9a-fA-F]+$/.test(run) ? placeholders.of('hex', run) : LEFT_OUT))
      .replace(HEX, (hex) => placeholders.of('hex', hex));
  if (withNames) return withoutKeys;
  return (text) => {
    if (names.has(text) && text !== '') return placeholders.of('name', text);
    let left = known.directory === '' ? text : text.replaceAll(known.directory, '[data directory]');
    if (inText !== null) left = left.replace(inText, (name) => placeholders.of('name', name));
    if (hosts !== null) left = left.replace(hosts, (host) => placeholders.of('host', host));
    left = left
      .replace(IPV6, (host) => placeholders.of('host', host))
      .replace(IPV4, (host) => placeholders.of('host', host))
      .replace(HOST_AND_PORT, (host) => (/^host-\d+$/.test(host) ? host : placeholders.of('host', host)));
    return withoutKeys(left);
  };
}

/** The longest first, so that a part of a longer one does not hide it. `null` where there is nothing to look for. */
function patternOf(words: readonly string[]): RegExp | null {
  const wanted = [...new Set(words)].filter((word) => word !== '');
  if (wanted.length === 0) return null;
  wanted.sort((left, right) => right.length - left.length);
  const escaped = wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}.])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}

/** `value` with every text in it taken through `redact`. Names of fields are the program's own. */
export function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((part) => redacted(part, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, redacted(part, redact)]));
}
