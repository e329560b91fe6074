/**
 * When the screen is locked, and unlocked again. macOS and Windows tell the program; on Linux it has to ask.
 * @module
 */
import { powerMonitor } from 'electron';

/** Time between two questions, in milliseconds. */
export const SCREEN_LOCK_INTERVAL_MS = 2_000;

/** Electron wants to know after how many seconds without input a machine is idle. Locked is locked, however long. */
const IDLE_AFTER_SECONDS = 3_600;

/** Tells of each change from now on; at once where the screen is locked already. Returns what ends it. */
export function watchScreenLock(onLocked: () => void, onUnlocked: () => void): () => void {
  if (process.platform !== 'linux') {
    powerMonitor.on('lock-screen', onLocked);
    powerMonitor.on('unlock-screen', onUnlocked);
    return () => {
      powerMonitor.removeListener('lock-screen', onLocked);
      powerMonitor.removeListener('unlock-screen', onUnlocked);
    };
  }
  let wasLocked = false;
  const look = (): void => {
    const isLocked = powerMonitor.getSystemIdleState(IDLE_AFTER_SECONDS) === 'locked';
    if (isLocked === wasLocked) return;
    wasLocked = isLocked;
    if (isLocked) onLocked();
    else onUnlocked();
  };
  const timer = setInterval(look, SCREEN_LOCK_INTERVAL_MS);
  look();
  return () => clearInterval(timer);
}
