/** Checkpoints and receipts in a browser, on one page in each language. */
import { checkpointsAndReceipts } from './flows/checkpoints.ts';
import { BROWSER } from './support/browserWay.ts';

checkpointsAndReceipts(BROWSER, [{ language: 'en' }, { language: 'zh-CN' }]);
