/**
 * Whether there can be a window at all. On Linux Chromium ends the program where it finds no display, with two lines
 * about itself and perhaps a crash; the entry runs before that, and says what to do instead.
 * @module
 */
import { CountersignError } from '../../shared/errors.ts';
import { errorWords } from '../../shared/locales/errorWords.ts';
import { WORDS, languageOf } from './words.ts';

/** Any of these names a display. */
const NAMES = ['DISPLAY', 'WAYLAND_DISPLAY', 'WAYLAND_SOCKET'] as const;
/** Sessions in which Chromium looks for a display by itself. */
const SESSIONS: readonly (string | undefined)[] = ['wayland', 'x11', 'mir'];
/** Whoever gives these knows better. */
const SWITCH = /^--(headless|ozone-platform)(=|$)/;

/** Throws `desktop.noDisplay` where it is certain that there is none. */
export function requireDisplay(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  args: readonly string[],
): void {
  const isNamed = NAMES.some((name) => (environment[name] ?? '') !== '');
  const isInSession = SESSIONS.includes(environment['XDG_SESSION_TYPE']);
  if (platform !== 'linux' || isNamed || isInSession || args.some((arg) => SWITCH.test(arg))) return;
  throw new CountersignError('desktop.noDisplay', {});
}

/** `error` for a terminal, in the language that the environment names: Electron knows none yet. */
export function terminalWords(error: CountersignError, environment: NodeJS.ProcessEnv): string {
  // As POSIX orders them; an empty one counts as not set.
  const locale = [environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']].find(Boolean) ?? '';
  const language = languageOf(locale.replace('_', '-'));
  const { what, action } = errorWords(error, language);
  return `${WORDS[language].startFailed}\n${what}\n${action}\n`;
}
