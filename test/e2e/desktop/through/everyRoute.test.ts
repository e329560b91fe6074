/** Every address of the console in the window of the desktop program. */
import { everyBeginning, everyRoute } from '../../flows/everyRoute.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('every address')) {
  everyRoute(way, { languages: ['zh-CN'], themes: ['dark'] });
  everyBeginning(way, { languages: ['en'], themes: ['light'] });
}
