/**
 * The command line as people run it: real processes from the source, their words, their JSON and their exit codes.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { ErrorCode } from '../../../src/shared/errors.ts';
import { errorWords } from '../../../src/shared/locales/errorWords.ts';

export const ENTRY = fileURLToPath(new URL('../../../src/main/headless/index.ts', import.meta.url));

const ENGLISH = 'C.UTF-8';
const CHINESE = 'zh_CN.UTF-8';

/** How a command ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly lang?: string;
}

/** The last line that a command printed, as the object it is. */
export function lastLine({ stdout, stderr }: Outcome): Readonly<Record<string, unknown>> {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    throw new Error(`no JSON on the last line of ${JSON.stringify(stdout)}; standard error: ${stderr}`);
  }
}

function start(args: readonly string[], { cwd, lang = ENGLISH }: RunOptions): ChildProcess {
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  return spawn(process.execPath, [ENTRY, ...args], {
    env: { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, LANG: lang },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const texts = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  return texts;
}

/** Runs a command to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = start(args, options);
  const texts = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

/** Runs a command that succeeds, with `--json`; what it printed last. */
export async function done(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  const outcome = await run([...args, '--json'], options);
  expect(outcome, args.join(' ')).toMatchObject({ code: 0 });
  return lastLine(outcome);
}

/**
 * Runs a command that fails, once for people in English and once for programs in Chinese. Both end with `exitCode` and
 * say what happened and what to do; programs get `code` with its data, which is returned.
 */
export async function fails(
  args: readonly string[],
  code: ErrorCode,
  exitCode: 1 | 2 | 3,
  options: RunOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  const english = await run(args, { ...options, lang: ENGLISH });
  const chinese = await run([...args, '--json'], { ...options, lang: CHINESE });
  const { error } = lastLine(chinese) as {
    error: { code: ErrorCode; data: Readonly<Record<string, string | number>> };
  };
  expect(error.code, `${args.join(' ')}: ${chinese.stderr}`).toBe(code);
  expect([english.code, chinese.code]).toEqual([exitCode, exitCode]);
  const words = errorWords(error, 'zh-CN', { shortHashes: false });
  expect(chinese.stderr).toContain(`${words.what}\n${words.action}\n`);
  // Moments and the like differ between the two runs: what to do does not.
  expect(english.stderr).toContain(errorWords(error, 'en', { shortHashes: false }).action);
  expect(english.stdout).toBe('');
  for (const { stderr } of [english, chinese]) {
    expect(stderr, 'a stack is nothing for people').not.toMatch(/^\s+at /m);
    expect(stderr, 'a placeholder without its value').not.toMatch(/\{\w+\}/);
  }
  return error.data;
}

/** `countersign demo`, which runs until it is told to stop. */
export class Demo {
  readonly directory: string;
  readonly passphraseFile: string;
  readonly #child: ChildProcess;
  readonly #texts: { stdout: string; stderr: string };
  readonly #ended: Promise<number | null>;

  private constructor(directory: string, passphraseFile: string, child: ChildProcess) {
    this.directory = directory;
    this.passphraseFile = passphraseFile;
    this.#child = child;
    this.#texts = collect(child);
    this.#ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** Starts the network in a directory, and waits until it runs. */
  static async start(directory: string): Promise<Demo> {
    const child = start(['demo', '--data', directory, '--empty', '--json'], {});
    const demo = new Demo(directory, `${directory}/supervisor-passphrase`, child);
    const isReady = new Promise<boolean>((resolve) => {
      child.stdout?.on('data', () => resolve(true));
      void demo.#ended.then(() => resolve(false));
    });
    if (await isReady) return demo;
    throw new Error(`the demo ended: ${demo.#texts.stderr}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The options that name its network. */
  get network(): readonly string[] {
    return ['--data', this.directory];
  }

  /** The options that name its network, its key and the passphrase. */
  get signing(): readonly string[] {
    return [...this.network, '--passphrase-file', this.passphraseFile];
  }

  /** Sends it a signal and waits until it has ended; its exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return await this.#ended;
  }

  /** Waits until it ends by itself. */
  async ended(): Promise<Outcome> {
    return { code: await this.#ended, ...this.#texts };
  }
}

/** Processes that have `text` on their command line (Linux). */
export async function processesWith(text: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.split('\0').some((argument) => argument.startsWith(text))) found.push(Number(name));
  }
  return found;
}

/** Waits until no process with `text` on its command line is left. */
export async function untilGone(text: string): Promise<void> {
  while ((await processesWith(text)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}
