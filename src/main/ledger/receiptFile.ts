/**
 * Receipts as files: JSON with a summary that people read, and the canonical bytes that programs verify. The summary
 * follows from the bytes, and a file is accepted only as the very text that follows from them: no character of it can
 * be changed.
 * @module
 */
import { titleOf } from '../../shared/domain/payload.ts';
import { z } from 'zod';
import { fromHex, isHex, toHex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { isEvidenceFile } from './evidenceFile.ts';
import { differenceOf, hexLines } from './fileText.ts';
import { isoTime } from './isoTime.ts';
import { parseJson, pathText } from './json.ts';
import { RECEIPT_BYTES_CEILING, decodeReceipt, encodeReceipt, type Receipt } from './receipt.ts';

/** Marks a receipt file. */
export const RECEIPT_FILE_FORMAT = 'countersign-receipt';
/** Layout version of receipt files. */
export const RECEIPT_FILE_VERSION = 2;

/** Bytes of a receipt in one line of its file, and the characters around their digits. */
const LINE_BYTES = 32;
const LINE_OVERHEAD_CHARS = 8;
const SUMMARY_CHARS_MAX = 4_096;

/** Largest receipt file, in UTF-16 code units: the hex digits of the largest receipt, in lines, and the summary. */
export const RECEIPT_FILE_CHARS_MAX =
  Math.ceil(RECEIPT_BYTES_CEILING / LINE_BYTES) * (2 * LINE_BYTES + LINE_OVERHEAD_CHARS) + SUMMARY_CHARS_MAX;

const fileSchema = z.object({
  format: z.literal(RECEIPT_FILE_FORMAT),
  version: z.literal(RECEIPT_FILE_VERSION),
  receipt: z.array(z.string()),
});

/** The text of a receipt's file: JSON with two spaces of indentation and a line feed at its end. */
export function renderReceiptFile(receipt: Receipt): string {
  const { request, header, headersAbove } = receipt;
  const file = {
    format: RECEIPT_FILE_FORMAT,
    version: RECEIPT_FILE_VERSION,
    network_id: request.networkId,
    request_id: request.id,
    kind: request.payload.kind,
    title: titleOf(request.payload),
    signed_at: isoTime(request.timestampMs),
    signed_at_ms: request.timestampMs,
    supervisor: request.supervisor,
    height: header.height,
    checkpoint_height: (headersAbove.at(-1) ?? header).height,
    // Receipts of the first epoch are older than this key, and stay as they were.
    ...(header.epoch === 0 ? {} : { epoch: header.epoch }),
    receipt: hexLines(toHex(encodeReceipt(receipt)), LINE_BYTES),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** By this a reader tells receipt files from others, before anything of one is checked. */
const RECEIPT_FILE_START = /^\s*\{\s*"format"\s*:\s*"countersign-receipt"/;

/** Whether `text` claims to be a receipt file. */
export function isReceiptFile(text: string): boolean {
  return RECEIPT_FILE_START.test(text);
}

/**
 * The receipt in the file `text`; its proof is not verified here.
 * Throws `receipt.invalid` unless `text` is, to the character, what `renderReceiptFile` writes.
 */
export function parseReceiptFile(text: string): Receipt {
  if (text.length > RECEIPT_FILE_CHARS_MAX) {
    throw invalid('the file', `has more than ${String(RECEIPT_FILE_CHARS_MAX)} characters`);
  }
  if (isEvidenceFile(text)) throw invalid('the file', 'is evidence: “countersign verify” checks it');
  const json = parseJson(text);
  if (!json.ok) throw invalid('the file', json.problem);
  const parsed = fileSchema.safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(pathText(issue?.path ?? [], 'the file'), issue?.message ?? 'is not a receipt file');
  }
  const hex = parsed.data.receipt.join('');
  if (!isHex(hex)) throw invalid('receipt', 'must be lowercase hex digits');
  const receipt = receiptFromBytes(fromHex(hex));
  const rendered = renderReceiptFile(receipt);
  if (rendered !== text) throw invalid('the file', differenceOf(text, rendered, 'the receipt'));
  return receipt;
}

/**
 * The receipt that `source` encodes, or the receipt in memory as its bytes say it. Throws `receipt.invalid` for
 * whatever is wrong with its form.
 */
export function receiptFromBytes(source: Uint8Array | Receipt): Receipt {
  try {
    return decodeReceipt(source instanceof Uint8Array ? source : encodeReceipt(source));
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) throw invalid(error.data.at, error.data.problem, error);
    if (hasCode(error, 'encoding.tooLarge')) throw invalid('receipt', 'is too large', error);
    throw error;
  }
}

function invalid(at: string, problem: string, cause?: unknown): CountersignError<'receipt.invalid'> {
  return new CountersignError('receipt.invalid', { at, problem }, { cause });
}
