/**
 * How vectors are written: bytes as lowercase hex, everything else as JSON has it.
 * @module
 */
import { format, resolveConfig } from 'prettier';
import { fromHex, toHex } from '../../src/shared/encoding/hex.ts';

/** `value` with every byte string in it as hex. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** The text of a vector file, laid out as the rest of the repository is. */
export async function vectorFileText(value: unknown): Promise<string> {
  const config = await resolveConfig(import.meta.filename);
  return await format(JSON.stringify(plain(value)), { ...config, parser: 'json' });
}

/** `hex` as bytes, with blanks for readers dropped. */
export const bytesOf = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', ''));
