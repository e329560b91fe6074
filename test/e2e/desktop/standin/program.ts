/**
 * The built program on the stand-in, in a process of its own, as a test handles it.
 * @module
 */
import type { NativeTheme } from 'electron';
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { channels, type Channel, type Input, type Output } from '../../../../src/shared/contract/channels.ts';
import { IPC_PREFIX, answerSchema, type Answer } from '../../../../src/shared/contract/bridge.ts';
import type { Caller, Commands } from './run.ts';
import { enter } from './smallDisk.ts';
import type { Recorded, StandInOptions } from './state.ts';

export const BUILT = fileURLToPath(new URL('../../../../out/', import.meta.url));
const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const REGISTER = fileURLToPath(new URL('./register.ts', import.meta.url));

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

type ThemeSource = NativeTheme['themeSource'];

/** What the main process has sent to the page of a window. */
export interface Sent {
  readonly window: number;
  readonly channel: string;
  readonly args: readonly unknown[];
}

const running: Program[] = [];

export class Program {
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Whether it has ended. */
  isGone = false;
  /** What it wrote to standard error. */
  errors = '';
  /** How pages are to look, whatever the system says. */
  themeSource: ThemeSource = 'system';
  /** Told of it. */
  readonly themeListeners = new Set<(source: ThemeSource) => void>();
  /** Told what is sent to pages. */
  onSent: (sent: Sent) => void = () => undefined;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  private constructor(options: StandInOptions, built: string) {
    const { namespaceOf } = options;
    const inside = namespaceOf === undefined ? [] : [...enter(namespaceOf), process.execPath];
    this.#child = fork(RUN, [built], {
      ...(namespaceOf === undefined ? {} : { execPath: 'nsenter' }),
      execArgv: [...inside, '--import', REGISTER],
      env: {
        ...process.env,
        STAND_IN: JSON.stringify(options),
        // Nothing is drawn on it.
        DISPLAY: ':0',
        ...options.environment,
        COUNTERSIGN_DATA: options.dataDirectory,
        // What a test writes for the session of a person must not reach the person who runs it.
        XDG_CONFIG_HOME: join(options.dataDirectory, '../config'),
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.#child.on('message', (message) => {
      if (typeof message !== 'object') return;
      if ('push' in message) this.onSent((message as { push: Sent }).push);
      else if ('theme' in message) this.#follow((message as { theme: ThemeSource }).theme);
      else this.#settle(message as Reply);
    });
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
    void this.ended.then((code) => {
      this.isGone = true;
      for (const id of this.#waiting.keys()) {
        this.#settle({ id, error: `ended with ${String(code)}: ${this.errors}` });
      }
    });
  }

  /** Starts it, and waits until Electron would be ready. */
  static async start(options: StandInOptions, built = BUILT): Promise<Program> {
    const program = new Program(options, built);
    running.push(program);
    await program.#wait(0);
    return program;
  }

  /** Asks the stand-in for something. */
  async ask<N extends keyof Commands>(
    name: N,
    ...args: Parameters<Commands[N]>
  ): Promise<Awaited<ReturnType<Commands[N]>>> {
    const id = ++this.#lastId;
    const answer = this.#wait(id);
    this.#child.send({ id, name, args }, (error) => {
      if (error !== null) this.#settle({ id, error: error.message });
    });
    return (await answer) as Awaited<ReturnType<Commands[N]>>;
  }

  /** Calls a channel over the stand-in's IPC. */
  async call<C extends Channel>(channel: C, input: Input<C>, caller: Caller = 'page'): Promise<Answer> {
    return answerSchema.parse(await this.ask('invoke', `${IPC_PREFIX}${channel}`, input, caller));
  }

  /** As above, where it must be answered: what is answered. */
  async output<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>> {
    const answer = await this.call(channel, input);
    if (!answer.ok) throw new Error(`${channel}: ${JSON.stringify(answer.error)}`);
    return channels[channel].output.parse(answer.output) as Output<C>;
  }

  /** What it asked of Electron by one name, in order, once there is something. */
  async calls(name: string): Promise<readonly Recorded[]> {
    for (;;) {
      const found = (await this.ask('recorded')).filter(({ call }) => call === name);
      if (found.length > 0) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Quits as a person does; the exit code. */
  async quit(): Promise<number | null> {
    // Where nothing has to be stopped it ends before it can answer.
    await this.ask('quit').catch(() => undefined);
    return await this.ended;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #follow(source: ThemeSource): void {
    this.themeSource = source;
    for (const listener of this.themeListeners) listener(source);
  }

  async #wait(id: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    return await waiting.promise;
  }

  #settle({ id, value, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }
}

/** Ends what a failed test has left. */
export async function endPrograms(): Promise<void> {
  await Promise.all(running.splice(0).map(async (program) => await program.kill()));
}
