/** The registry in a browser, in both languages. */
import { registryOf } from './flows/registry.ts';
import { BROWSER } from './support/browserWay.ts';

registryOf(BROWSER, { language: 'en' });
registryOf(BROWSER, { language: 'zh-CN' });
