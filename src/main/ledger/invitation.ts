/**
 * An invitation: a genesis file as one word that can be pasted into a message, and how either of the two is read.
 *
 * `csinv1.` and then, in base64url without padding (RFC 4648, section 5), eight bytes of checksum and the bytes of the
 * genesis file in UTF-8. Messages break long words: white space within it counts for nothing. The checksum only tells
 * a damaged copy from a wrong one; whether it is the right network, the fingerprint says.
 * @module
 */
import { equalBytes } from '../../shared/encoding/codec.ts';
import { CountersignError } from '../../shared/errors.ts';
import type { Genesis } from './genesis.ts';
import {
  GENESIS_FILE_CHARS_MAX,
  parseGenesisFile,
  renderGenesisFile,
  type GenesisFileOptions,
} from './genesisFile.ts';
import { digest } from './hash.ts';

/** Longest invitation, in characters: a thousand supervisors. A larger genesis travels as a file. */
export const INVITATION_CHARS_MAX = 512 * 1024;
/** Longest text that is read as a genesis file or an invitation, in UTF-16 code units. */
export const GENESIS_TEXT_CHARS_MAX = GENESIS_FILE_CHARS_MAX;

const PREFIX = 'csinv1.';
const ANY_VERSION = /^csinv[0-9]{1,4}\./;
const CHECKSUM_BYTES = 8;
/** Most arguments of one call: code points are turned into text in such pieces. */
const PIECE_BYTES = 8_192;

/** The invitation to a network. Throws `encoding.tooLarge` for a genesis that has to travel as a file. */
export function renderInvitation(genesis: Genesis): string {
  const file = new TextEncoder().encode(renderGenesisFile(genesis));
  const bytes = new Uint8Array(CHECKSUM_BYTES + file.length);
  bytes.set(checksumOf(file));
  bytes.set(file, CHECKSUM_BYTES);
  const text = PREFIX + toBase64Url(bytes);
  if (text.length > INVITATION_CHARS_MAX) {
    throw new CountersignError('encoding.tooLarge', {
      sizeBytes: text.length,
      maxBytes: INVITATION_CHARS_MAX,
    });
  }
  return text;
}

/**
 * The genesis in the text of a genesis file, or in an invitation. Throws `invitation.invalid`, and what
 * `parseGenesisFile` throws.
 */
export function readGenesisText(text: string, options: GenesisFileOptions = {}): Genesis {
  const start = text.slice(0, PIECE_BYTES).trimStart();
  if (start.startsWith('{')) return parseGenesisFile(text, options);
  return parseGenesisFile(fileIn(text), options);
}

function fileIn(text: string): string {
  if (text.length > 2 * INVITATION_CHARS_MAX) throw invalid('it is too long');
  const word = text.replace(/\s+/g, '');
  if (word.length > INVITATION_CHARS_MAX) throw invalid('it is too long');
  if (!word.startsWith(PREFIX)) {
    throw invalid(
      ANY_VERSION.test(word)
        ? 'it was made by another version of Countersign'
        : `it must begin with ${PREFIX}`,
    );
  }
  const bytes = fromBase64Url(word.slice(PREFIX.length));
  const file = bytes.subarray(CHECKSUM_BYTES);
  if (bytes.length <= CHECKSUM_BYTES || !equalBytes(bytes.subarray(0, CHECKSUM_BYTES), checksumOf(file))) {
    throw invalid('its checksum does not fit: a part is missing or changed');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
  } catch (error) {
    throw invalid('it holds no text', { cause: error });
  }
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  return digest('countersign/invitation/1', bytes).subarray(0, CHECKSUM_BYTES);
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES));
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw invalid('it holds characters that do not belong to it');
  let binary: string;
  try {
    binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch (error) {
    throw invalid('a character is missing', { cause: error });
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  // Bits that no byte has must be zero: one spelling for one invitation.
  if (toBase64Url(bytes) !== text) throw invalid('its last character is wrong');
  return bytes;
}

function invalid(problem: string, options?: ErrorOptions): CountersignError<'invitation.invalid'> {
  return new CountersignError('invitation.invalid', { problem }, options);
}
