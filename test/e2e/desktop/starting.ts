/**
 * Starts of the built program on a data directory that has a network in it, and what keeps them from going on.
 * @module
 */
import { expect } from 'vitest';
import type { Stage } from '../../../src/shared/contract/model.ts';
import { errorWords } from '../../../src/shared/locales/errorWords.ts';
import { LANGUAGES } from '../../../src/shared/text/quantities.ts';
import { callWindow, opened } from './confirming.ts';
import { Program } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';

export const PASSPHRASE = 'correct horse battery staple';
export const SETUP = {
  supervisorName: 'Ada Lovelace',
  organisation: 'Analytical Society',
  networkName: 'Trial',
  passphrase: PASSPHRASE,
};

export function optionsOf(dataDirectory: string): StandInOptions {
  return { dataDirectory, locale: 'en-GB', isPackaged: true };
}

/** Makes a network in a data directory, for tests to copy. Nothing runs when it resolves. */
export async function makeNetwork(dataDirectory: string): Promise<void> {
  const program = await Program.start(optionsOf(dataDirectory));
  await stage(program, 'setup');
  expect(await program.call('setup.try', SETUP)).toEqual({ ok: true, output: {} });
  await stage(program, 'running');
  expect(await program.quit()).toBe(0);
}

export async function stageOf(program: Program): Promise<Stage> {
  return (await program.output('session.snapshot', {})).stage;
}
/** Waits until it has failed; why. In both languages there are words, and they name `named`. */
export async function failure(program: Program, ...named: readonly string[]): Promise<unknown> {
  await stage(program, 'failed');
  const found = await stageOf(program);
  if (found.name !== 'failed') throw new Error(found.name);
  for (const language of LANGUAGES) {
    const { what, action } = errorWords(found.error, language);
    for (const name of named) expect(what).toContain(name);
    expect(action).not.toBe('');
  }
  return found.error;
}
/** Signs a draft; what came of it. A window that stays open because it did not work is closed. */
export async function sign(program: Program, id: string): Promise<unknown> {
  const { item } = await program.output('item.get', { id, firstRecord: 0, recordCount: 0 });
  const items = [{ id, shownHash: item.contentHash }];
  const asked = program.call('item.sign', { items, passphrase: null });
  await opened(program);
  const confirmed = await callWindow(program, 'confirm', { ids: [id], passphrase: PASSPHRASE, later: false });
  if ((await program.ask('child')) !== null) await callWindow(program, 'cancel', {}).catch(() => undefined);
  await asked;
  return confirmed.ok ? confirmed.output : confirmed.error;
}
export const signed = (id: string): unknown => ({ results: [{ id, error: null }] });

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
