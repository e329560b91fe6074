/**
 * Where the program's files are, and where it keeps its data.
 * @module
 */
import { join, resolve } from 'node:path';
import { app } from 'electron';
import { defaultDataDirectory, makeDirectory } from '../storage/index.ts';

export interface Places {
  /** What the console keeps: keys, ledger, drafts. */
  readonly dataDirectory: string;
  /** Folder of the built pages. */
  readonly pageFolder: string;
  /** The built preload. */
  readonly preload: string;
  /** The built preload of the confirmation window. */
  readonly confirmPreload: string;
  /** The built command line, which also runs the replicas that have a process of their own. */
  readonly headlessEntry: string;
  /** Folder of the program's documents. The packages have it; the program does without. */
  readonly documentsFolder: string;
}

/** Folder of Chromium's own files, in the data directory. */
const BROWSER_FOLDER = 'window';
const DIRECTORY_MODE = 0o700;

/**
 * Makes the directories and tells Electron of them. Before the app is ready, and before the single-instance lock, which
 * lies in the data directory. Throws `file.unwritable` or `storage.*`.
 */
export async function preparePlaces(environment: NodeJS.ProcessEnv, built: string): Promise<Places> {
  const dataDirectory = resolve(defaultDataDirectory(environment, process.platform));
  const browser = join(dataDirectory, BROWSER_FOLDER);
  await makeDirectory(dataDirectory, DIRECTORY_MODE);
  await makeDirectory(browser, DIRECTORY_MODE);
  app.setPath('userData', dataDirectory);
  app.setPath('sessionData', browser);
  return {
    dataDirectory,
    pageFolder: join(built, '../renderer'),
    preload: join(built, '../preload/console.cjs'),
    confirmPreload: join(built, '../preload/confirm.cjs'),
    headlessEntry: join(built, 'headless.js'),
    // What is installed lies beside the archive of the program, where the system's programs can read it.
    documentsFolder: join(built, app.isPackaged ? '../../../docs' : '../../docs'),
  };
}
