/** The guard on its disk: what is signed is durable before, what is damaged is refused, what is torn is dropped. */
import { describe, expect, it } from 'vitest';
import { encodeEntries } from '../../../../src/main/keys/guard/guardLog.ts';
import type { Answer, SignGuard } from '../../../../src/main/keys/guard/signGuard.ts';
import { statementDigest, type Statement } from '../../../../src/main/ledger/statement.ts';
import { verifySync } from '../../../../src/main/keys/verifier.ts';
import { GuardDisk } from '../../../support/guardDisk.ts';
import { openGuard } from '../../../support/guard.ts';
import { makeGenesis } from '../../../support/ledger.ts';
import { NETWORK_ID, OWNER, begin, change, commit, open, order, vote } from './support.ts';

const codeOf = async (work: Promise<unknown>) =>
  await work.then(
    () => 'no error',
    (error: unknown) => (error as { code?: string }).code,
  );
const isSigned = (answer: Answer | undefined) => answer !== undefined && 'signature' in answer;

async function signs(guard: SignGuard, ...statements: readonly Statement[]): Promise<readonly boolean[]> {
  return (await guard.sign(statements)).map(isSigned);
}

describe('SECURITY 11: the sign guard', () => {
  it('signs with the key of the replica, and the same statement in the same way again', async () => {
    const network = makeGenesis();
    const guard = await openGuard(network, 2);
    const statement = commit(0, 1);
    const [first] = await guard.sign([statement]);
    const [again] = await guard.sign([statement]);
    expect(again).toEqual(first);
    const digest = statementDigest(network.networkId, statement);
    const { publicKey } = network.genesis.replicas[2]!;
    expect(verifySync({ signature: (first as { signature: string }).signature, digest, publicKey })).toBe(
      true,
    );
    expect(guard.publicKey).toBe(publicKey);
    await guard.close();
    expect(await codeOf(guard.sign([commit(0, 2)]))).toBe('key.locked');
  });

  it('refuses the second of two, in one group and across restarts, and says what came before', async () => {
    const disk = new GuardDisk();
    const guard = await begin(disk);
    const answers = await guard.sign([commit(0, 1), commit(0, 1, 9), vote(0, 1), change('viewChange', 2)]);
    expect(answers.map(isSigned)).toEqual([true, false, true, true]);
    expect(answers[1]).toEqual({ statement: commit(0, 1, 9), before: commit(0, 1) });
    disk.crash();
    const later = await open(disk);
    expect(await signs(later, commit(0, 1), commit(0, 1, 9), vote(0, 1, 1, 9))).toEqual([true, false, false]);
    expect(await later.sign([change('viewChange', 1)])).toEqual([
      { statement: change('viewChange', 1), before: null },
    ]);
    expect(later.statements).toHaveLength(3);
  });

  it('makes one write for all that is new in a group, and none where nothing is', async () => {
    const disk = new GuardDisk();
    const guard = await begin(disk);
    const before = disk.writes;
    await guard.sign(Array.from({ length: 50 }, (_, index) => order(0, index + 1)));
    expect(disk.writes).toBe(before + 1);
    await guard.sign([order(0, 1), order(0, 2, 9)]);
    expect(disk.writes).toBe(before + 1);
  });

  it('keeps its log bounded by what it remembers', async () => {
    const disk = new GuardDisk();
    const guard = await begin(disk);
    let largest = 0;
    for (let height = 1; height <= 500; height++) {
      await guard.sign([order(0, height), commit(0, height), vote(0, height)]);
      guard.settle(height - 2);
      largest = Math.max(largest, disk.durable!.length);
    }
    expect(largest).toBeLessThan(10_000);
    disk.crash();
    const later = await open(disk);
    expect(await signs(later, commit(0, 500), commit(0, 500, 9), commit(0, 3, 9))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('signs nothing any more after a write that failed', async () => {
    const disk = new GuardDisk();
    const guard = await begin(disk);
    disk.failure = { write: disk.writes, moment: 'lost' };
    await expect(guard.sign([commit(0, 1)])).rejects.toThrow();
    disk.crash();
    await expect(guard.sign([commit(0, 1)])).rejects.toThrow();
    await expect(guard.sign([])).rejects.toThrow();
  });
});

describe('the log of the sign guard', () => {
  async function written(): Promise<{ disk: GuardDisk; bytes: Uint8Array }> {
    const disk = new GuardDisk();
    const guard = await begin(disk);
    await guard.sign([commit(0, 1), order(0, 1)]);
    await guard.sign([vote(0, 1)]);
    const bytes = (await disk.read())!;
    return { disk, bytes };
  }

  it("is missing, another network's, or another key's: nothing is signed", async () => {
    const { disk, bytes } = await written();
    disk.put(null);
    expect(await codeOf(open(disk))).toBe('guard.missing');
    for (const owner of [
      { ...OWNER, networkId: 'ab'.repeat(32) },
      { ...OWNER, publicKey: 'ab'.repeat(32) },
    ]) {
      disk.put(encodeEntries(owner, [{ kind: 'floor', floor: { height: 0, epoch: 0, view: 0 } }]));
      expect(await codeOf(open(disk))).toBe('guard.damaged');
    }
    disk.put(new Uint8Array());
    expect(await codeOf(open(disk))).toBe('guard.damaged');
    disk.put(bytes);
    expect(await codeOf(open(disk))).toBe('no error');
    expect(NETWORK_ID).toBe(OWNER.networkId);
  });

  it('with any bit flipped is refused, or says all that it said', async () => {
    const { disk, bytes } = await written();
    const said = [commit(0, 1), order(0, 1), vote(0, 1)];
    let refused = 0;
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      disk.put(damaged);
      const code = await codeOf(open(disk));
      if (code === 'guard.damaged') refused++;
      else expect((await open(disk)).statements).toEqual(expect.arrayContaining(said));
    }
    expect(refused).toBeGreaterThan(0.9 * 8 * bytes.length);
  });

  it('that was torn in its last write is taken up to there', async () => {
    const { disk, bytes } = await written();
    const more = encodeEntries(OWNER, [{ kind: 'statement', statement: commit(0, 2) }]);
    for (let length = 0; length < more.length; length++) {
      disk.put(Buffer.concat([bytes, more.subarray(0, length)]));
      const guard = await open(disk);
      expect(guard.statements).toHaveLength(3);
      expect(await signs(guard, commit(0, 2, 9), commit(0, 1, 9))).toEqual([true, false]);
    }
  });
});

describe('an epoch that has begun', () => {
  it('is durable when it has been entered, and costs one write', async () => {
    const disk = new GuardDisk();
    const guard = await begin(disk);
    await guard.sign([commit(1, 2), change('viewChange', 3)]);
    const before = disk.writes;
    await guard.enter(1);
    await guard.enter(1);
    await guard.enter(0);
    expect(disk.writes).toBe(before + 1);
    disk.crash();
    const later = await open(disk);
    expect(await signs(later, commit(1, 2), commit(7, 7), change('viewChange', 9))).toEqual([
      false,
      false,
      false,
    ]);
    expect(await signs(later, commit(0, 3, 9, 1), change('viewChange', 1, 9, 1))).toEqual([true, true]);
  });

  it('is the first one that a new guard hears of', async () => {
    const guard = await begin(new GuardDisk());
    await guard.enter(5);
    expect(await signs(guard, commit(0, 1, 9, 4), commit(0, 1, 9, 5))).toEqual([false, true]);
  });
});
