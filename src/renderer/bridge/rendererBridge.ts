/**
 * The bridge as the page's stores see it, whichever transport carries it, and the checks that both transports share.
 * @module
 */
import { answerSchema, type ConsoleBridge } from '../../shared/contract/bridge.ts';
import { channels, type Channel, type Output } from '../../shared/contract/channels.ts';
import type { ConsoleError } from '../../shared/contract/model.ts';
import { CountersignError, type ErrorCode, type ErrorData } from '../../shared/errors.ts';

/** A bridge that the page can also wake and end. */
export interface RendererBridge extends ConsoleBridge {
  /** Tries to connect at once instead of waiting for the next attempt. */
  reconnect(): void;
  /** Ends the connection for good. */
  close(): void;
}

/** Tells the connection's state: `error` is set once it will not come back by itself. */
export type ConnectionListener = (connected: boolean, error: ConsoleError | null) => void;

/** The output in `answer`, checked against the schema of `channel`. Throws the error that it carries instead. */
export function readAnswer<C extends Channel>(channel: C, answer: unknown): Output<C> {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw unexpected(channel, parsed.error.message);
  if (!parsed.data.ok) throw toError(parsed.data.error);
  const output = channels[channel].output.safeParse(parsed.data.output);
  if (!output.success) throw unexpected(channel, output.error.message);
  return output.data as Output<C>;
}

/** `error` of the contract as an exception. */
export function toError(error: ConsoleError): CountersignError {
  // A newer main process may know more codes; the words for an unknown one are found where it is shown.
  return new CountersignError(error.code as ErrorCode, error.data as ErrorData[ErrorCode]);
}

/** What a call rejects with while there is no connection. */
export function disconnected(): CountersignError {
  return new CountersignError('console.disconnected', {});
}

function unexpected(channel: string, problem: string): CountersignError {
  return new CountersignError('internal', { problem: `${channel}: ${problem}` });
}
