/**
 * What belongs to the desktop program alone: how it lives on the machine. A page in a browser sees that there is none.
 * @module
 */
import { z } from 'zod';
import { LANGUAGES } from '../text/quantities.ts';
import { errorSchema } from './basics.ts';

/** What closing the window does. `ask`: the person is asked. */
export const CLOSINGS = ['ask', 'tray', 'quit'] as const;

/** How pages look. `auto`: as the system says. */
export const THEMES = ['auto', 'light', 'dark'] as const;

/** What a person can set. */
export const desktopWishesSchema = z.strictObject({
  closing: z.enum(CLOSINGS),
  /** Whether the key locks when the window is hidden. */
  lockWhenHidden: z.boolean(),
  /** Whether the program starts, hidden, when the person logs in. */
  startAtLogin: z.boolean(),
  /** Of the page, the menus and the notifications. `auto`: the system's. */
  language: z.enum(['auto', ...LANGUAGES]),
  /** Of every window, and of what the system draws for the program. */
  theme: z.enum(THEMES),
});

/** What counts where nothing was set: the careful choice of each. */
export const DESKTOP_BY_DEFAULT: DesktopWishes = {
  closing: 'ask',
  lockWhenHidden: true,
  startAtLogin: false,
  language: 'auto',
  theme: 'auto',
};

export const desktopSchema = z.strictObject({
  wishes: desktopWishesSchema,
  defaults: desktopWishesSchema,
  /** The kept file, where it could not be read as such: `settings.damaged`, `storage.newerSchema`, `file.unreadable`. */
  problem: errorSchema.nullable(),
});

export const desktopChannels = {
  /** `null` for a page in a browser. */
  'desktop.get': {
    input: z.strictObject({}),
    output: z.strictObject({ desktop: desktopSchema.nullable() }),
  },
  /** Fields left out stay. Throws `desktop.absent` in a browser, and the errors of writing files. */
  'desktop.set': { input: desktopWishesSchema.partial(), output: z.strictObject({}) },
} as const;

export type DesktopWishes = z.infer<typeof desktopWishesSchema>;
export type Theme = DesktopWishes['theme'];
export type Closing = DesktopWishes['closing'];
export type DesktopView = z.infer<typeof desktopSchema>;
