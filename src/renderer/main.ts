/**
 * Where the page starts.
 * @module
 */
import './zodWithoutEval.ts';
import 'element-plus/theme-chalk/base.css';
import 'element-plus/theme-chalk/dark/css-vars.css';
import 'element-plus/theme-chalk/el-button.css';
import 'element-plus/theme-chalk/el-checkbox.css';
import 'element-plus/theme-chalk/el-dialog.css';
import 'element-plus/theme-chalk/el-input.css';
import 'element-plus/theme-chalk/el-overlay.css';
import 'element-plus/theme-chalk/el-popper.css';
import 'element-plus/theme-chalk/el-progress.css';
import 'element-plus/theme-chalk/el-radio-button.css';
import 'element-plus/theme-chalk/el-radio-group.css';
import 'element-plus/theme-chalk/el-tab-pane.css';
import 'element-plus/theme-chalk/el-tabs.css';
import 'element-plus/theme-chalk/el-tooltip.css';
import './styles/tokens.css';
import './styles/base.css';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { connectBridge } from './bridge/connect.ts';
import { useAsBridge } from './bridge/current.ts';
import { i18n } from './i18n.ts';
import { loadAllPages } from './lazyPage.ts';
import { consoleRouter } from './router.ts';
import { documentAttention } from './stores/attention.ts';
import { useDesktop } from './stores/desktop.ts';
import { useNotices } from './stores/notices.ts';
import { useOpening } from './stores/opening.ts';
import { useSession } from './stores/session.ts';
import { useUpdates } from './stores/updates.ts';

/** Latest time after which the pages that nobody has asked for are loaded. */
const PAGES_AFTER_MS = 5_000;

// Before the router remembers the address: the token stands in its fragment.
const bridge = connectBridge();
useAsBridge(bridge);

const app = createApp(App);
app.use(createPinia());
app.use(i18n);
const router = consoleRouter();
app.use(router);

const session = useSession();
if (bridge === null) session.refuse({ code: 'console.badToken', data: {} });
else {
  session.follow(bridge, documentAttention(document, wantsNotices));
  // What cannot be shown has a page of its own that says so.
  const go = (path: string): void => void router.push(path);
  bridge.onGo(go);
  if (window.countersign !== undefined) useOpening().follow(bridge, go);
}
if (window.countersign !== undefined) {
  // Until the program answers, the page speaks and looks as it did last.
  useDesktop()
    .shareDisplay()
    .catch(() => undefined);
  useUpdates().follow();
}

/** Whether anything is to be notified of, and the browser lets this page do it. */
function wantsNotices(): boolean {
  const { permission, wishes } = useNotices();
  return permission === 'granted' && wishes !== null && Object.values(wishes).some((wanted) => wanted);
}

app.mount('#app');
// When the first page is there, so that nothing stands in its way.
requestIdleCallback(() => void loadAllPages(), { timeout: PAGES_AFTER_MS });
