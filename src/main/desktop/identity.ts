/**
 * Which program this is to Windows. On Linux Electron takes it from `desktopName` in package.json, on macOS from the
 * package.
 * @module
 */
import type { App } from 'electron';

/** As `appId` in electron-builder.yml: the installer gives it to the shortcuts. A test compares them. */
export const APP_ID = 'io.countersign.desktop';

/**
 * Tells Windows that this is the program of the shortcuts: its windows stand with them on the taskbar, and its
 * notifications bear their name. Before there is any window. What is not installed has no shortcut, and must not pass for
 * the program that is installed beside it.
 */
export function identifyToWindows(
  app: Pick<App, 'isPackaged' | 'setAppUserModelId'>,
  platform: NodeJS.Platform,
): void {
  if (platform === 'win32' && app.isPackaged) app.setAppUserModelId(APP_ID);
}
