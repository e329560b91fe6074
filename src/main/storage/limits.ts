/**
 * Checks of what the stores are asked for. Breaking one is a mistake of the caller's: a `RangeError`.
 * @module
 */

/** Throws a `RangeError` unless `value` is an integer from `min` to `max`. `name` is what the caller calls it. */
export function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${value}`);
  }
}

/** Throws a `RangeError` unless `text` has at most `maxChars` UTF-16 code units. */
export function checkChars(name: string, text: string, maxChars: number): void {
  if (text.length > maxChars) throw new RangeError(`${name} must have at most ${maxChars} characters`);
}

/** Throws a `RangeError` unless `idPrefix` is lowercase hexadecimal and no longer than an id. */
export function checkIdPrefix(idPrefix: string): void {
  if (!/^[0-9a-f]{0,64}$/.test(idPrefix)) {
    throw new RangeError('idPrefix must be at most 64 digits of lowercase hexadecimal');
  }
}
