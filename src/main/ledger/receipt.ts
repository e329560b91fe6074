/**
 * Receipts: what proves, with nothing but the genesis, that one request is final. A receipt holds the signed request,
 * the header of its block, the request's place in that block, the proof that its supervisor was registered there, the
 * headers up to the stable checkpoint that covers the block, the checkpoint's certificate, and the changes of replicas
 * that lead from the genesis to those who signed it.
 * @module
 */
import {
  byteString,
  decode,
  encode,
  hexBytes,
  list,
  prefixed,
  record,
  uint,
  type Codec,
} from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode, invariant } from '../../shared/errors.ts';
import { headerCodec, type HashedHeader } from './block.ts';
import { epochChangesCodec, type EpochChange } from './epochChange.ts';
import { DIGEST_BYTES } from './hash.ts';
import { merklePath } from './merkle.ts';
import {
  buildRegistration,
  registrationCodec,
  type Registration,
  type RegistrationParts,
} from './registration.ts';
import { REQUEST_BYTES_CEILING, decodeRequest, type SignedRequest } from './request.ts';
import { checkpointCertificateCodec, type CheckpointCertificate } from './statement.ts';

export interface Receipt {
  readonly request: SignedRequest;
  /** Of the block that holds the request. */
  readonly header: HashedHeader;
  /** The request's place within its block, from 0. */
  readonly index: number;
  /** Leads from the request's id to the header's `requestsRoot` (`merkle.ts`). */
  readonly path: readonly Hex[];
  /** From the block above the request's up to the one that the certificate is for; empty where it is the same. */
  readonly headersAbove: readonly HashedHeader[];
  readonly certificate: CheckpointCertificate;
  /** That the request's supervisor was registered where the request stands. */
  readonly registration: Registration;
  /** The certified changes of the set of replicas from the genesis to the block's epoch: as many as its number. */
  readonly registryChanges: readonly EpochChange[];
}

/** What a receipt is made from. */
export interface ReceiptParts {
  readonly request: SignedRequest;
  readonly header: HashedHeader;
  /** Ids of all requests of the block, in order. */
  readonly ids: readonly Hex[];
  readonly headersAbove: readonly HashedHeader[];
  readonly certificate: CheckpointCertificate;
  /** The state below the block. */
  readonly below: RegistrationParts;
  /** From the genesis to the epoch of the block. */
  readonly registryChanges: readonly EpochChange[];
}

/** Layout version of receipts. */
const RECEIPT_VERSION = 2;

/** Longest Merkle path: a block has fewer than 2^16 requests (`GenesisLimits.maxBlockRequests`). */
export const RECEIPT_PATH_MAX = 16;

/** Most headers above the block: the window L = 2K at the largest `GenesisLimits.checkpointDistance`. */
export const RECEIPT_HEADERS_MAX = 2 * 4_096;

/**
 * Largest receipt, in bytes: the largest request, and 4 MiB for the headers of the widest window, the longest chain of
 * changes (`EPOCH_CHANGES_BYTES_MAX`) and the rest.
 */
export const RECEIPT_BYTES_CEILING = REQUEST_BYTES_CEILING + 4 * 1024 * 1024;

const requestBytes = byteString(REQUEST_BYTES_CEILING);
const requestCodec: Codec<SignedRequest> = {
  toItem: ({ bytes }, at) => requestBytes.toItem(bytes, at),
  fromItem: (item, at) => {
    const bytes = requestBytes.fromItem(item, at);
    try {
      return decodeRequest(bytes, REQUEST_BYTES_CEILING);
    } catch (error) {
      if (!hasCode(error, 'encoding.invalid')) throw error;
      throw new CountersignError('encoding.invalid', { ...error.data, at: `${at}: ${error.data.at}` });
    }
  },
};

/** Receipts on the wire and, as hex, in receipt files. */
export const receiptCodec: Codec<Receipt> = prefixed(
  RECEIPT_VERSION,
  record<Receipt>({
    request: requestCodec,
    header: headerCodec,
    index: uint(),
    path: list(hexBytes(DIGEST_BYTES), RECEIPT_PATH_MAX),
    headersAbove: list(headerCodec, RECEIPT_HEADERS_MAX),
    certificate: checkpointCertificateCodec,
    registration: registrationCodec,
    registryChanges: epochChangesCodec,
  }),
);

/**
 * The receipt of a final request. Throws `invariant.broken` where the request is not in the block, or the certificate
 * is for another block than the last header; signatures and links are for `verifyReceipt`.
 */
export function buildReceipt(parts: ReceiptParts): Receipt {
  const { request, header, ids, headersAbove, certificate, below, registryChanges } = parts;
  const index = ids.indexOf(request.id);
  invariant(index !== -1, 'a receipt is for a request of its block', () => request.id);
  const top = headersAbove.at(-1) ?? header;
  invariant(certificate.hash === top.hash, 'a receipt ends at its checkpoint', () => certificate.hash);
  invariant(registryChanges.length === header.epoch, 'a receipt leads to the epoch of its block', () =>
    String(header.epoch),
  );
  return {
    request,
    header,
    index,
    path: merklePath(ids, index),
    headersAbove,
    certificate,
    registration: buildRegistration(below, request.supervisor),
    registryChanges,
  };
}

/** Canonical bytes of a receipt. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  return encode(receiptCodec, receipt);
}

/** The receipt that `bytes` encode; nothing in it is verified. Throws `encoding.tooLarge` or `encoding.invalid`. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  return decode(receiptCodec, bytes, RECEIPT_BYTES_CEILING);
}
