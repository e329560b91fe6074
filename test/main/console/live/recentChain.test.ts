/** The newest blocks as a snapshot has them, against the plain way to keep them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RECENT_BLOCKS_MAX,
  RecentChain,
  blockSummary,
} from '../../../../src/main/console/live/recentChain.ts';
import type { HashedHeader } from '../../../../src/main/ledger/block.ts';

const DIGEST = '0'.repeat(64);
const header = (height: number, fork: number): HashedHeader => ({
  epoch: 0,
  height,
  previousHash: DIGEST,
  timeMs: height * 1_000,
  requestCount: 1,
  requestsRoot: DIGEST,
  stateDigest: DIGEST,
  evidenceDigest: DIGEST,
  nextReplicas: null,
  hash: `${String(fork)}-${String(height)}`,
});

describe('recent chain', () => {
  it('is the plain list, through forks, gaps and checkpoints', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('next'), by: fc.constant(1), fork: fc.nat(1) }) },
      fc.record({ kind: fc.constant('next'), by: fc.integer({ min: -5, max: 5 }), fork: fc.nat(1) }),
      fc.record({ kind: fc.constant('back'), by: fc.integer({ min: 0, max: 5 }), fork: fc.nat(1) }),
      fc.record({ kind: fc.constant('certify'), by: fc.integer({ min: 0, max: 5 }), fork: fc.nat(1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const chain = new RecentChain();
        let plain: HashedHeader[] = [];
        let stable = 0;
        for (const { kind, by, fork } of steps) {
          const top = plain[0]?.height ?? 0;
          if (kind === 'next') {
            const next = header(Math.max(1, top + by), fork);
            const isKnown = plain.some(({ hash }) => hash === next.hash);
            expect(chain.accept(next) === null).toBe(isKnown);
            if (!isKnown) plain = [next, ...plain.filter(({ height }) => height < next.height)];
          } else if (kind === 'back') {
            chain.rollBack(top - by);
            plain = plain.filter(({ height }) => height <= top - by);
          } else {
            const height = Math.max(0, top - by);
            const known = plain.find((one) => one.height === height);
            const checkpoint = chain.certify({ height, hash: 'c' }, 77);
            expect(checkpoint).toEqual(
              height > stable ? { height, hash: 'c', atMs: known?.timeMs ?? 77 } : null,
            );
            stable = Math.max(stable, height);
          }
          plain = plain.slice(0, RECENT_BLOCKS_MAX);
        }
        expect(chain.blocks).toEqual(plain.map((one) => blockSummary(one, stable)));
        expect(chain.stableHeight).toBe(stable);
      }),
    );
  });
});
