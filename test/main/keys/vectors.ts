/**
 * `test/vectors/ed25519.json`, typed.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Hex } from '../../../src/shared/encoding/hex.ts';

/** A signature and the verdict on it. */
export interface Vector {
  readonly name: string;
  readonly publicKey: Hex;
  readonly message: Hex;
  readonly signature: Hex;
  readonly valid: boolean;
}

/** The whole file. */
export interface VectorFile {
  readonly about: readonly string[];
  readonly rule: readonly string[];
  readonly vectors: readonly Vector[];
}

const path = new URL('../../vectors/ed25519.json', import.meta.url);

/** The text of the file. */
export const vectorText = await readFile(path, 'utf8');

/** The content of the file. */
export const vectorFile = JSON.parse(vectorText) as VectorFile;
