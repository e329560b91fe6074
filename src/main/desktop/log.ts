/**
 * What happens, as one JSON object a line on standard error, for whoever started the program from a terminal.
 * @module
 */
import type { ConsoleEvent } from '../console/events.ts';
import type { PlainError } from '../../shared/errors.ts';

/** An event of the desktop program itself. */
export interface DesktopEvent {
  readonly kind: 'desktopFailed' | 'fatal' | 'quitTimeout';
  readonly error: PlainError;
}

/** Writes one line. Never throws. */
export function logEvent(event: ConsoleEvent | DesktopEvent): void {
  process.stderr.write(`${JSON.stringify({ atMs: Date.now(), ...event })}\n`);
}

/** A terminal that was closed meanwhile is no reason to end. */
export function tolerateClosedTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
