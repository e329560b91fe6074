/**
 * What Electron allows before the app is ready, and what only then.
 * @module
 */
import { State } from './state.ts';

export function requireReady(what: string): void {
  if (!State.isReady) throw new Error(`${what} cannot be used before the app is ready`);
}

export function requireNotReady(what: string): void {
  if (State.isReady) throw new Error(`${what} must be used before the app is ready`);
}
