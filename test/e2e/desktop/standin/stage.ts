/**
 * Waiting until the built program has come as far as a test needs it.
 * @module
 */
import type { Program } from './program.ts';

const LOOK_AGAIN_MS = 50;

/** Waits until the console of the program is in the stage `wanted`. */
export async function stage(program: Program, wanted: string): Promise<void> {
  for (;;) {
    const answer = await program.call('session.snapshot', {}).catch((error: unknown) => error);
    if (answer instanceof Error && !answer.message.includes('No handler')) throw answer;
    const output = (answer as { output?: { stage: { name: string } } }).output;
    if (output?.stage.name === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
