/**
 * Draft files and signed requests as the command line reads them. What is wrong with one is told with its name.
 * @module
 */
import { basename } from 'node:path';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import {
  DRAFT_FILE_BYTES_MAX,
  checkDraftNetwork,
  parseDraftFile,
  type DraftFile,
} from '../ledger/draftFile.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { decodeRequest, type SignedRequest } from '../ledger/request.ts';
import { readBinaryFile, readTextFile } from '../storage/index.ts';

/** Suffix of files that hold the canonical bytes of a signed request. */
export const REQUEST_SUFFIX = '.csreq';
/** Suffix of draft files. */
export const DRAFT_SUFFIX = '.csdraft';

/** Whether a file is a draft file, by its name. */
export function isDraftFile(path: string): boolean {
  return path.toLowerCase().endsWith(DRAFT_SUFFIX);
}

/** The draft in a file, for the network of `genesis`. Throws `file.*`, `draftFile.*`, or `encoding.tooLarge`. */
export async function readDraftFile(path: string, genesis: Genesis): Promise<DraftFile> {
  const text = await readTextFile(path, DRAFT_FILE_BYTES_MAX);
  try {
    const draft = parseDraftFile(text);
    checkDraftNetwork(draft, genesis);
    return draft;
  } catch (error) {
    if (!hasCode(error, 'draftFile.invalid')) throw error;
    const { at, problem } = error.data;
    throw new CountersignError('draftFile.invalid', { at: `${basename(path)}: ${at}`, problem });
  }
}

/** The request in a file, of whatever network. Throws `file.*`, `request.tooLarge` or `encoding.invalid`. */
export async function readRequestFile(path: string, maxBytes: number): Promise<SignedRequest> {
  const bytes = await readRequestBytes(path, maxBytes);
  try {
    return decodeRequest(bytes, bytes.length);
  } catch (error) {
    if (!hasCode(error, 'encoding.invalid')) throw error;
    const { at, problem } = error.data;
    throw new CountersignError('encoding.invalid', { at: `${basename(path)}: ${at}`, problem });
  }
}

async function readRequestBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readBinaryFile(path, maxBytes);
  } catch (error) {
    throw hasCode(error, 'encoding.tooLarge') ? new CountersignError('request.tooLarge', error.data) : error;
  }
}
