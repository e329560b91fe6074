import { describe, expect, it } from 'vitest';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { AttemptGuard, FIRST_WAIT_MS, WAIT_MAX_MS } from '../../../../src/main/keys/vault/attempts.ts';
import { rejected } from '../../../support/errors.ts';
import { rejectionCodeOf } from '../helpers.ts';

let nowMs = 0;
const wrong = async (): Promise<never> =>
  await Promise.reject(new CountersignError('key.wrongPassphrase', {}));
const right = async (): Promise<string> => await Promise.resolve('open');

/** What has to be waited after one more wrong passphrase, as an attempt right after it is told. */
async function waitAfterWrong(guard: AttemptGuard): Promise<number> {
  await rejected(guard.attempt(wrong));
  let tried = false;
  const error = await guard
    .attempt(async () => {
      tried = true;
      return await right();
    })
    .then(
      () => null,
      (refusal: unknown) => refusal as CountersignError<'key.tooManyAttempts'>,
    );
  expect(tried).toBe(error === null);
  return error?.data.waitMs ?? 0;
}

describe('guessing', () => {
  it('costs a wait that doubles, up to a bound, and says nothing but how long', async () => {
    const guard = new AttemptGuard(() => nowMs);
    expect(await rejectionCodeOf(guard.attempt(wrong))).toBe('key.wrongPassphrase');
    const waits: number[] = [];
    for (let failure = 0; failure < 14; failure++) {
      const waitMs = await waitAfterWrong(guard);
      waits.push(waitMs);
      const error = await rejected(guard.attempt(right));
      expect(Object.keys(error.data)).toEqual(['waitMs']);
      nowMs += waitMs;
    }
    expect(waits.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, index) => FIRST_WAIT_MS * 2 ** index));
    expect(waits.slice(9)).toEqual(Array.from({ length: 5 }, () => WAIT_MAX_MS));
    expect(await guard.attempt(right)).toBe('open');
    // The right one starts it anew: one slip is free again.
    expect(await waitAfterWrong(guard)).toBe(0);
  });

  it('gains nothing by guessing at the same time', async () => {
    const guard = new AttemptGuard(() => nowMs);
    const codes = await Promise.all(Array.from({ length: 10 }, () => rejectionCodeOf(guard.attempt(wrong))));
    expect(codes.filter((code) => code === 'key.wrongPassphrase')).toHaveLength(2);
    expect(codes.filter((code) => code === 'key.tooManyAttempts')).toHaveLength(8);
  });

  it('does not count what is no guess', async () => {
    const guard = new AttemptGuard(() => nowMs);
    for (let round = 0; round < 5; round++) {
      expect(
        await rejectionCodeOf(
          guard.attempt(() => Promise.reject(new CountersignError('vault.duplicateKey', { publicKey: '' }))),
        ),
      ).toBe('vault.duplicateKey');
    }
    expect(await guard.attempt(right)).toBe('open');
  });
});
