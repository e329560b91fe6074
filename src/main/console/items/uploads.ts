/**
 * Files on their way from a page, in pieces. Tables, drafts and signed requests are kept until they are read; of documents only the digest is
 * taken, so they may have any size.
 * @module
 */
import { createHash, randomUUID, type Hash } from 'node:crypto';
import {
  ASSESSMENTS_FILE_BYTES_MAX,
  DRAFT_UPLOAD_BYTES_MAX,
  REQUEST_UPLOAD_BYTES_MAX,
  UPLOAD_CHUNK_BYTES_MAX,
  UPLOAD_FILES_MAX,
  type Channel,
} from '../../../shared/contract/channels.ts';
import type { DocumentFile } from '../../../shared/domain/payload.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { badInput, type HandlerInput } from '../dispatch.ts';

/** Most uploads at a time: two drops of the largest number of files. */
export const UPLOADS_MAX = 2 * UPLOAD_FILES_MAX;
/** Most bytes of tables in memory, over all uploads: four of the largest. */
export const UPLOAD_BYTES_MAX = 4 * ASSESSMENTS_FILE_BYTES_MAX;
/** How long an upload may rest before it is forgotten, in milliseconds: its page has gone. */
export const UPLOAD_IDLE_MS = 2 * 60_000;

/** What a draft is made of. */
export type UploadedContent =
  | {
      readonly purpose: 'assessments';
      readonly name: string;
      readonly mediaType: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly purpose: 'document'; readonly file: DocumentFile };
/** A file that somebody exported: a draft, or a signed request. */
export interface UploadedExport {
  readonly purpose: 'draft' | 'request';
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
/** What an upload turned out to be. */
export type Uploaded = UploadedContent | UploadedExport;

/** Purposes of which the whole file is kept until it is read, and the largest file of each, in bytes. */
const KEPT_BYTES = {
  assessments: ASSESSMENTS_FILE_BYTES_MAX,
  draft: DRAFT_UPLOAD_BYTES_MAX,
  request: REQUEST_UPLOAD_BYTES_MAX,
} as const;
type KeptPurpose = keyof typeof KEPT_BYTES;

/** Whether an upload is a file that somebody exported. */
export function isExport(upload: Uploaded): upload is UploadedExport {
  return upload.purpose === 'draft' || upload.purpose === 'request';
}

interface Upload {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly content:
    { readonly purpose: KeptPurpose; readonly table: Uint8Array<ArrayBuffer> } | { readonly hash: Hash };
  receivedBytes: number;
  timer: NodeJS.Timeout | undefined;
}

export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  readonly #idleMs: number;

  constructor(idleMs: number = UPLOAD_IDLE_MS) {
    this.#idleMs = idleMs;
  }

  /** Number of uploads under way. */
  get size(): number {
    return this.#uploads.size;
  }

  /** Throws `import.tooLarge`, `import.empty` or `import.tooManyFiles` for what will not be taken. */
  begin({ name, mediaType, sizeBytes, purpose }: HandlerInput<'upload.begin'>): string {
    if (this.#uploads.size >= UPLOADS_MAX) {
      throw new CountersignError('import.tooManyFiles', {
        files: this.#uploads.size + 1,
        maxFiles: UPLOADS_MAX,
      });
    }
    if (purpose !== 'document') this.#checkKept(name, sizeBytes, KEPT_BYTES[purpose]);
    const uploadId = randomUUID();
    const content =
      purpose === 'document' ? { hash: createHash('sha256') } : { purpose, table: new Uint8Array(sizeBytes) };
    const upload: Upload = { name, mediaType, sizeBytes, content, receivedBytes: 0, timer: undefined };
    this.#uploads.set(uploadId, upload);
    this.#touch(uploadId, upload);
    return uploadId;
  }

  /** The next piece; how many bytes there are now. Throws `console.badInput` for anything but the next piece. */
  chunk({ uploadId, offsetBytes, data }: HandlerInput<'upload.chunk'>): number {
    const upload = this.#find('upload.chunk', uploadId);
    const { receivedBytes, sizeBytes, content } = upload;
    if (offsetBytes !== receivedBytes) {
      throw badInput('upload.chunk', 'offsetBytes', `must be ${String(receivedBytes)}`);
    }
    const piece = Buffer.from(data, 'base64');
    if (piece.length > UPLOAD_CHUNK_BYTES_MAX || receivedBytes + piece.length > sizeBytes) {
      throw badInput('upload.chunk', 'data', 'is more than was announced');
    }
    if ('table' in content) content.table.set(piece, receivedBytes);
    else content.hash.update(piece);
    upload.receivedBytes += piece.length;
    this.#touch(uploadId, upload);
    return upload.receivedBytes;
  }

  /** Forgets an upload. */
  cancel(uploadId: string): void {
    this.#drop(uploadId);
  }

  /**
   * Takes out finished uploads, in the order asked for. Throws `import.incomplete`; then all of them stay.
   */
  take(uploadIds: readonly string[]): readonly Uploaded[] {
    if (new Set(uploadIds).size !== uploadIds.length) {
      throw badInput('upload.finish', 'uploadIds', 'names an upload twice');
    }
    const uploads = uploadIds.map((uploadId) => this.#find('upload.finish', uploadId));
    for (const { name, receivedBytes, sizeBytes } of uploads) {
      if (receivedBytes === sizeBytes) continue;
      throw new CountersignError('import.incomplete', { name, receivedBytes, expectedBytes: sizeBytes });
    }
    for (const uploadId of uploadIds) this.#drop(uploadId);
    return uploads.map(uploadedOf);
  }

  /** Forgets all uploads. */
  close(): void {
    for (const uploadId of this.#uploads.keys()) this.#drop(uploadId);
  }

  #checkKept(name: string, sizeBytes: number, maxBytes: number): void {
    if (sizeBytes === 0) throw new CountersignError('import.empty', { name });
    if (sizeBytes > maxBytes) throw new CountersignError('import.tooLarge', { name, sizeBytes, maxBytes });
    let heldBytes = 0;
    for (const { content } of this.#uploads.values()) {
      if ('table' in content) heldBytes += content.table.length;
    }
    if (heldBytes + sizeBytes > UPLOAD_BYTES_MAX) {
      throw new CountersignError('import.tooLarge', {
        name,
        sizeBytes,
        maxBytes: UPLOAD_BYTES_MAX - heldBytes,
      });
    }
  }

  #find(channel: Channel, uploadId: string): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined) throw badInput(channel, 'uploadId', 'is of no upload under way');
    return upload;
  }

  #touch(uploadId: string, upload: Upload): void {
    clearTimeout(upload.timer);
    upload.timer = setTimeout(() => this.#drop(uploadId), this.#idleMs);
  }

  #drop(uploadId: string): void {
    clearTimeout(this.#uploads.get(uploadId)?.timer);
    this.#uploads.delete(uploadId);
  }
}

/** Media type of a file of which the browser knows none (RFC 2046, section 4.5.1). */
const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

function uploadedOf({ name, mediaType, sizeBytes, content }: Upload): Uploaded {
  if ('table' in content) {
    const { purpose, table: bytes } = content;
    return purpose === 'assessments' ? { purpose, name, mediaType, bytes } : { purpose, name, bytes };
  }
  const sha256 = content.hash.digest('hex');
  const file = { name, mediaType: mediaType === '' ? UNKNOWN_MEDIA_TYPE : mediaType, sizeBytes, sha256 };
  return { purpose: 'document', file };
}
