/** A replica that is shut out: told why, kept away by either side for as long as it was said, and let in again. */
import { describe, expect, it } from 'vitest';
import type { PlainError } from '../../../src/shared/errors.ts';
import { bytesOf, eventually, startClient, startCluster, textOf } from './harness.ts';

const REASON: PlainError = { code: 'admission.badMessages', data: { maxPerMinute: 20 } };
/** The lower key dials. */
const cases: [string, shutsOut: number, isShutOut: number][] = [
  ['that dials', 1, 0],
  ['that is dialled', 0, 1],
];

describe('a replica that is shut out', () => {
  it.each(cases)('%s is told why, and let in again when the time is over', async (_, by, other) => {
    const { replicas } = await startCluster(3);
    const [strict, banned, third] = [replicas[by]!, replicas[other]!, replicas[2]!];
    const FOR_MS = 400;
    const startedMs = performance.now();
    strict.network.shutOutPeer(other, REASON, FOR_MS);
    expect((await banned.events.nth('peerDown')).error).toEqual(REASON);
    expect(strict.network.status().peers.find(({ index }) => index === other)).toMatchObject({
      state: 'refused',
      lastError: REASON,
    });
    // For the third one nothing has changed.
    expect(third.events.of('peerDown')).toEqual([]);
    await strict.events.until(
      () => strict.events.of('peerUp').filter(({ index }) => index === other).length === 2,
    );
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(FOR_MS);
    await eventually(() => banned.network.sendToPeer(by, bytesOf('back')));
    expect(textOf((await strict.events.nth('peerMessage')).bytes)).toBe('back');
  });

  it('that dials is refused at the door meanwhile, and clients are not', async () => {
    const { replicas, peers } = await startCluster(2);
    const [dialler, strict] = [replicas[0]!, replicas[1]!];
    strict.network.shutOutPeer(0, REASON, 60_000);
    await strict.events.nth('refused', 2);
    expect(new Set(strict.events.of('refused').map(({ error }) => error.code))).toEqual(
      new Set([REASON.code]),
    );
    expect(dialler.network.status().peers[0]).toMatchObject({ state: 'refused', lastError: REASON });
    expect(strict.events.of('peerUp')).toHaveLength(1);
    const client = startClient({ replicas: peers });
    await client.events.until(() => client.events.of('peerUp').some(({ index }) => index === 1));
  });

  it('without a connection is not shut out of a later one', async () => {
    const { replicas } = await startCluster(2);
    const [dialler, strict] = [replicas[0]!, replicas[1]!];
    await dialler.network.close();
    await strict.events.nth('peerDown');
    strict.network.shutOutPeer(0, REASON, 60_000);
    expect(strict.network.status().peers[0]!.state).toBe('down');
  });
});
