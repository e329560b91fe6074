/**
 * Files on their way to becoming drafts. They go on when the inbox is left; each can be cancelled, and tried again
 * when it failed.
 * @module
 */
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { UPLOAD_CHUNK_BYTES_MAX, UPLOAD_FILES_MAX } from '../../shared/contract/channels.ts';
import { CountersignError, toPlainError, type PlainError } from '../../shared/errors.ts';
import { call } from '../bridge/current.ts';
import type { DraftFiles } from '../features/inbox/dropped.ts';
import { useSession } from './session.ts';

/** One draft that is being uploaded. */
export interface Upload {
  readonly id: number;
  readonly drop: DraftFiles;
  readonly totalBytes: number;
  sentBytes: number;
  state: 'waiting' | 'sending' | 'failed';
  error: PlainError | null;
}

/** Thrown inside an upload that was cancelled. */
class Cancelled extends Error {}

/** Turns bytes into text in pieces that fit the argument list of a call. */
const BINARY_PIECE_BYTES = 8_192;

export const useUploads = defineStore('uploads', () => {
  const uploads = ref<Upload[]>([]);
  const session = useSession();
  let nextId = 1;
  let working = false;

  /** Queues each of `drafts`. One is sent at a time, so that a large one does not slow a small one's neighbours. */
  function add(drafts: readonly DraftFiles[]): void {
    for (const drop of drafts) {
      const totalBytes = drop.files.reduce((sum, file) => sum + file.size, 0);
      uploads.value.push({ id: nextId++, drop, totalBytes, sentBytes: 0, state: 'waiting', error: null });
    }
    void work();
  }

  function cancel(id: number): void {
    uploads.value = uploads.value.filter((upload) => upload.id !== id);
  }

  function retry(id: number): void {
    const upload = find(id);
    if (upload?.state !== 'failed') return;
    Object.assign(upload, { state: 'waiting', sentBytes: 0, error: null });
    void work();
  }

  async function work(): Promise<void> {
    if (working) return;
    working = true;
    for (;;) {
      const next = uploads.value.find((upload) => upload.state === 'waiting');
      if (next === undefined) break;
      await send(next);
    }
    working = false;
  }

  async function send(upload: Upload): Promise<void> {
    upload.state = 'sending';
    const begun: string[] = [];
    try {
      checkCount(upload);
      for (const file of upload.drop.files) await sendFile(upload, file, begun);
      const item = await call('upload.finish', { uploadIds: begun });
      session.setItem(item);
      cancel(upload.id);
    } catch (error) {
      await Promise.allSettled(begun.map((uploadId) => call('upload.cancel', { uploadId })));
      if (!(error instanceof Cancelled)) fail(upload, error);
    }
  }

  async function sendFile(upload: Upload, file: File, begun: string[]): Promise<void> {
    const { uploadId } = await call('upload.begin', {
      name: file.name,
      mediaType: file.type,
      sizeBytes: file.size,
      purpose: upload.drop.purpose,
    });
    begun.push(uploadId);
    for (let offsetBytes = 0; offsetBytes < file.size; offsetBytes += UPLOAD_CHUNK_BYTES_MAX) {
      if (find(upload.id) === undefined) throw new Cancelled();
      const bytes = await readPiece(file, offsetBytes);
      await call('upload.chunk', { uploadId, offsetBytes, data: toBase64(bytes) });
      upload.sentBytes += bytes.length;
    }
    if (find(upload.id) === undefined) throw new Cancelled();
  }

  function fail(upload: Upload, error: unknown): void {
    upload.error = toPlainError(error);
    upload.state = 'failed';
  }

  function find(id: number): Upload | undefined {
    return uploads.value.find((upload) => upload.id === id);
  }

  return { uploads: computed(() => uploads.value), add, cancel, retry };
});

function checkCount(upload: Upload): void {
  const files = upload.drop.files.length;
  if (files > UPLOAD_FILES_MAX) {
    throw new CountersignError('import.tooManyFiles', { files, maxFiles: UPLOAD_FILES_MAX });
  }
}

async function readPiece(file: File, offsetBytes: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(offsetBytes, offsetBytes + UPLOAD_CHUNK_BYTES_MAX).arrayBuffer());
  } catch (error) {
    // A folder, or a file that went away since it was dropped.
    const problem = error instanceof Error ? error.message : String(error);
    throw new CountersignError('file.unreadable', { path: file.name, problem });
  }
}

/** `bytes` in base64. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let offset = 0; offset < bytes.length; offset += BINARY_PIECE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(offset, offset + BINARY_PIECE_BYTES));
  }
  return btoa(binary);
}
