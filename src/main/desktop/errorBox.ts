/**
 * Errors that no page can show, in a box of the system's.
 * @module
 */
import { app, dialog } from 'electron';
import { toPlainError } from '../../shared/errors.ts';
import { errorWords } from '../../shared/locales/errorWords.ts';
import type { Language } from '../../shared/text/quantities.ts';
import { WORDS, languageOf, type Words } from './words.ts';

/** Shows `error` with what to do, and waits until it has been read. The app must be ready. */
export function showErrorBox(
  title: keyof Pick<Words, 'failed' | 'failedToDo' | 'startFailed'>,
  error: unknown,
  language: Language = languageOf(app.getLocale()),
): void {
  const { what, action } = errorWords(toPlainError(error), language);
  dialog.showErrorBox(WORDS[language][title], `${what}\n\n${action}`);
}

/** Shows `error` beside what goes on. Resolves when it has been read. */
export async function showProblem(title: string, error: unknown, language: Language): Promise<void> {
  const { what, action } = errorWords(toPlainError(error), language);
  await dialog.showMessageBox({
    type: 'warning',
    title,
    message: what,
    detail: action,
    buttons: [WORDS[language].ok],
  });
}
