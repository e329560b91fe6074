/**
 * What waits to be opened, in order. It is opened when the page asks for the next one and the network runs, so nothing is
 * read for a page that is not there, and nobody is sent to a page that cannot be shown yet.
 * @module
 */
import { OPENINGS_MAX, type Opened, type OpeningStep } from '../../../shared/contract/opening.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { ConsoleApp } from '../../console/consoleApp.ts';
import { toConsoleError } from '../../console/errors.ts';
import { openFile } from './openFile.ts';
import type { Wish } from './wishes.ts';

/** The console, as far as it is needed to open something. */
export type OpeningConsole = Pick<ConsoleApp, 'handle' | 'stage'>;

export class OpeningDesk {
  readonly #console: () => OpeningConsole;
  #waiting: Wish[] = [];
  #isTooMany = false;
  /** What no page has said to have taken. */
  #untaken: { readonly opened: Opened; readonly number: number } | null = null;
  #lastNumber = 0;
  /** One after another: whoever asks while something is opened hears what became of it. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(host: () => OpeningConsole) {
    this.#console = host;
  }

  /** Number of wishes that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Takes wishes in. More than `OPENINGS_MAX` are left out, and the person is told. */
  add(wishes: readonly Wish[]): void {
    const room = OPENINGS_MAX - this.#waiting.length;
    if (wishes.length > room) this.#isTooMany = true;
    this.#waiting.push(...wishes.slice(0, room));
  }

  /**
   * Opens the next one, unless the last outcome was not `taken`: that is given again. Never rejects: what went wrong is an
   * outcome.
   */
  async next(taken: number): Promise<OpeningStep> {
    const step = this.#work.then(async () => await this.#step(taken));
    this.#work = step;
    return await step;
  }

  async #step(taken: number): Promise<OpeningStep> {
    if (this.#untaken?.number === taken) this.#untaken = null;
    this.#untaken ??= await this.#openNext();
    const waiting = this.#waiting.map(({ name }) => name);
    return { ...(this.#untaken ?? { opened: null, number: this.#lastNumber }), waiting };
  }

  async #openNext(): Promise<{ opened: Opened; number: number } | null> {
    const wish = this.#take();
    const opened = wish === null ? this.#leftOut() : await this.#open(wish);
    return opened === null ? null : { opened, number: ++this.#lastNumber };
  }

  #take(): Wish | null {
    const isRunning = this.#console().stage.name === 'running';
    const index = this.#waiting.findIndex(({ kind }) => isRunning || kind === 'refused');
    return this.#waiting.splice(index, index < 0 ? 0 : 1)[0] ?? null;
  }

  #leftOut(): Opened | null {
    if (!this.#isTooMany) return null;
    this.#isTooMany = false;
    return failed(new CountersignError('opening.tooMany', { max: OPENINGS_MAX }), null);
  }

  async #open(wish: Wish): Promise<Opened> {
    switch (wish.kind) {
      case 'page':
        return { kind: 'page', path: wish.path };
      case 'refused':
        // Its words name it.
        return failed(wish.error, null);
      case 'file':
        return await openFile(this.#console(), wish).catch((error: unknown) => failed(error, wish.name));
    }
  }
}

function failed(error: unknown, name: string | null): Opened {
  return { kind: 'failed', name, error: toConsoleError(error) };
}
