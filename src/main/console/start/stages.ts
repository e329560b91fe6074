/**
 * The stage that the console is in, as pages are told it and the log keeps it.
 * @module
 */
import type { Stage, StartPhaseName, StartProgress } from '../../../shared/contract/model.ts';
import { CountersignError, fromPlainError, toPlainError } from '../../../shared/errors.ts';
import { toConsoleError } from '../errors.ts';
import type { ConsoleEvent } from '../events.ts';
import type { LiveFeed } from '../live/feed.ts';
import { StartLine } from './startLine.ts';

export interface StagesOptions {
  readonly feed: LiveFeed;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  readonly log: (event: ConsoleEvent) => void;
}

export class Stages {
  readonly #options: StagesOptions;
  readonly #line: StartLine;
  #stage: Stage;
  #failure: CountersignError | null = null;
  #isEnding = false;

  constructor(options: StagesOptions) {
    this.#options = options;
    this.#line = new StartLine(options.now);
    this.#stage = this.#line.stage;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Why it does not go on by itself; `null` where it does. */
  get failure(): CountersignError | null {
    return this.#failure;
  }

  /** Throws why it does not go on, which keeps a call from being answered; or that `what` is not there any more. */
  refuse(what: string): never {
    throw this.#failure ?? new CountersignError('stopped', { what });
  }

  /** Throws why it does not go on, or `setup.alreadyDone` of the directory at `path`, in any stage but this. */
  require(name: 'locked' | 'setup', path: string): void {
    if (this.#stage.name === name) return;
    throw this.#failure ?? new CountersignError('setup.alreadyDone', { path });
  }

  enter(stage: Stage): void {
    // Nothing comes after the end.
    if (this.#isEnding && stage.name !== 'stopping') return;
    this.#isEnding = stage.name === 'stopping';
    this.#stage = stage;
    this.#publish();
    this.#options.log({ kind: 'stage', stage });
  }

  /** A start goes on with this phase, or begins with it. */
  enterPhase(phase: StartPhaseName): void {
    if (this.#stage.name === 'starting') this.#line.enter(phase);
    else this.#line.restart(phase);
    this.enter(this.#line.stage);
  }

  /** How far the phase is. */
  progress(progress: StartProgress): void {
    this.#line.progress(progress);
    this.#tellStart();
  }

  /** The data directory is waited for until `untilMs`. */
  held(pid: number, untilMs: number): void {
    this.#line.held(pid, untilMs);
    this.#tellStart();
  }

  fail(error: unknown): void {
    this.#failure = fromPlainError(toPlainError(error));
    this.enter({ name: 'failed', error: toConsoleError(error) });
  }

  /** Of a phase that goes on, pages are told; the log is not. */
  #tellStart(): void {
    if (this.#stage.name !== 'starting') return;
    this.#stage = this.#line.stage;
    this.#publish();
  }

  #publish(): void {
    this.#options.feed.publish({ topic: 'stage', value: this.#stage });
  }
}
