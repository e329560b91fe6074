/** The first five minutes in the window of the desktop program. */
import { firstFiveMinutes } from '../../flows/firstFiveMinutes.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('the first five minutes')) {
  firstFiveMinutes(way, { language: 'zh-CN', theme: 'dark' });
}
