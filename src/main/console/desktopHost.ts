/**
 * What the console needs of the desktop program, for the pages' settings. The desktop program implements it.
 * @module
 */
import type { HandlerInput } from './dispatch.ts';
import type { DesktopView } from '../../shared/contract/desktop.ts';
import type { OpeningStep } from '../../shared/contract/opening.ts';
import type { UpdateView } from '../../shared/contract/updates.ts';

/** New releases, as the channels `update.*` speak of them. */
export interface UpdateHost {
  view(): UpdateView;
  setLooksByItself(looksByItself: boolean): Promise<void>;
  look(): void;
  fetch(fileName: string): void;
  cancel(): void;
  /** Resolves when a person has chosen a package, or none. */
  choose(): Promise<void>;
  show(): Promise<void>;
}

export interface DesktopHost {
  readonly updates: UpdateHost;

  view(): DesktopView;
  /** Counts at once, and is durable when the promise resolves. Rejects with why it was not kept; then it is as it was. */
  set(change: HandlerInput<'desktop.set'>): Promise<void>;
  /** Opens the next of what the system says that a person wants opened: see `opening.next`. Never rejects. */
  openNext(taken: number): Promise<OpeningStep>;
}
