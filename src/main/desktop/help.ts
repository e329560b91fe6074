/**
 * What the menu's Help leads to: who made this and what runs, the documents, and the data folder.
 * @module
 */
import { access } from 'node:fs/promises';
import { app, dialog, shell } from 'electron';
import { CountersignError } from '../../shared/errors.ts';
import type { Language } from '../../shared/text/quantities.ts';
import { WORDS, fill } from './words.ts';

/** Says what this program is, in a box of the system. Resolves when it has been read. */
export async function showAbout(language: Language, dataDirectory: string): Promise<void> {
  const { about, ok } = WORDS[language];
  const { electron, chrome: chromium, node } = process.versions;
  await dialog.showMessageBox({
    type: 'info',
    title: about.title,
    message: fill(about.message, { version: app.getVersion() }),
    detail: fill(about.detail, { dataDirectory, electron, chromium, node }),
    buttons: [ok],
  });
}

/** Whether there is something at `path`. */
export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Opens a folder in the system's own program for them. Throws `file.unreadable`. */
export async function openFolder(path: string): Promise<void> {
  const problem = await shell.openPath(path);
  if (problem !== '') throw new CountersignError('file.unreadable', { path, problem });
}
