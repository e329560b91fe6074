/**
 * Carries out one call of the contract: the input is checked against the channel's schema, the handler runs, and its
 * output is checked too, so that nothing crosses that the contract does not name.
 * @module
 */
import type { z } from 'zod';
import type { Answer } from '../../shared/contract/bridge.ts';
import { channels, type Channel, type Channels, type Output } from '../../shared/contract/channels.ts';
import { CountersignError, toPlainError } from '../../shared/errors.ts';
import { pathText } from '../ledger/json.ts';
import { toConsoleError } from './errors.ts';
import type { ConsoleEvent } from './events.ts';

/** What a handler is given: the input as its schema returns it. */
export type HandlerInput<C extends Channel> = z.output<Channels[C]['input']>;

/** One handler for each channel. A channel without one does not compile. */
export type Handlers = { readonly [C in Channel]: (input: HandlerInput<C>) => Promise<Output<C>> };

/** Longest part of a stranger's words that goes into an error, in UTF-16 code units. */
const QUOTED_CHARS_MAX = 64;
const PROBLEM_CHARS_MAX = 400;

/**
 * The output of `channel` for `input`, which is anything at all.
 *
 * Throws `console.unknownChannel`, `console.badInput` with the place in the input, what the handler throws, and
 * `internal` for an output that breaks the contract.
 */
export async function dispatch(handlers: Handlers, channel: string, input: unknown): Promise<unknown> {
  if (!isChannel(channel)) {
    throw new CountersignError('console.unknownChannel', { channel: channel.slice(0, QUOTED_CHARS_MAX) });
  }
  const parsed = channels[channel].input.safeParse(input);
  if (!parsed.success) throw badInput(channel, ...firstIssue(parsed.error));
  // The table pairs each channel with its own handler; the type system cannot follow a name that it does not know.
  const handler = handlers[channel] as (input: unknown) => Promise<unknown>;
  const output = channels[channel].output.safeParse(await handler(parsed.data));
  if (!output.success) {
    const [at, problem] = firstIssue(output.error);
    throw new CountersignError('internal', { problem: `${channel} would answer with ${at}: ${problem}` });
  }
  return output.data;
}

/** As `dispatch`, but errors are data. What should never happen is logged besides. */
export async function answerOf(
  handlers: Handlers,
  channel: string,
  input: unknown,
  log: (event: ConsoleEvent) => void,
): Promise<Answer> {
  try {
    return { ok: true, output: await dispatch(handlers, channel, input) };
  } catch (error) {
    const plain = toConsoleError(error);
    if (plain.code === 'internal' || plain.code === 'invariant.broken') {
      log({ kind: 'internal', channel: channel.slice(0, QUOTED_CHARS_MAX), error: toPlainError(error) });
    }
    return { ok: false, error: plain };
  }
}

/** An input that a handler refuses for a reason that no schema knows. */
export function badInput(
  channel: Channel,
  at: string,
  problem: string,
): CountersignError<'console.badInput'> {
  return new CountersignError('console.badInput', { channel, at, problem });
}

// Own keys only: the name comes from outside.
function isChannel(name: string): name is Channel {
  return Object.hasOwn(channels, name);
}

/** Where and what the first issue is. Schemas speak of types and lengths; they never quote a value. */
function firstIssue(error: z.ZodError): [at: string, problem: string] {
  const [issue] = error.issues;
  const at = pathText(issue?.path ?? [], 'the input').slice(0, PROBLEM_CHARS_MAX);
  return [at, (issue?.message ?? 'is not allowed').slice(0, PROBLEM_CHARS_MAX)];
}
