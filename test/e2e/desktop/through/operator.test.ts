/** Peers, diagnostics and settings in the window of the desktop program. */
import { peersDiagnosticsAndSettings } from '../../flows/operator.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('peers, diagnostics and settings')) {
  peersDiagnosticsAndSettings(way, [{ language: 'en' }]);
}
