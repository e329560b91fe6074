/**
 * The setup of a data directory that holds no network yet: the wizard is opened, its view is told to the pages, and it is
 * forgotten when a network is there.
 * @module
 */
import type { SetupView } from '../../../shared/contract/setup.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { LiveFeed } from '../live/feed.ts';
import { SetupWizard, type WizardOptions } from './wizard.ts';

export class SetupDesk {
  readonly #directory: string;
  readonly #feed: LiveFeed;
  #wizard: SetupWizard | null = null;

  constructor(directory: string, feed: LiveFeed) {
    this.#directory = directory;
    this.#feed = feed;
  }

  /** What pages see; `null` while there is nothing to set up. */
  get view(): SetupView | null {
    return this.#wizard?.view() ?? null;
  }

  /** The wizard. Throws `setup.alreadyDone` where there is nothing to set up. */
  get wizard(): SetupWizard {
    if (this.#wizard !== null) return this.#wizard;
    throw new CountersignError('setup.alreadyDone', { path: this.#directory });
  }

  /** Goes on where the setup was left, or begins it. Throws as `SetupWizard.open` does. */
  async open(options: Omit<WizardOptions, 'directory' | 'onChange'>): Promise<void> {
    const wizard = await SetupWizard.open({
      ...options,
      directory: this.#directory,
      onChange: (view) => this.#publish(view),
    });
    this.#wizard = wizard;
    this.#publish(wizard.view());
  }

  /** There is a network now. */
  forget(): void {
    this.#wizard = null;
    this.#publish(null);
  }

  #publish(value: SetupView | null): void {
    this.#feed.publish({ topic: 'setup', value });
  }
}
