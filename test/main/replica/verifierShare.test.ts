import { expect, it } from 'vitest';
import { VerifierShare } from '../../../src/main/replica/verifierShare.ts';

const job = ['', new Uint8Array(), ''] as const;

it('gives the verifier so many at a time, in order; one that fails makes room like any other', async () => {
  const given: ((verdict: boolean | Error) => void)[] = [];
  const share = new VerifierShare(
    {
      verify: async () =>
        await new Promise<boolean>((resolve, reject) => {
          given.push((verdict) => (verdict instanceof Error ? reject(verdict) : resolve(verdict)));
        }),
    },
    2,
  );
  const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
  const verdicts: unknown[] = [];
  const ask = (name: string): void => {
    share.verify(...job).then(
      (verdict) => verdicts.push([name, verdict]),
      (error: unknown) => verdicts.push([name, (error as Error).message]),
    );
  };
  for (const name of ['a', 'b', 'c', 'd']) ask(name);
  await turn();
  expect(given).toHaveLength(2);
  given[0]!(new Error('full'));
  await turn();
  expect(given).toHaveLength(3);
  given[1]!(true);
  given[2]!(false);
  await turn();
  expect(given).toHaveLength(4);
  given[3]!(true);
  await turn();
  expect(verdicts).toEqual([
    ['a', 'full'],
    ['b', true],
    ['c', false],
    ['d', true],
  ]);
  // All places are free again.
  for (const name of ['e', 'f', 'g']) ask(name);
  await turn();
  expect(given).toHaveLength(6);
});
