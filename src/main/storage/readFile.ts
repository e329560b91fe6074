/**
 * Files that the program is handed, read whole and only up to a limit: a path can name anything.
 * @module
 */
import { open } from 'node:fs/promises';
import { CountersignError } from '../../shared/errors.ts';
import { readError } from './fileErrors.ts';

/** Most bytes that are asked of the system at once. */
const PIECE_BYTES_MAX = 1024 * 1024;

/**
 * The bytes of a file. A file that is known to be larger than `maxBytes` is refused without being read.
 * Throws `file.notFound`, `file.unreadable`, or `encoding.tooLarge`.
 */
export async function readBinaryFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      checkSize(size, maxBytes);
      const pieces: Uint8Array[] = [];
      let sizeBytes = 0;
      // Pipes and files of /proc have no size beforehand: what is read is counted too.
      for (;;) {
        // One byte more than allowed shows a file that is too large.
        const piece = new Uint8Array(Math.min(PIECE_BYTES_MAX, maxBytes + 1 - sizeBytes));
        const { bytesRead } = await file.read(piece);
        if (bytesRead === 0) return Buffer.concat(pieces, sizeBytes);
        pieces.push(piece.subarray(0, bytesRead));
        sizeBytes += bytesRead;
        checkSize(sizeBytes, maxBytes);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readError(path, error);
  }
}

/**
 * The text of a file in UTF-8; a byte order mark stays in it. Nothing is replaced: what is no UTF-8 is refused.
 * Throws as `readBinaryFile`, and `file.unreadable` for a file that is no text.
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  const bytes = await readBinaryFile(path, maxBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new CountersignError(
      'file.unreadable',
      { path, problem: 'it is not UTF-8 text' },
      { cause: error },
    );
  }
}

function checkSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) throw new CountersignError('encoding.tooLarge', { sizeBytes, maxBytes });
}
