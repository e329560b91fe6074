/** A network of four organisations, made and joined in the window of the desktop program. */
import { wizard } from '../../flows/wizard.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('a network of four')) {
  wizard(way, 'create', { language: 'zh-CN' });
  wizard(way, 'join', { language: 'en', theme: 'dark' });
}
