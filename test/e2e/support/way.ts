/**
 * The seam between what a supervisor does in the console and how the console is shown to her: in a browser by a program
 * without a window, or in the window of the desktop program. A flow asks for a way and never for the one or the other.
 * @module
 */
import type { Page } from 'playwright-core';
import type { Output } from '../../../src/shared/contract/channels.ts';
import type { Language, PageOptions, WatchedPage } from './browser.ts';

/** How a page of the console looks at first. */
export type Look = PageOptions;

/** A page that shows a console. `page` is another one after a restart, where the old one ended with the program. */
export interface View extends WatchedPage {
  readonly language: Language;
  /** Where what is signed is confirmed outside the page; `null`: in the page itself. */
  readonly confirming: Confirming | null;
}

/** The window of its own in which a program asks for a confirmation. */
export interface Confirming {
  /** Waits for the window that was asked for, lets `answer` act in its page, and waits until the window has gone. */
  run(answer: (page: Page) => Promise<void>): Promise<void>;
}

/** A console with a data directory, and a network of its own once one is set up in it. */
export interface TestedConsole {
  /** Its data directory. */
  readonly directory: string;
  /** Path of the genesis of the network that it is tried out with. */
  readonly genesis: string;
  /** A page that shows it. A window is one page: a second one is refused there. */
  open(look: Look): Promise<View>;
  /** The address of the page at `path`. */
  address(path: string): string;
  /** What the page of the registry reads. */
  registry(): Promise<Output<'registry.get'>>;
  /** Secrets of the program itself, of which nothing may be told. */
  readonly secrets: readonly string[];
  /** What the program runs on. */
  versions(): Promise<Pick<NodeJS.ProcessVersions, 'node' | 'v8'>>;
  /**
   * Ends the program as a person would, starts it again, and shows it again. Pages that know of its end and wait for it
   * can be looked at in `whileAway`; a window has none. The exit code of the first.
   */
  restart(whileAway?: () => Promise<void>): Promise<number | null>;
  /** Ends all of it, and takes its directory away. */
  remove(): Promise<void>;
}

/** One way to a console. */
export interface Way {
  readonly name: 'browser' | 'window' | 'electron';
  /** Starts a program on an empty data directory, or on what `prepare` makes of it. */
  start(prepare?: (directory: string) => Promise<void>): Promise<TestedConsole>;
}
