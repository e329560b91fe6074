/**
 * The entry of the program in a window. What must be said before Electron is ready is said here, in order.
 * @module
 */
import { app } from 'electron';
import { hasCode, toPlainError } from '../../shared/errors.ts';
import { Desktop } from './desktop.ts';
import { requireDisplay, terminalWords } from './display.ts';
import { showErrorBox } from './errorBox.ts';
import { identifyToWindows } from './identity.ts';
import { requireOtherInstance } from './instanceLock.ts';
import { logEvent, tolerateClosedTerminal } from './log.ts';
import { refuseChromiumNetwork } from './permissions.ts';
import { preparePlaces } from './places.ts';
import { registerConsoleScheme } from './scheme.ts';
import { SystemWays, takeLinks } from './opening/systemWays.ts';
import { DesktopSettings } from './settings/desktopSettings.ts';
import { openUpdater } from './updates/updateDesk.ts';

app.enableSandbox();
identifyToWindows(app, process.platform);
registerConsoleScheme();
refuseChromiumNetwork(app.commandLine);
tolerateClosedTerminal();
const ways = new SystemWays();

try {
  requireDisplay(process.env, process.platform, process.argv);
  // Electron waits with `ready` until this file has run to its end, so its data directory is known in time.
  const places = await preparePlaces(process.env, import.meta.dirname);
  if (app.requestSingleInstanceLock()) {
    const settings = await DesktopSettings.open(places.dataDirectory, Date.now());
    const updater = await openUpdater(places.dataDirectory, import.meta.dirname);
    takeLinks();
    new Desktop(places, settings, ways, updater).run();
  } else {
    await requireOtherInstance(places.dataDirectory);
    app.quit();
  }
} catch (error) {
  logEvent({ kind: 'fatal', error: toPlainError(error) });
  if (hasCode(error, 'desktop.noDisplay')) {
    // It never becomes ready, and there is no place for a box.
    process.stderr.write(terminalWords(error, process.env));
    app.exit(1);
  } else {
    void app.whenReady().then(() => {
      showErrorBox('startFailed', error);
      app.exit(1);
    });
  }
}
