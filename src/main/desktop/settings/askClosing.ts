/**
 * Whether closing the window ends the program: asked until a person lets it be remembered.
 * @module
 */
import { dialog, type BrowserWindow } from 'electron';
import type { Language } from '../../../shared/text/quantities.ts';
import { WORDS } from '../words.ts';

/** What a person wants; `null`: neither, the window stays. */
export interface ClosingAnswer {
  readonly closing: 'quit' | 'tray';
  readonly remember: boolean;
}

const TRAY = 0;
const QUIT = 1;
const CANCEL = 2;

export async function askClosing(window: BrowserWindow, language: Language): Promise<ClosingAnswer | null> {
  const words = WORDS[language].closing;
  const { response, checkboxChecked } = await dialog.showMessageBox(window, {
    type: 'question',
    title: words.title,
    message: words.message,
    detail: words.detail,
    buttons: [words.keepRunning, words.quit, words.cancel],
    defaultId: TRAY,
    cancelId: CANCEL,
    noLink: true,
    checkboxLabel: words.remember,
    checkboxChecked: false,
  });
  if (response !== TRAY && response !== QUIT) return null;
  return { closing: response === QUIT ? 'quit' : 'tray', remember: checkboxChecked };
}
