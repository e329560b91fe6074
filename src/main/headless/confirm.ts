/**
 * A question that only a person at a terminal can answer.
 * @module
 */
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

/** Where the question is asked: standard input and standard error, as a rule. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
}

/** Whether there is somebody to ask. */
export function isTerminal({ input, output }: Terminal): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Asks, and tells whether the answer is the whole word yes. The end of the input is no. */
export async function confirmed(question: string, { input, output }: Terminal): Promise<boolean> {
  const lines = createInterface({ input, output, terminal: isTerminal({ input, output }) });
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = await Promise.race([lines.question(`${question} Type yes to sign: `), ended]);
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    lines.close();
  }
}
