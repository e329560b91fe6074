/**
 * Errors that no page can show, in a box of the system's.
 * @module
 */
import { app, dialog } from 'electron';
import { toPlainError } from '../../shared/errors.ts';
import { errorWords } from '../../shared/locales/errorWords.ts';
import { WORDS, languageOf, type Words } from './words.ts';

/** Shows `error` with what to do, and waits until it has been read. The app must be ready. */
export function showErrorBox(title: keyof Pick<Words, 'startFailed' | 'failed'>, error: unknown): void {
  const language = languageOf(app.getLocale());
  const { what, action } = errorWords(toPlainError(error), language);
  dialog.showErrorBox(WORDS[language][title], `${what}\n\n${action}`);
}
