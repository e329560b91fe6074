/** A network of four organisations, made and joined in a browser. */
import { wizard } from './flows/wizard.ts';
import { BROWSER } from './support/browserWay.ts';

wizard(BROWSER, 'create', { language: 'en' });
wizard(BROWSER, 'join', { language: 'zh-CN' });
