/**
 * The built program, serving its console: a real process with real replicas in a directory of its own.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../support/runProgram.ts';

const HEADLESS = fileURLToPath(new URL('../../../out/main/headless.js', import.meta.url));

/** Runs one command of the built command line: its exit code, and the object on its last line. */
export async function countersign(
  ...args: readonly string[]
): Promise<{ code: number | null; answer: Record<string, unknown> | null; errors: string }> {
  const { code, output, errors } = await runProgram(process.execPath, [HEADLESS, ...args, '--json']);
  const last = output.trim().split('\n').at(-1) ?? '';
  return { code, answer: last === '' ? null : (JSON.parse(last) as Record<string, unknown>), errors };
}

/** A served console. */
export class ServedConsole {
  readonly directory: string;
  /** With the token in its fragment. */
  url = '';
  #child: ChildProcess | null = null;
  #port = 0;
  #errors = '';

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Serves a console on an empty data directory, or on what `prepare` makes of it. */
  static async start(prepare?: (directory: string) => Promise<void>): Promise<ServedConsole> {
    const served = new ServedConsole(await mkdtemp(join(tmpdir(), 'countersign-e2e-')));
    await prepare?.(served.directory);
    await served.run();
    return served;
  }

  /** What the program said on standard error. */
  get errors(): string {
    return this.#errors;
  }

  get genesis(): string {
    return join(this.directory, 'network', 'genesis.json');
  }

  /** Starts the process, or starts it again on the same port. */
  async run(): Promise<void> {
    const child = spawn(
      process.execPath,
      [HEADLESS, 'serve', '--data', this.directory, '--port', String(this.#port), '--json'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    for await (const line of createInterface({ input: child.stdout })) {
      const { url } = JSON.parse(line) as { url: string };
      this.url = url;
      this.#port = Number(new URL(url).port);
      child.stdout.resume();
      return;
    }
    throw new Error(`the console did not start: ${this.#errors}`);
  }

  /** Stops the process as a person would, and waits for it. Its exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return null;
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.kill(signal);
    return await exited;
  }
}
