/** The inbox and the blocks in the window of the desktop program. */
import { inboxAndBlocks } from '../../flows/inbox.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('the inbox and the blocks')) {
  inboxAndBlocks(way, { language: 'en', theme: 'dark' });
}
