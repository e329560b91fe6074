/**
 * When the screen is locked, and unlocked again. macOS and Windows tell the program; on Linux it has to ask, in two ways:
 * Electron knows the screen savers of X11, and the session manager (logind) what a desktop on Wayland has told it.
 * @module
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { powerMonitor } from 'electron';

/** Time between two questions, in milliseconds. */
export const SCREEN_LOCK_INTERVAL_MS = 2_000;
/** How long the session manager may take to answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 2_000;

/** Electron wants to know after how many seconds without input a machine is idle. Locked is locked, however long. */
const IDLE_AFTER_SECONDS = 3_600;

export interface ScreenLockOptions {
  /** Whether it matters now: else no process is started for it. */
  readonly isWanted: () => boolean;
  readonly onLocked: () => void;
  readonly onUnlocked: () => void;
}

/** Tells of each change from now on; at once where the screen is locked already. Returns what ends it. */
export function watchScreenLock(options: ScreenLockOptions): () => void {
  if (process.platform === 'linux') return askForScreenLock(options);
  powerMonitor.on('lock-screen', options.onLocked);
  powerMonitor.on('unlock-screen', options.onUnlocked);
  // A program that ends hears nothing any more.
  return () => undefined;
}

function askForScreenLock({ isWanted, onLocked, onUnlocked }: ScreenLockOptions): () => void {
  const session = new LogindSession(process.env['XDG_SESSION_ID'] ?? 'auto');
  let wasLocked = false;
  let isEnded = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const isCovered = powerMonitor.getSystemIdleState(IDLE_AFTER_SECONDS) === 'locked';
    // Whoever was told that it is locked also hears when it is no more.
    const isLocked = isCovered || ((isWanted() || wasLocked) && (await session.isLocked()));
    if (isEnded) return;
    if (isLocked !== wasLocked) {
      wasLocked = isLocked;
      if (isLocked) onLocked();
      else onUnlocked();
    }
    timer = setTimeout(() => void look(), SCREEN_LOCK_INTERVAL_MS);
  };
  void look();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

/** What the session manager knows of a session. Where there is no session manager, nobody is asked again. */
class LogindSession {
  readonly #id: string;
  #isThere = true;

  /** `id`: `auto` for the session that this process belongs to. */
  constructor(id: string) {
    this.#id = id;
  }

  /** Whether it is known to be locked. Never rejects. */
  async isLocked(): Promise<boolean> {
    if (!this.#isThere) return false;
    try {
      const args = ['show-session', this.#id, '--property=LockedHint', '--value'];
      const { stdout } = await promisify(execFile)('loginctl', args, { timeout: ANSWER_TIMEOUT_MS });
      return stdout.trim() === 'yes';
    } catch (error) {
      // A late or failed answer says nothing of the next one.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#isThere = false;
      return false;
    }
  }
}
