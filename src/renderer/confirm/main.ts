/**
 * Where the page of the confirmation window starts. It has no store, no router and no way to the console's calls.
 * @module
 */
import 'element-plus/theme-chalk/base.css';
import 'element-plus/theme-chalk/dark/css-vars.css';
import 'element-plus/theme-chalk/el-button.css';
import 'element-plus/theme-chalk/el-checkbox.css';
import 'element-plus/theme-chalk/el-input.css';
import 'element-plus/theme-chalk/el-popper.css';
import 'element-plus/theme-chalk/el-tooltip.css';
import '../styles/tokens.css';
import '../styles/base.css';
import { createApp } from 'vue';
import { i18n, speak } from '../i18n.ts';
import { languageOf } from '../ui/languageOf.ts';
import ConfirmApp from './ConfirmApp.vue';

// What the main process knows of the person's choice stands in the address.
const chosen = new URLSearchParams(window.location.search).get('language');
speak(languageOf(chosen === null ? navigator.languages : [chosen]));

const dark = window.matchMedia('(prefers-color-scheme: dark)');
function followTheme(): void {
  document.documentElement.classList.toggle('dark', dark.matches);
}
dark.addEventListener('change', followTheme);
followTheme();

createApp(ConfirmApp).use(i18n).mount('#app');
