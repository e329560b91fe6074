/** The keys of this machine in a browser, in both languages. */
import { keysOfMachine } from './flows/keys.ts';
import { BROWSER } from './support/browserWay.ts';

keysOfMachine(BROWSER, { language: 'en' });
keysOfMachine(BROWSER, { language: 'zh-CN' });
