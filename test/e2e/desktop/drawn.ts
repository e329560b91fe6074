/**
 * What the program gives to the system to draw (menus, the tray, notifications), drawn in a page of Chromium as any
 * system would: for people to look at, because the stand-in has no desktop.
 * @module
 */
import type { Browser, Page } from 'playwright-core';
import type { Theme } from '../support/browser.ts';
import type { Bitmap } from './standin/presence.ts';
import type { Program } from './standin/program.ts';

interface Entry {
  readonly type?: string;
  readonly label?: string;
  readonly accelerator?: string;
  readonly enabled?: boolean;
  readonly submenu?: readonly Entry[];
}

interface Notice {
  readonly title: string;
  readonly body: string;
}

/** What was asked of the system last. */
export interface Drawn {
  readonly picture: Bitmap;
  readonly toolTip: string;
  readonly tray: readonly Entry[];
  readonly menus: readonly Entry[];
  readonly notices: readonly Notice[];
}

export async function drawnBy(program: Program): Promise<Drawn> {
  const newest = async <T>(call: string): Promise<T> => (await program.calls(call)).at(-1)?.args[0] as T;
  const menus = (await program.calls('Menu.buildFromTemplate')).map(({ args }) => args[0] as Entry[]);
  return {
    picture: await newest<Bitmap>('tray.picture'),
    toolTip: await newest<string>('tray.setToolTip'),
    tray: await newest<Entry[]>('tray.setContextMenu'),
    menus: menus.filter((entries) => entries.some(({ submenu }) => submenu !== undefined)).at(-1) ?? [],
    notices: (await program.calls('Notification')).map(({ args }) => args[0] as Notice),
  };
}

/** All labels of the newest menu that went to `call`. */
export async function labels(program: Program, call: string): Promise<string[]> {
  const entries = (await program.calls(call)).at(-1)?.args[0] as Entry[];
  return entries.flatMap(({ label, submenu = [] }) =>
    [label, ...submenu.map((entry) => entry.label)].filter((one) => one !== undefined),
  );
}

/** A page that shows all of it; the caller closes its context. */
export async function draw(browser: Browser, drawn: Drawn, theme: Theme): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 720 } });
  const page = await context.newPage();
  await page.evaluate(fill, { drawn, isDark: theme === 'dark' });
  return page;
}

/** Runs in the page. */
function fill({ drawn, isDark }: { drawn: Drawn; isDark: boolean }): void {
  const { picture, toolTip, tray, menus, notices } = drawn;
  const [ground, panel, ink, faint] = isDark
    ? ['#20242b', '#2e333c', '#e8eaed', '#8d939e']
    : ['#d9dee6', '#ffffff', '#1c1f24', '#80868f'];
  const add = (parent: HTMLElement, tag: string, css: string, text = ''): HTMLElement => {
    const element = parent.appendChild(document.createElement(tag));
    element.style.cssText = css;
    element.textContent = text;
    return element;
  };
  const body = document.body;
  body.style.cssText = `margin:0;background:${ground};color:${ink};font:14px/1.4 "Noto Sans","Noto Sans CJK SC",sans-serif`;
  const bar = add(
    body,
    'div',
    `display:flex;gap:12px;align-items:center;padding:6px 16px;background:${panel}`,
  );
  const canvas = bar.appendChild(document.createElement('canvas'));
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.style.width = `${String(picture.width / 2)}px`;
  const bytes = Uint8Array.from(atob(picture.base64), (character) => character.charCodeAt(0));
  const pixels = new ImageData(picture.width, picture.height);
  for (let at = 0; at < bytes.length; at += 4) {
    const covered = bytes[at + 3] ?? 0;
    // Colours come multiplied by what they cover, blue first.
    const part = (index: number): number =>
      covered === 0 ? 0 : Math.round(((bytes[at + index] ?? 0) * 255) / covered);
    pixels.data.set([part(2), part(1), part(0), covered], at);
  }
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  add(bar, 'span', '', toolTip);
  const row = add(body, 'div', 'display:flex;gap:16px;align-items:flex-start;padding:16px;flex-wrap:wrap');
  const menu = (title: string, entries: readonly Entry[]): void => {
    const box = add(row, 'section', `background:${panel};border-radius:8px;padding:6px 0;min-width:190px`);
    if (title !== '') add(box, 'h2', 'font-size:14px;margin:2px 14px 6px', title);
    for (const { type, label = '', accelerator = '', enabled } of entries) {
      if (type === 'separator') {
        add(box, 'div', `border-top:1px solid ${faint};margin:4px 0;opacity:.4`);
        continue;
      }
      const css = `display:flex;justify-content:space-between;gap:24px;padding:3px 14px;color:${enabled === false ? faint : ink}`;
      const line = add(box, 'div', css);
      add(line, 'span', '', label);
      add(line, 'span', `color:${faint}`, accelerator);
    }
  };
  menu('', tray);
  for (const { label = '', submenu = [] } of menus) menu(label, submenu);
  for (const { title, body: text } of notices) {
    const box = add(
      row,
      'section',
      `background:${panel};border-radius:8px;padding:10px 14px;min-width:240px`,
    );
    add(box, 'strong', 'display:block', title);
    add(box, 'span', '', text);
  }
}
