/**
 * Sets the wall clock of a process of the stand-in, where a test wants one that is off: loaded before the program.
 * @module
 */
import type { StandInOptions } from './state.ts';

const { clockByMs = 0 } = JSON.parse(process.env['STAND_IN'] ?? '{}') as Partial<StandInOptions>;
if (clockByMs !== 0) {
  const now = Date.now.bind(Date);
  Date.now = () => now() + clockByMs;
}
