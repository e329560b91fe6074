/**
 * The ways to the desktop program: its built bundles on the stand-in, and in the real Electron where that can run.
 * @module
 */
import type { Way } from '../support/way.ts';
import { electronWay } from './electronWay.ts';
import { findElectron } from './realElectron.ts';
import { WINDOW } from './windowWay.ts';

/** Says loudly where `what` does not run in the real Electron. */
export async function desktopWays(what: string): Promise<readonly Way[]> {
  const electron = await findElectron();
  if ('path' in electron) return [WINDOW, electronWay(electron.path)];
  console.warn(`\n!!! NOT RUN: ${what} in the real Electron. ${electron.reason}.\n`);
  return [WINDOW];
}
