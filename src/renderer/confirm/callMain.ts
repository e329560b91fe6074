/**
 * The few calls of the confirmation window.
 * @module
 */
import type { Answer } from '../../shared/contract/bridge.ts';
import type { ConfirmChannel, ConfirmInput, ConfirmOutput } from '../../shared/contract/confirm.ts';
import type { ConfirmApi } from '../../shared/contract/confirmNames.ts';
import { CountersignError, type ErrorCode, type ErrorData } from '../../shared/errors.ts';

declare global {
  interface Window {
    /** What the preload of the confirmation window puts there; absent everywhere else. */
    readonly countersignConfirm?: ConfirmApi;
  }
}

/**
 * Calls the main process, which has checked what it answers against the contract. Rejects with a `CountersignError`;
 * `confirm.interrupted` where this is not the window.
 */
export async function callMain<C extends ConfirmChannel>(
  channel: C,
  input: ConfirmInput<C>,
): Promise<ConfirmOutput<C>> {
  const api = window.countersignConfirm;
  if (api === undefined) throw new CountersignError('confirm.interrupted', {});
  const answer = (await api[channel](input)) as Answer;
  if (answer.ok) return answer.output as ConfirmOutput<C>;
  throw new CountersignError(answer.error.code as ErrorCode, answer.error.data as ErrorData[ErrorCode]);
}
