/**
 * What the stand-in shows beside windows: menus, the tray, notifications, boxes, and what it opens in other programs.
 */
import type * as Electron from 'electron';
import { writeSync } from 'node:fs';
import { requireReady } from './ready.ts';
import { State, record } from './state.ts';
import { Events, strict } from './strict.ts';

type Main = typeof Electron;
type Part<K extends keyof Main, P extends keyof Main[K]> = Pick<Main[K], P>;
type Template = (Electron.MenuItem | Electron.MenuItemConstructorOptions)[];

/** A menu as it is recorded: without what a click does, which no clone can hold. */
function plain(template: Template): unknown[] {
  return template.map(({ click: _click, submenu, ...item }) => ({
    ...item,
    ...(Array.isArray(submenu) ? { submenu: plain(submenu) } : {}),
  }));
}

const templates = new WeakMap<object, Template>();

export const Menu = strict('Menu', {
  buildFromTemplate: (template: Template) => {
    requireReady('Menu.buildFromTemplate');
    record('Menu.buildFromTemplate', plain(template));
    const menu = strict('menu', {});
    templates.set(menu, template);
    return menu as unknown as Electron.Menu;
  },
  setApplicationMenu: (menu: Electron.Menu | null) => {
    record('Menu.setApplicationMenu', menu !== null);
    State.menus.application = menu === null ? [] : (templates.get(menu) ?? []);
  },
} satisfies Part<'Menu', 'buildFromTemplate' | 'setApplicationMenu'>);

/** The finest bitmap of a picture: four bytes for each pixel, blue first. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly base64: string;
}
const bitmaps = new WeakMap<object, Bitmap>();

/** Called with `new`, like Electron's class. */
function createTray(image: Electron.NativeImage): object {
  requireReady('Tray');
  record('Tray', image.getSize());
  record('tray.picture', bitmaps.get(image));
  let isDestroyed = false;
  const living = (): void => {
    if (isDestroyed) throw new Error('Tray is destroyed');
  };
  return strict('tray', {
    on: State.trayEvents.on,
    setImage: (next: Electron.NativeImage | string) => {
      living();
      record('tray.setImage', typeof next === 'string' ? next : next.getSize());
      if (typeof next !== 'string') record('tray.picture', bitmaps.get(next));
    },
    setToolTip: (toolTip: string) => {
      living();
      record('tray.setToolTip', toolTip);
    },
    setContextMenu: (menu: Electron.Menu | null) => {
      living();
      State.menus.tray = menu === null ? [] : (templates.get(menu) ?? []);
      record('tray.setContextMenu', plain(State.menus.tray));
    },
    destroy: () => {
      isDestroyed = true;
      record('tray.destroy');
    },
  } satisfies Pick<Electron.Tray, 'destroy' | 'on' | 'setContextMenu' | 'setImage' | 'setToolTip'>);
}
export const Tray = strict('Tray', createTray);

/** Called with `new`, like Electron's class. */
function createNotification(options: Electron.NotificationConstructorOptions): object {
  requireReady('Notification');
  const events = new Events();
  return strict('notification', {
    on: events.on,
    show: () => {
      record('Notification', options);
      State.notifications.push(events);
    },
  } satisfies Pick<Electron.Notification, 'on' | 'show'>);
}
export const Notification = strict(
  'Notification',
  Object.assign(createNotification, { isSupported: () => true }),
);

export const nativeImage = strict('nativeImage', {
  createFromBitmap: (buffer: Buffer, options: Electron.CreateFromBitmapOptions) => {
    checkBitmap(buffer, options.width, options.height);
    const keep = (bytes: Buffer, width: number, height: number): void => {
      bitmaps.set(image, { width, height, base64: bytes.toString('base64') });
    };
    const image = strict('image', {
      getSize: () => ({ width: options.width, height: options.height }),
      addRepresentation: ({
        buffer: finer,
        width = 0,
        height = 0,
      }: Electron.AddRepresentationOptions): void => {
        const bytes = finer ?? Buffer.alloc(0);
        checkBitmap(bytes, width, height);
        keep(bytes, width, height);
      },
      setTemplateImage: (option: boolean) => record('image.setTemplateImage', option),
    } satisfies Pick<
      Electron.NativeImage,
      'addRepresentation' | 'getSize' | 'setTemplateImage'
    >) as unknown as Electron.NativeImage;
    keep(buffer, options.width, options.height);
    return image;
  },
} satisfies Part<'nativeImage', 'createFromBitmap'>);

function checkBitmap(bytes: Buffer, width: number, height: number): void {
  const BYTES = 4;
  if (bytes.length === 0 || bytes.length !== width * height * BYTES) throw new Error('Invalid bitmap size');
}

export const dialog = strict('dialog', {
  showErrorBox: (title: string, content: string) => {
    requireReady('dialog.showErrorBox');
    // At once: the real one waits until it has been read, and the program may end right after it.
    writeSync(process.stderr.fd, `box: ${title}\n${content}\n`);
  },
  showMessageBox: async (...args: unknown[]) => {
    requireReady('dialog.showMessageBox');
    const options = args.at(-1) as Electron.MessageBoxOptions;
    record('dialog.showMessageBox', options);
    return await new Promise<Electron.MessageBoxReturnValue>((resolve) => State.boxes.push(resolve));
  },
  showOpenDialog: async (...args: unknown[]) => {
    requireReady('dialog.showOpenDialog');
    record('dialog.showOpenDialog', args.at(-1));
    const path = State.options.chosenFile;
    return await Promise.resolve(
      path === undefined ? { canceled: true, filePaths: [] } : { canceled: false, filePaths: [path] },
    );
  },
} satisfies Part<'dialog', 'showErrorBox' | 'showMessageBox' | 'showOpenDialog'>);

export const shell = strict('shell', {
  openPath: async (path: string) => {
    record('shell.openPath', path);
    return await Promise.resolve('');
  },
  showItemInFolder: (path: string) => record('shell.showItemInFolder', path),
} satisfies Part<'shell', 'openPath' | 'showItemInFolder'>);

/** Does what the entry with this label does, of the application's menu or of the tray's. */
export function clickMenu(menu: 'application' | 'tray', label: string): void {
  const item = State.menus[menu]
    .flatMap((entry) => [entry, ...(Array.isArray(entry.submenu) ? entry.submenu : [])])
    .find((entry) => entry.label === label);
  if (item === undefined) throw new Error(`the ${menu} menu has no ${label}`);
  if (item.enabled === false) throw new Error(`${label} cannot be clicked`);
  const click = item.click as (() => void) | undefined;
  if (click === undefined) throw new Error(`${label} does nothing`);
  click();
}
