/**
 * A large table as a CSV file.
 * @module
 */

/** A file of at most `sizeBytes`, of records as long as that takes; at most 20,000 of them. */
export function bigCsv(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const RECORDS = 20_000;
  const cell = 'x'.repeat(Math.max(1, Math.floor(sizeBytes / RECORDS) - 16));
  const lines = Array.from({ length: RECORDS }, (_, index) => `${String(index)},${cell}`);
  return new TextEncoder().encode(`id,note\n${lines.join('\n')}\n`);
}
