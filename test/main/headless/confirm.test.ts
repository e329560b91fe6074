import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirmed, isTerminal } from '../../../src/main/headless/confirm.ts';

async function answering(answer: string): Promise<boolean> {
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  const outcome = confirmed('Sign this?', terminal);
  terminal.input.end(answer);
  return await outcome;
}

describe('the question', () => {
  it.each(['yes\n', 'YES\n', ' yes \n'])('is answered with yes by %j', async (answer) => {
    expect(await answering(answer)).toBe(true);
  });
  it.each(['y\n', 'no\n', '\n', '', 'yes please\n', 'no\nyes\n'])('is not by %j', async (answer) => {
    expect(await answering(answer)).toBe(false);
  });
  it('is asked of a terminal alone', () => {
    const pipe = new PassThrough();
    const tty = Object.assign(new PassThrough(), { isTTY: true });
    expect(isTerminal({ input: tty, output: tty })).toBe(true);
    expect(isTerminal({ input: pipe, output: tty })).toBe(false);
    expect(isTerminal({ input: tty, output: pipe })).toBe(false);
  });
});
