/**
 * Runs the simulator's command line as a process of its own.
 * @module
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What a run of the simulator left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The last line of the output with `--json`. */
export interface Result {
  readonly seeds: number;
  readonly violations: number;
  readonly converged: number;
  readonly firstFailingSeed: number | null;
  readonly failures: readonly { readonly seed: number; readonly failure: string }[];
  readonly shrunk: Readonly<Record<string, unknown>> | null;
}

/** Runs `npm run sim -- …args` without npm. */
export async function sim(...args: readonly string[]): Promise<Ended> {
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (output.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, ...output };
}

/** The figures that `--json` prints. */
export function resultOf({ stdout, stderr }: Ended): Result {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last) as Result;
  } catch (error) {
    throw new Error(`no figures in:\n${stdout}\n${stderr}`, { cause: error });
  }
}
