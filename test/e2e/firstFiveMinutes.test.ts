/** The first five minutes in a browser, in both languages. */
import { firstFiveMinutes } from './flows/firstFiveMinutes.ts';
import { BROWSER } from './support/browserWay.ts';

firstFiveMinutes(BROWSER, { language: 'en' });
firstFiveMinutes(BROWSER, { language: 'zh-CN' });
