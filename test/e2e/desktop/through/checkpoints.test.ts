/** Checkpoints and receipts in the window of the desktop program. */
import { checkpointsAndReceipts } from '../../flows/checkpoints.ts';
import { desktopWays } from '../ways.ts';

for (const way of await desktopWays('checkpoints and receipts')) {
  checkpointsAndReceipts(way, [{ language: 'zh-CN', theme: 'dark' }]);
}
