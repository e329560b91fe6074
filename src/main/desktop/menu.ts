/**
 * The menu: every screen with its keys, and what every program has, so that keys such as those of copy and paste work
 * everywhere.
 * @module
 */
import type { MenuItemConstructorOptions } from 'electron';
import type { Words } from './words.ts';

export interface MenuOptions {
  readonly words: Pick<Words, 'menu' | 'screens'>;
  readonly platform: NodeJS.Platform;
  readonly allowDevTools: boolean;
  /** Whether all replicas run here: only then is there a fault panel. */
  readonly embedded: boolean;
  /** Whether the program's documents are installed. */
  readonly hasDocuments: boolean;
  readonly actions: MenuActions;
}

/** What the menu does beside what Electron does by itself. */
export interface MenuActions {
  /** Shows the window at a page. */
  readonly go: (path: string) => void;
  readonly lockKey: () => void;
  readonly about: () => void;
  /** Shows where a person looks for updates. */
  readonly updates: () => void;
  readonly openDocuments: () => void;
  readonly openDataFolder: () => void;
}

/** A screen in the menu. A test compares them with the pages. */
export interface MenuScreen {
  readonly path: string;
  readonly word: keyof Words['screens'];
  readonly accelerator: string;
}

export const MENU_SCREENS: readonly MenuScreen[] = [
  { path: '/', word: 'overview', accelerator: 'CmdOrCtrl+1' },
  { path: '/inbox', word: 'inbox', accelerator: 'CmdOrCtrl+2' },
  { path: '/blocks', word: 'blocks', accelerator: 'CmdOrCtrl+3' },
  { path: '/checkpoints', word: 'checkpoints', accelerator: 'CmdOrCtrl+4' },
  { path: '/views', word: 'views', accelerator: 'CmdOrCtrl+5' },
  { path: '/evidence', word: 'evidence', accelerator: 'CmdOrCtrl+6' },
  { path: '/registry', word: 'registry', accelerator: 'CmdOrCtrl+7' },
  { path: '/peers', word: 'peers', accelerator: 'CmdOrCtrl+8' },
  { path: '/keys', word: 'keys', accelerator: 'CmdOrCtrl+9' },
  { path: '/search', word: 'search', accelerator: 'CmdOrCtrl+Shift+F' },
  { path: '/verify', word: 'verify', accelerator: 'CmdOrCtrl+Shift+E' },
  { path: '/faults', word: 'faults', accelerator: 'CmdOrCtrl+Shift+B' },
];

const separator: MenuItemConstructorOptions = { type: 'separator' };

/** The menu for a system. */
export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const { words, actions, platform, allowDevTools } = options;
  const { menu } = words;
  const developerTools: MenuItemConstructorOptions[] = allowDevTools
    ? [separator, { role: 'toggleDevTools', label: menu.developerTools }]
    : [];
  return [
    firstMenu(options),
    {
      label: menu.edit,
      submenu: [
        { role: 'undo', label: menu.undo },
        { role: 'redo', label: menu.redo },
        separator,
        { role: 'cut', label: menu.cut },
        { role: 'copy', label: menu.copy },
        { role: 'paste', label: menu.paste },
        { role: 'selectAll', label: menu.selectAll },
      ],
    },
    {
      label: menu.view,
      submenu: [
        { role: 'reload', label: menu.reload },
        separator,
        { role: 'resetZoom', label: menu.resetZoom },
        { role: 'zoomIn', label: menu.zoomIn },
        { role: 'zoomOut', label: menu.zoomOut },
        separator,
        { role: 'togglefullscreen', label: menu.fullScreen },
        ...developerTools,
      ],
    },
    { label: menu.go, submenu: goMenu(options) },
    {
      label: menu.window,
      submenu: [
        { role: 'minimize', label: menu.minimize },
        { role: 'close', label: menu.close },
      ],
    },
    {
      role: 'help',
      label: menu.help,
      submenu: [
        ...(options.hasDocuments ? [{ label: menu.documents, click: actions.openDocuments }] : []),
        goItem(options, { path: '/diagnostics', word: 'diagnostics', accelerator: 'CmdOrCtrl+Shift+D' }),
        { label: menu.dataFolder, click: actions.openDataFolder },
        separator,
        { label: menu.updates, click: actions.updates },
        ...(platform === 'darwin' ? [] : [{ label: menu.about, click: actions.about }]),
      ],
    },
  ];
}

/** macOS has a menu of the program; elsewhere its entries stand under File. */
function firstMenu({ words: { menu }, platform, actions }: MenuOptions): MenuItemConstructorOptions {
  const quit: MenuItemConstructorOptions = { role: 'quit', label: menu.quit };
  const own: MenuItemConstructorOptions[] = [
    { label: menu.settings, accelerator: 'CmdOrCtrl+,', click: () => actions.go('/settings') },
    { label: menu.lockKey, accelerator: 'CmdOrCtrl+Shift+L', click: actions.lockKey },
    separator,
  ];
  if (platform !== 'darwin') return { label: menu.file, submenu: [...own, quit] };
  return {
    role: 'appMenu',
    submenu: [
      { label: menu.about, click: actions.about },
      separator,
      ...own,
      { role: 'hide', label: menu.hide },
      { role: 'hideOthers', label: menu.hideOthers },
      { role: 'unhide', label: menu.unhide },
      separator,
      quit,
    ],
  };
}

function goMenu(options: MenuOptions): MenuItemConstructorOptions[] {
  return MENU_SCREENS.filter(({ word }) => word !== 'faults' || options.embedded).map((screen) =>
    goItem(options, screen),
  );
}

function goItem({ words, actions }: MenuOptions, screen: MenuScreen): MenuItemConstructorOptions {
  const { path, word, accelerator } = screen;
  return { label: words.screens[word], accelerator, click: () => actions.go(path) };
}
