/**
 * What stands in the files of `offline.ts`: read, checked and described, or written, in one go. The largest take most of a
 * second, so it is done on a thread of its own (`aside/`), which knows the genesis and nothing of the registry.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import {
  checkDraftNetwork,
  draftFileOf,
  parseDraftFile,
  renderDraftFile,
  type DraftEnvelope,
} from '../../ledger/draftFile.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { decodeRequest, type SignedRequest } from '../../ledger/request.ts';
import { describe, type Description } from './newItem.ts';
import { payloadBytes, payloadOf } from './payloadBytes.ts';

/** The content of a file as an item keeps it. */
interface FileContents {
  readonly description: Description;
  /** Canonical bytes of the content. */
  readonly bytes: Uint8Array;
}

/** What a draft file holds. */
export type DraftContents = FileContents & Pick<DraftEnvelope, 'expectedSigners' | 'note'>;

/** What the file of a signed request holds. */
export interface RequestContents extends FileContents {
  readonly request: Omit<SignedRequest, 'payload'>;
}

/** Throws `draftFile.*`, `encoding.invalid`, or `request.tooLarge` where no request could hold the content. */
export function readDraftFile(genesis: Genesis, file: Uint8Array): DraftContents {
  const draft = parseDraftFile(textOf(file));
  checkDraftNetwork(draft, genesis);
  const { payload, expectedSigners, note } = draft;
  const bytes = payloadBytes(payload, genesis.limits.maxRequestBytes);
  return { description: describe(payload, bytes), bytes, expectedSigners, note };
}

/** The text of the draft file for content with these canonical bytes. Throws `draftFile.invalid` or `encoding.*`. */
export function writeDraftFile(bytes: Uint8Array, envelope: DraftEnvelope): string {
  return renderDraftFile(draftFileOf(payloadOf(bytes), envelope));
}

/**
 * Neither the supervisor nor the signature is checked here. Throws `request.tooLarge`, `encoding.*`, or
 * `request.wrongNetwork`.
 */
export function readRequestFile(genesis: Genesis, file: Uint8Array): RequestContents {
  const { maxRequestBytes: maxBytes } = genesis.limits;
  if (file.length > maxBytes) {
    throw new CountersignError('request.tooLarge', { sizeBytes: file.length, maxBytes });
  }
  const { payload, ...request } = decodeRequest(file, maxBytes);
  const expected = networkIdOf(genesis);
  if (request.networkId !== expected) {
    throw new CountersignError('request.wrongNetwork', { expected, actual: request.networkId });
  }
  const bytes = payloadBytes(payload, maxBytes);
  return { description: describe(payload, bytes), bytes, request };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const data = { at: 'the file', problem: 'is not UTF-8 text' };
    throw new CountersignError('draftFile.invalid', data, { cause: error });
  }
}
