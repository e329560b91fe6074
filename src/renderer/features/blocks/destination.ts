/**
 * Where a typed height or request id leads.
 * @module
 */

/** The address for `text`, or `null` where it is neither a height nor a whole request id. */
export function destinationOf(text: string): string | null {
  const compact = text.replace(/[\s,.'’\u202F\u00A0]/g, '').toLowerCase();
  if (/^[0-9]{1,15}$/.test(compact)) return `/blocks/${String(Number(compact))}`;
  if (/^[0-9a-f]{64}$/.test(compact)) return `/requests/${compact}`;
  return null;
}
