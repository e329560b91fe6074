/**
 * Reading JSON that strangers wrote (SECURITY.md 15).
 * @module
 */
import { z } from 'zod';

/** What came of reading a JSON text. */
export type JsonResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** The value of a JSON text. A text with the key `__proto__` in it, at any depth, is refused. */
export function parseJson(text: string): JsonResult {
  try {
    return { ok: true, value: JSON.parse(text, withoutPrototypeKeys) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : 'is not JSON' };
  }
}

function withoutPrototypeKeys(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('holds the key __proto__');
  return value;
}

/** A path into a JSON value as text, such as `replicas[3].port`; `root` for the whole value. */
export function pathText(path: readonly PropertyKey[], root: string): string {
  if (path.length === 0) return root;
  return path
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

/** Schema of bytes of a known length as text: lowercase hex digits. */
export function hexText(lengthBytes: number): z.ZodString {
  const digits = 2 * lengthBytes;
  return z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${String(digits)}}$`), `must be ${String(digits)} lowercase hex digits`);
}
