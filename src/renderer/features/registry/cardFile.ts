/**
 * Card files on their way to the main process, which verifies them.
 * @module
 */
import { CARD_TEXT_CHARS_MAX } from '../../../shared/contract/setup.ts';
import { CountersignError } from '../../../shared/errors.ts';

/** Bytes of UTF-8 that one code unit takes at most. */
const BYTES_PER_CHAR_MAX = 3;

/** The text of a card file. Throws `encoding.tooLarge`, unread, or `file.unreadable`. */
export async function readCardFile(file: File): Promise<string> {
  const maxBytes = BYTES_PER_CHAR_MAX * CARD_TEXT_CHARS_MAX;
  if (file.size > maxBytes)
    throw new CountersignError('encoding.tooLarge', { sizeBytes: file.size, maxBytes });
  try {
    return await file.text();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new CountersignError('file.unreadable', { path: file.name, problem });
  }
}
