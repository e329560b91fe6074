/**
 * A file as a document request names it: by the SHA-256 digest of its content, which is read piece by piece, whatever
 * its size.
 * @module
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { DocumentFile } from '../../shared/domain/payload.ts';
import { toHex } from '../../shared/encoding/hex.ts';
import { readError } from '../storage/index.ts';

const PIECE_BYTES = 1024 * 1024;

/** Media types of the files that supervisors review most; others are plain bytes (RFC 2046). */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.odt': 'application/vnd.oasis.opendocument.text',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/** The media type that a file's name suggests. */
export function mediaTypeOf(name: string): string {
  return MEDIA_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}

/**
 * Reads and digests a file. `onProgress` is told how many of its bytes have been read.
 * Throws `file.notFound` or `file.unreadable`.
 */
export async function documentFile(
  path: string,
  onProgress?: (bytes: number) => void,
): Promise<DocumentFile> {
  try {
    const file = await open(path, 'r');
    try {
      const hash = createHash('sha256');
      const piece = new Uint8Array(PIECE_BYTES);
      let sizeBytes = 0;
      for (;;) {
        const { bytesRead } = await file.read(piece);
        if (bytesRead === 0) break;
        hash.update(piece.subarray(0, bytesRead));
        sizeBytes += bytesRead;
        onProgress?.(sizeBytes);
      }
      const name = basename(path);
      return { name, mediaType: mediaTypeOf(name), sizeBytes, sha256: toHex(hash.digest()) };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readError(path, error);
  }
}
