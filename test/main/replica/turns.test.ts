import { describe, expect, it } from 'vitest';
import { READS_AT_ONCE_MAX, READS_WAITING_PER_SENDER_MAX, Turns } from '../../../src/main/replica/turns.ts';

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('reads for others', () => {
  it('go round the senders, a few at once, whatever one of them asks', async () => {
    const turns = new Turns();
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const ask = (sender: string): void => {
      void turns.take(sender, async () => {
        begun.push(sender);
        await new Promise<void>((resolve) => ends.push(resolve));
      });
    };
    for (let asked = 0; asked < 10; asked++) ask('flood');
    ask('other');
    ask('third');
    await settle();
    expect(begun).toEqual(Array.from({ length: READS_AT_ONCE_MAX }, () => 'flood'));
    for (let ended = 0; ended < 4; ended++) {
      ends.shift()!();
      await settle();
    }
    expect(begun.slice(READS_AT_ONCE_MAX)).toEqual(['flood', 'other', 'third', 'flood']);
  });

  it('give what they read, or why they failed; the next has its turn all the same', async () => {
    const turns = new Turns();
    const failed = turns.take('one', async () => await Promise.reject(new Error('no')));
    const read = turns.take('one', async () => await Promise.resolve(7));
    await expect(failed).rejects.toThrow('no');
    expect(await read).toBe(7);
  });

  it('of one sender are not taken when too many wait; others are', async () => {
    const turns = new Turns();
    const never = async (): Promise<void> => await new Promise<void>(() => undefined);
    for (let asked = 0; asked < READS_AT_ONCE_MAX + READS_WAITING_PER_SENDER_MAX; asked++) {
      void turns.take('flood', never);
    }
    expect(await turns.take('flood', never)).toBeNull();
    let isTaken = true;
    void turns.take('other', never).then(() => (isTaken = false));
    await settle();
    expect(isTaken).toBe(true);
  });
});
