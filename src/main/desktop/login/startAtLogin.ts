/**
 * Starting with the session of the person: by Electron on macOS and Windows; by an entry among the programs that start
 * with the session on Linux, where Electron can do nothing.
 * @module
 */
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { app } from 'electron';
import { hasCode } from '../../../shared/errors.ts';
import { readTextFile, writeError, writeFileAtomic } from '../../storage/index.ts';

/** Given to a start by itself, except on macOS, which hands over no arguments: the window stays closed. */
export const HIDDEN_FLAG = '--hidden';

const ENTRY_FILE = 'countersign.desktop';
/** As desktops write such entries themselves. */
const ENTRY_MODE = 0o644;
const FOLDER_MODE = 0o700;
/** Far more than an entry needs. */
const ENTRY_BYTES_MAX = 65_536;

/**
 * Starts the program at login, or no more. Durable when the promise resolves. Throws the errors of writing files; then it
 * is as it was.
 */
export async function setStartAtLogin(startAtLogin: boolean): Promise<void> {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: startAtLogin, args: [HIDDEN_FLAG] });
    return;
  }
  const path = autostartPath(process.env, homedir());
  try {
    if (!startAtLogin) await rm(path, { force: true });
    else {
      await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
      await writeFileAtomic(path, autostartEntry(ownCommand()), ENTRY_MODE);
    }
  } catch (error) {
    throw writeError(path, error);
  }
}

/**
 * Lets the entry that is there for this data directory start the program that runs: an AppImage has its version in its
 * name, and after an update the file that the entry names may be gone. A run from source leaves it to the program that is
 * installed. What the session itself has put into an entry stays, and an entry that it has
 * taken out stays out: a person said so there. Throws the errors of reading and writing files.
 */
export async function renewStartAtLogin(): Promise<void> {
  if (process.platform !== 'linux' || !app.isPackaged) return;
  const path = autostartPath(process.env, homedir());
  let entry: string;
  try {
    entry = await readTextFile(path, ENTRY_BYTES_MAX);
  } catch (error) {
    if (hasCode(error, 'file.notFound')) return;
    throw error;
  }
  const renewed = renewedEntry(entry, ownCommand());
  if (renewed !== entry) await writeFileAtomic(path, renewed, ENTRY_MODE);
}

/** Whether this start is one that nobody has asked for just now. The app must be ready. */
export function isHiddenStart(argv: readonly string[], platform: NodeJS.Platform): boolean {
  if (argv.includes(HIDDEN_FLAG)) return true;
  return platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin;
}

/** Where the entry is, by the XDG base directories. A folder that is not absolute counts as none, as they say. */
export function autostartPath(environment: NodeJS.ProcessEnv, home: string): string {
  const config = environment['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(config) ? config : join(home, '.config'), 'autostart', ENTRY_FILE);
}

/** The entry that runs a command. */
export function autostartEntry(command: readonly string[]): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Countersign',
    execLine(command),
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/** `entry`, which runs `command` instead of what it ran; as it is where that has another data directory. */
export function renewedEntry(entry: string, command: readonly string[]): string {
  return entry.replace(/^Exec=.*$/m, (line) =>
    environmentOf(line) === environmentOf(execLine(command)) ? execLine(command) : line,
  );
}

/** What the line sets for the program before it names it: its data directory, or nothing. */
function environmentOf(line: string): string {
  return /^Exec="env" "[^"]*"/.exec(line)?.[0] ?? '';
}

function execLine(command: readonly string[]): string {
  return `Exec=${command.map(quoted).join(' ')}`;
}

/** An argument of `Exec`: quoted, and once more escaped as a value of the file. `%` would begin a field. */
function quoted(argument: string): string {
  const inQuotes = argument.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%');
  return `"${inQuotes.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}"`;
}

/** What starts this program with this data directory. An AppImage is run by its own path. */
function ownCommand(): string[] {
  const { APPIMAGE: image, APPDIR: mounted, COUNTERSIGN_DATA: data } = process.env;
  // Another AppImage, such as a terminal's, hands down its own variables.
  const isImage = mounted !== undefined && process.execPath.startsWith(join(mounted, sep));
  const program = isImage ? (image ?? process.execPath) : process.execPath;
  // Electron itself has to be told which program it is.
  const source = app.isPackaged ? [] : [app.getAppPath()];
  const environment = data === undefined ? [] : ['env', `COUNTERSIGN_DATA=${resolve(data)}`];
  return [...environment, program, ...source, HIDDEN_FLAG];
}
