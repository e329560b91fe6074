/**
 * Opens one file: as if it was dropped on the page, through the same channels with the same checks.
 * @module
 */
import { stat } from 'node:fs/promises';
import {
  DRAFT_UPLOAD_BYTES_MAX,
  RECEIPT_CHARS_MAX,
  REQUEST_UPLOAD_BYTES_MAX,
  UPLOAD_CHUNK_BYTES_MAX,
} from '../../../shared/contract/channels.ts';
import type { Opened } from '../../../shared/contract/opening.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { ConsoleApp } from '../../console/consoleApp.ts';
import { readBinaryFile, readError } from '../../storage/index.ts';
import type { OpenableKind, Wish } from './wishes.ts';

/** The console, as far as files are opened with it. */
export type FileConsole = Pick<ConsoleApp, 'handle'>;

/** Largest file of each kind, in bytes. */
const FILE_BYTES_MAX: Readonly<Record<OpenableKind, number>> = {
  draft: DRAFT_UPLOAD_BYTES_MAX,
  receipt: RECEIPT_CHARS_MAX,
  request: REQUEST_UPLOAD_BYTES_MAX,
};

/**
 * Verifies a receipt; takes a request or a draft into the inbox, where it waits for its review. Throws the errors of
 * reading files, `opening.tooLarge`, and those of `receipt.verify` and `upload.finish`.
 */
export async function openFile(
  host: FileConsole,
  { as, name, path }: Extract<Wish, { kind: 'file' }>,
): Promise<Opened> {
  const bytes = await readWhole(name, path, FILE_BYTES_MAX[as]);
  if (as === 'receipt') {
    const text = new TextDecoder().decode(bytes);
    return { kind: 'receipt', name, verification: await host.handle('receipt.verify', { text }) };
  }
  try {
    return { kind: 'item', id: await takeIn(host, as, name, bytes) };
  } catch (error) {
    // What is there already is what the person wants to see.
    if (isAlreadyThere(error)) return { kind: 'item', id: error.data.existing };
    throw error;
  }
}

async function readWhole(name: string, path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // Opening a pipe waits until somebody writes to it.
    const found = await stat(path);
    if (!found.isFile()) throw new CountersignError('file.unreadable', { path, problem: 'it is no file' });
    if (found.size > maxBytes) {
      throw new CountersignError('opening.tooLarge', { name, sizeBytes: found.size, maxBytes });
    }
    return await readBinaryFile(path, maxBytes);
  } catch (error) {
    throw readError(path, error);
  }
}

async function takeIn(
  host: FileConsole,
  purpose: 'draft' | 'request',
  name: string,
  bytes: Uint8Array,
): Promise<string> {
  const sizeBytes = bytes.length;
  const { uploadId } = await host.handle('upload.begin', { name, mediaType: '', sizeBytes, purpose });
  try {
    for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += UPLOAD_CHUNK_BYTES_MAX) {
      const piece = bytes.subarray(offsetBytes, offsetBytes + UPLOAD_CHUNK_BYTES_MAX);
      const data = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('base64');
      await host.handle('upload.chunk', { uploadId, offsetBytes, data });
    }
    const { id } = await host.handle('upload.finish', { uploadIds: [uploadId] });
    return id;
  } catch (error) {
    await host.handle('upload.cancel', { uploadId });
    throw error;
  }
}

function isAlreadyThere(error: unknown): error is CountersignError<'import.alreadyThere'> {
  return error instanceof CountersignError && error.code === 'import.alreadyThere';
}
