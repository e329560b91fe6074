/**
 * The entry of the program in a window. What must be said before Electron is ready is said here, in order.
 * @module
 */
import { app } from 'electron';
import { toPlainError } from '../../shared/errors.ts';
import { Desktop } from './desktop.ts';
import { showErrorBox } from './errorBox.ts';
import { logEvent, tolerateClosedTerminal } from './log.ts';
import { refuseChromiumNetwork } from './permissions.ts';
import { preparePlaces } from './places.ts';
import { registerConsoleScheme } from './scheme.ts';

app.enableSandbox();
registerConsoleScheme();
refuseChromiumNetwork(app.commandLine);
tolerateClosedTerminal();

try {
  // Electron waits with `ready` until this file has run to its end, so its data directory is known in time.
  const places = await preparePlaces(process.env, import.meta.dirname);
  if (app.requestSingleInstanceLock()) new Desktop(places).run();
  else app.quit();
} catch (error) {
  logEvent({ kind: 'fatal', error: toPlainError(error) });
  void app.whenReady().then(() => {
    showErrorBox('startFailed', error);
    app.exit(1);
  });
}
