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
import { consoleRouter } from './router.ts';
import { useSession } from './stores/session.ts';

// Before the router remembers the address: the token stands in its fragment.
const bridge = connectBridge();
useAsBridge(bridge);

const app = createApp(App);
app.use(createPinia());
app.use(i18n);
app.use(consoleRouter());

const session = useSession();
if (bridge === null) session.refuse({ code: 'console.badToken', data: {} });
else session.follow(bridge);

app.mount('#app');
