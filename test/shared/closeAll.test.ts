import { expect, it } from 'vitest';
import { closeAll } from '../../src/shared/closeAll.ts';

it('closes everything, the last first, and tells the first failure', async () => {
  const closed: string[] = [];
  const closing = (name: string, error?: Error) => async (): Promise<void> => {
    closed.push(name);
    await Promise.resolve();
    if (error !== undefined) throw error;
  };
  const opened = [
    closing('a'),
    closing('b', new Error('of b')),
    closing('c', new Error('of c')),
    closing('d'),
  ];
  await expect(closeAll(opened)).rejects.toThrow('of c');
  expect(closed).toEqual(['d', 'c', 'b', 'a']);
  await closeAll(opened);
  expect(closed).toHaveLength(4);
});
