/** Peers, diagnostics and settings in a browser, on one page in each language. */
import { peersDiagnosticsAndSettings } from './flows/operator.ts';
import { BROWSER } from './support/browserWay.ts';

peersDiagnosticsAndSettings(BROWSER, [{ language: 'en' }, { language: 'zh-CN' }]);
