/**
 * Updates as a person meets them in the desktop program: the system's own dialogs and folders around the updater.
 * @module
 */
import { join } from 'node:path';
import { app, dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron';
import { CountersignError } from '../../../shared/errors.ts';
import type { Language } from '../../../shared/text/quantities.ts';
import type { UpdateView } from '../../../shared/contract/updates.ts';
import type { UpdateHost } from '../../console/desktopHost.ts';
import { SOURCE_FILE } from '../../console/updates/updateSource.ts';
import { Updater } from '../../console/updates/updater.ts';
import { isThere } from '../help.ts';
import { WORDS } from '../words.ts';

/** Endings of the packages of each system, as its dialog shows them. */
const ENDINGS: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['AppImage', 'deb', 'rpm'],
  win32: ['exe'],
  darwin: ['dmg'],
};

export interface UpdateDeskOptions {
  readonly updater: Updater;
  /** The console's window, over which the dialog lies. */
  readonly window: () => BrowserWindow | null;
  readonly language: () => Language;
}

/** The updater of this build. Before the app is ready. Never rejects. */
export async function openUpdater(dataDirectory: string, built: string): Promise<Updater> {
  return await Updater.open({
    dataDirectory,
    sourcePath: join(built, SOURCE_FILE),
    packageFolder: () => app.getPath('downloads'),
    running: app.getVersion(),
    system: process.platform,
    processor: process.arch,
    now: () => Date.now(),
  });
}

export class UpdateDesk implements UpdateHost {
  readonly #options: UpdateDeskOptions;

  constructor(options: UpdateDeskOptions) {
    this.#options = options;
  }

  view(): UpdateView {
    return this.#options.updater.view();
  }

  async setLooksByItself(looksByItself: boolean): Promise<void> {
    await this.#options.updater.setLooksByItself(looksByItself);
  }

  look(): void {
    this.#options.updater.look();
  }

  fetch(fileName: string): void {
    this.#options.updater.fetch(fileName);
  }

  cancel(): void {
    this.#options.updater.cancel();
  }

  async choose(): Promise<void> {
    const { updater, window, language } = this.#options;
    // Nobody chooses a file only to hear that none can be checked.
    updater.requireSource();
    const { choose } = WORDS[language()].updates;
    const options: OpenDialogOptions = {
      title: choose.title,
      buttonLabel: choose.button,
      properties: ['openFile'],
      filters: [{ name: choose.packages, extensions: ENDINGS[process.platform] ?? ['*'] }],
    };
    const parent = window();
    const { filePaths } = await (parent === null
      ? dialog.showOpenDialog(options)
      : dialog.showOpenDialog(parent, options));
    const [path] = filePaths;
    if (path !== undefined) updater.check(path);
  }

  async show(): Promise<void> {
    const path = this.#options.updater.readyPath;
    if (!(await isThere(path))) throw new CountersignError('file.notFound', { path });
    shell.showItemInFolder(path);
  }
}
