/**
 * The menu: what every program has, so that keys such as those of copy and paste work everywhere.
 * @module
 */
import type { MenuItemConstructorOptions } from 'electron';
import type { Words } from './words.ts';

export interface MenuOptions {
  readonly words: Words['menu'];
  readonly platform: NodeJS.Platform;
  readonly allowDevTools: boolean;
}

const separator: MenuItemConstructorOptions = { type: 'separator' };

/** The menu for a system. */
export function menuTemplate({ words, platform, allowDevTools }: MenuOptions): MenuItemConstructorOptions[] {
  const quit: MenuItemConstructorOptions = { role: 'quit', label: words.quit };
  const first: MenuItemConstructorOptions =
    platform === 'darwin'
      ? {
          role: 'appMenu',
          submenu: [
            { role: 'about', label: words.about },
            separator,
            { role: 'hide', label: words.hide },
            { role: 'hideOthers', label: words.hideOthers },
            { role: 'unhide', label: words.unhide },
            separator,
            quit,
          ],
        }
      : { label: words.file, submenu: [quit] };
  const developerTools: MenuItemConstructorOptions[] = allowDevTools
    ? [separator, { role: 'toggleDevTools', label: words.developerTools }]
    : [];
  return [
    first,
    {
      label: words.edit,
      submenu: [
        { role: 'undo', label: words.undo },
        { role: 'redo', label: words.redo },
        separator,
        { role: 'cut', label: words.cut },
        { role: 'copy', label: words.copy },
        { role: 'paste', label: words.paste },
        { role: 'selectAll', label: words.selectAll },
      ],
    },
    {
      label: words.view,
      submenu: [
        { role: 'reload', label: words.reload },
        separator,
        { role: 'resetZoom', label: words.resetZoom },
        { role: 'zoomIn', label: words.zoomIn },
        { role: 'zoomOut', label: words.zoomOut },
        separator,
        { role: 'togglefullscreen', label: words.fullScreen },
        ...developerTools,
      ],
    },
    {
      label: words.window,
      submenu: [
        { role: 'minimize', label: words.minimize },
        { role: 'close', label: words.close },
      ],
    },
  ];
}
