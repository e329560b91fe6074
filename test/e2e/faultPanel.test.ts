/** The fault panel in a browser. */
import { faultPanel } from './flows/faultPanel.ts';
import { BROWSER } from './support/browserWay.ts';

faultPanel(BROWSER, {});
