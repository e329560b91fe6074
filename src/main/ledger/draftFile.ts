/**
 * Drafts as files: what is to be signed leaves one machine, is signed on others that need no network, and comes back as
 * signed requests. A file holds the canonical bytes that are signed and, for people, what they say; it is accepted only
 * as the very text that follows from its content, so no bit of it can be changed unnoticed by accident. Nothing in it is
 * trusted: whoever signs is shown what the bytes say.
 * @module
 */
import { z } from 'zod';
import {
  decode,
  encode,
  byteString,
  hexBytes,
  list,
  record,
  text as textOf,
  type Codec,
} from '../../shared/encoding/codec.ts';
import type { Payload } from '../../shared/domain/payload.ts';
import { fromHex, isHex, toHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { hidesSomething } from '../../shared/text/visible.ts';
import { contentHashOf } from './contentHash.ts';
import { differenceOf, hexLines } from './fileText.ts';
import { networkIdOf, type Genesis } from './genesis.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, digestHex } from './hash.ts';
import { parseJson, pathText } from './json.ts';
import { NAME_CHARS_MAX } from './limits.ts';
import { payloadCodec } from './payload.ts';
import { readableJson } from './readableJson.ts';
import { REQUEST_BYTES_CEILING } from './request.ts';

/** Marks a draft file. */
export const DRAFT_FILE_FORMAT = 'countersign-draft';
/** Layout version of draft files. */
export const DRAFT_FILE_VERSION = 1;
/**
 * Largest draft file, in bytes of UTF-8: any draft of a network with the default limits, of which each byte can take up
 * to nine in the file, twice in hex and in words.
 */
export const DRAFT_FILE_BYTES_MAX = 32 * 1024 * 1024;
/** Most signers that a draft expects: a list that one person keeps in view. */
export const EXPECTED_SIGNERS_MAX = 64;
/** Longest note to the signers, in UTF-16 code units. */
export const NOTE_CHARS_MAX = 1_000;

/** Bytes of the payload in one line of the file. */
const LINE_BYTES = 32;

/** Somebody whose signature a draft waits for. */
export interface ExpectedSigner {
  readonly publicKey: Hex;
  /** What people call the holder of the key; nobody has checked it. */
  readonly name: string;
}

/** What a draft file says besides the payload. */
export interface DraftEnvelope {
  readonly networkId: Hex;
  readonly networkName: string;
  /** Whose signatures are waited for; empty where the file does not say. */
  readonly expectedSigners: readonly ExpectedSigner[];
  /** A word to the signers. It is not signed. */
  readonly note: string;
}

/** A draft file, read or to be written. */
export interface DraftFile extends DraftEnvelope {
  readonly payload: Payload;
  /** Canonical bytes of `payload`. */
  readonly payloadBytes: Uint8Array;
  readonly contentHash: Hex;
}

type Checked = DraftEnvelope & Pick<DraftFile, 'payloadBytes'>;
const checkedCodec: Codec<Checked> = record<Checked>({
  networkId: hexBytes(DIGEST_BYTES),
  networkName: textOf(NAME_CHARS_MAX),
  expectedSigners: list(
    record<ExpectedSigner>({ publicKey: hexBytes(PUBLIC_KEY_BYTES), name: textOf(NAME_CHARS_MAX) }),
    EXPECTED_SIGNERS_MAX,
  ),
  note: textOf(NOTE_CHARS_MAX),
  payloadBytes: byteString(REQUEST_BYTES_CEILING),
});

const name = z.string().max(NAME_CHARS_MAX);
const fileSchema = z.strictObject({
  format: z.literal(DRAFT_FILE_FORMAT),
  version: z.literal(DRAFT_FILE_VERSION),
  network_id: z.string(),
  network_name: name,
  content_hash: z.string(),
  expected_signers: z
    .array(z.strictObject({ name: name.min(1), public_key: z.string() }))
    .max(EXPECTED_SIGNERS_MAX),
  note: z.string().max(NOTE_CHARS_MAX),
  /** For people; compared with the payload as part of the whole text. */
  content: z.looseObject({}),
  payload: z.array(z.string()).min(1),
  checksum: z.string(),
});
type FileContent = z.infer<typeof fileSchema>;

/** The draft file of a payload. Throws `draftFile.invalid` for signers or a note that no file may have, `encoding.*`. */
export function draftFileOf(payload: Payload, envelope: DraftEnvelope): DraftFile {
  const payloadBytes = encode(payloadCodec, payload);
  const draft = { ...envelope, payload, payloadBytes, contentHash: contentHashOf(payloadBytes) };
  checkEnvelope(draft);
  return draft;
}

/**
 * The text of a draft file: JSON with two spaces of indentation, one line for each record, and a line feed at its end.
 * Throws `draftFile.invalid` for a draft so large that its file could not be read.
 */
export function renderDraftFile(draft: DraftFile): string {
  const text = render(draft);
  checkSize(new TextEncoder().encode(text).length);
  return text;
}

/**
 * The draft in the file `text`. Throws `draftFile.invalid` with what is wrong unless `text` is, to the character, what
 * `renderDraftFile` writes. Whether it is for one's own network is for `checkDraftNetwork` to say.
 */
export function parseDraftFile(text: string): DraftFile {
  // Each UTF-16 code unit takes a byte or more.
  checkSize(text.length);
  const json = parseJson(text);
  if (!json.ok) throw invalid('the file', json.problem);
  const parsed = fileSchema.safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(pathText(issue?.path ?? [], 'the file'), issue?.message ?? 'is not a draft file');
  }
  const draft = draftIn(parsed.data);
  if (draft.contentHash !== parsed.data.content_hash) {
    throw invalid('content_hash', `must be ${draft.contentHash}, the hash of the payload`);
  }
  if (checksumOf(draft) !== parsed.data.checksum) {
    throw invalid('checksum', 'is not that of the file: its network, its signers or its note were changed');
  }
  const rendered = render(draft);
  if (rendered !== text) throw invalid('the file', differenceOf(text, rendered, 'its payload'));
  return draft;
}

