/** The inbox and the blocks in a browser. */
import { inboxAndBlocks } from './flows/inbox.ts';
import { BROWSER } from './support/browserWay.ts';

inboxAndBlocks(BROWSER, { language: 'en' });
