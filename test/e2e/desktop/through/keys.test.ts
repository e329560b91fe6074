/** The keys of this machine in the window of the desktop program. */
import { keysOfMachine } from '../../flows/keys.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('the keys of this machine')) {
  keysOfMachine(way, { language: 'zh-CN', theme: 'light' });
}
