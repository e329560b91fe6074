/**
 * Files of keys on their way between the person and the main process. They are read whole, up to a limit.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import { KEY_PEM_CHARS_MAX } from '../../../shared/contract/keys.ts';

/** Largest backup that is read, in bytes. */
const BACKUP_BYTES_MAX = 64 * 1024;

/** The text of a PEM file. Throws `encoding.tooLarge` or `file.unreadable`. */
export async function readPem(file: File): Promise<string> {
  return await read(file, KEY_PEM_CHARS_MAX, async () => await file.text());
}

/** The bytes of a backup, in base64. Throws `encoding.tooLarge`, `vault.truncated` or `file.unreadable`. */
export async function readBackup(file: File): Promise<string> {
  // An empty one has no base64 that the contract could carry.
  if (file.size === 0) throw new CountersignError('vault.truncated', { sizeBytes: 0, expectedBytes: 1 });
  return await read(file, BACKUP_BYTES_MAX, async () => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
  });
}

/** The bytes that `base64` stands for. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

async function read(file: File, maxBytes: number, work: () => Promise<string>): Promise<string> {
  if (file.size > maxBytes) {
    throw new CountersignError('encoding.tooLarge', { sizeBytes: file.size, maxBytes });
  }
  try {
    return await work();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new CountersignError('file.unreadable', { path: file.name, problem });
  }
}
