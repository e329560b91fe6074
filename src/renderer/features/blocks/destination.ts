/**
 * Where a typed height or request id leads.
 * @module
 */
/** Spaces and the marks that languages put between the digits of a number. */
const BETWEEN_DIGITS = /[\s,.'’\u202F\u00A0]/g;

/** A height as somebody types it; `null` for what is none. */
export function heightOf(text: string): number | null {
  const digits = text.replace(BETWEEN_DIGITS, '');
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}

/** The address for `text`, or `null` where it is neither a height nor a whole request id. */
export function destinationOf(text: string): string | null {
  const height = heightOf(text);
  if (height !== null) return `/blocks/${String(height)}`;
  const compact = text.replace(BETWEEN_DIGITS, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(compact)) return `/requests/${compact}`;
  return null;
}
