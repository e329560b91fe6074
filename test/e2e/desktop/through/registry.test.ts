/** The registry in the window of the desktop program. */
import { registryOf } from '../../flows/registry.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('the registry')) registryOf(way, { language: 'en', theme: 'light' });