/**
 * Makes sure that a draft is for the network of `genesis`. Throws `draftFile.wrongNetwork`, and `draftFile.invalid`
 * where it calls that network by another name.
 */
export function checkDraftNetwork(draft: DraftFile, genesis: Genesis): void {
  const expected = networkIdOf(genesis);
  if (draft.networkId !== expected) {
    throw new CountersignError('draftFile.wrongNetwork', { expected, actual: draft.networkId });
  }
  if (draft.networkName !== genesis.name) throw invalid('network_name', 'is not what the genesis says');
}

function render(draft: DraftFile): string {
  const content: FileContent = {
    format: DRAFT_FILE_FORMAT,
    version: DRAFT_FILE_VERSION,
    network_id: draft.networkId,
    network_name: draft.networkName,
    content_hash: draft.contentHash,
    expected_signers: draft.expectedSigners.map((signer) => ({
      name: signer.name,
      public_key: signer.publicKey,
    })),
    note: draft.note,
    content: { ...draft.payload },
    payload: hexLines(toHex(draft.payloadBytes), LINE_BYTES),
    checksum: checksumOf(draft),
  };
  return `${readableJson(content)}\n`;
}

function draftIn(file: FileContent): DraftFile {
  const payloadBytes = bytesIn(file.payload.join(''));
  const draft = {
    networkId: file.network_id,
    networkName: file.network_name,
    expectedSigners: file.expected_signers.map((signer) => ({
      publicKey: signer.public_key,
      name: signer.name,
    })),
    note: file.note,
    payload: payloadIn(payloadBytes),
    payloadBytes,
    contentHash: contentHashOf(payloadBytes),
  };
  checkEnvelope(draft);
  return draft;
}

function bytesIn(hex: string): Uint8Array {
  if (!isHex(hex)) throw invalid('payload', 'must be lowercase hex digits');
  return fromHex(hex);
}

function payloadIn(bytes: Uint8Array): Payload {
  try {
    return decode(payloadCodec, bytes, REQUEST_BYTES_CEILING);
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) {
      throw invalid('payload', `${error.data.at}: ${error.data.problem}`, error);
    }
    if (hasCode(error, 'encoding.tooLarge')) throw invalid('payload', 'is too large', error);
    throw error;
  }
}

function checksumOf(draft: DraftFile): Hex {
  const { networkId, networkName, expectedSigners, note, payloadBytes } = draft;
  const checked: Checked = { networkId, networkName, expectedSigners, note, payloadBytes };
  return digestHex('countersign/draft-file/1', encode(checkedCodec, checked));
}

/** A name or a note that shows as another than it is could send somebody for the wrong signature. */
function checkEnvelope(draft: DraftFile): void {
  const { expectedSigners, note } = draft;
  for (const [index, signer] of expectedSigners.entries()) {
    const at = `expected_signers[${String(index)}]`;
    if (signer.name === '') throw invalid(`${at}.name`, 'must not be empty');
    if (hidesSomething(signer.name)) throw invalid(`${at}.name`, 'holds characters that do not show');
    if (expectedSigners.findIndex(({ publicKey }) => publicKey === signer.publicKey) !== index) {
      throw invalid(`${at}.public_key`, 'stands in the list twice');
    }
  }
  if (hidesSomething(note, { layout: true })) throw invalid('note', 'holds characters that do not show');
  try {
    checksumOf(draft);
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) throw invalid(error.data.at, error.data.problem, error);
    throw error;
  }
}

function checkSize(sizeBytes: number): void {
  if (sizeBytes <= DRAFT_FILE_BYTES_MAX) return;
  throw invalid('the file', `has more than ${String(DRAFT_FILE_BYTES_MAX)} bytes`);
}

function invalid(at: string, problem: string, cause?: unknown): CountersignError<'draftFile.invalid'> {
  return new CountersignError('draftFile.invalid', { at, problem }, { cause });
}
