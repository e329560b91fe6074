/**
 * A call of the confirmation window, parsed.
 * @module
 */
import type { z } from 'zod';
import {
  confirmChannels,
  type ConfirmChannel,
  type ConfirmChannels,
} from '../../../shared/contract/confirm.ts';
import { CountersignError } from '../../../shared/errors.ts';

/** The input of `channel`. Throws `console.badInput`, which quotes no value. */
export function parseCall<C extends ConfirmChannel>(
  channel: C,
  input: unknown,
): z.output<ConfirmChannels[C]['input']> {
  const parsed = confirmChannels[channel].input.safeParse(input);
  if (parsed.success) return parsed.data as z.output<ConfirmChannels[C]['input']>;
  const [issue] = parsed.error.issues;
  throw new CountersignError('console.badInput', {
    channel: `confirm:${channel}`,
    at: issue?.path.join('.').slice(0, PROBLEM_CHARS_MAX) ?? '',
    problem: (issue?.message ?? 'is not allowed').slice(0, PROBLEM_CHARS_MAX),
  });
}

const PROBLEM_CHARS_MAX = 400;
