/** Every address of the console in a browser, in both languages and both themes. */
import { everyBeginning, everyRoute } from './flows/everyRoute.ts';
import { BROWSER } from './support/browserWay.ts';

const dresses = { languages: ['en', 'zh-CN'], themes: ['light', 'dark'] } as const;
everyRoute(BROWSER, dresses);
everyBeginning(BROWSER, dresses);
