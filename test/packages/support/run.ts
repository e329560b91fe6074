/**
 * The project's own programs, run in its root.
 * @module
 */
import type { SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runProgram, type Ended } from '../../support/runProgram.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs `command` in the project's root, unless the options name another folder. */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Ended> {
  return await runProgram(command, args, { cwd: ROOT, ...options });
}

/** Runs one of the project's own scripts. */
export async function runScript(name: string, ...args: readonly string[]): Promise<Ended> {
  return await run(process.execPath, [`scripts/${name}`, ...args]);
}
