/** The fault panel in the window of the desktop program. */
import { faultPanel } from '../../flows/faultPanel.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('the fault panel')) faultPanel(way, { theme: 'dark' });
