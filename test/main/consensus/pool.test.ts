import { titleOf } from '../../../src/shared/domain/payload.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OVERDUE_MAX, RequestPool } from '../../../src/main/consensus/pool.ts';
import { GENESIS_TIME_MS, makeGenesis, makeRequest } from '../../support/ledger.ts';

const network = makeGenesis();
const requests = Array.from({ length: 6 }, (_, index) =>
  makeRequest(network, { timestampMs: GENESIS_TIME_MS + (index >> 1), title: `R${String(index)}` }),
);
const [first, second, third] = requests as [(typeof requests)[0], (typeof requests)[0], (typeof requests)[0]];
const sizeBytes = first.bytes.length;

const poolOf = (
  maxPoolRequests: number,
  maxPoolBytes: number,
  maxPoolRequestsPerSupervisor = maxPoolRequests,
) => new RequestPool({ maxPoolRequests, maxPoolBytes, maxPoolRequestsPerSupervisor });
/** The first request, as if it had so many bytes. */
const ofSize = (bytes: number) => ({ ...first, bytes: new Uint8Array(bytes) });

describe('RequestPool', () => {
  it('keeps two requests of one millisecond apart (defect 5 of the prototype)', () => {
    const pool = poolOf(10, 10_000);
    expect(first.timestampMs).toBe(second.timestampMs);
    pool.add(first, 'broadcast');
    expect(pool.find(second)).toBe(undefined);
    pool.add(second, 'forwarded');
    expect(pool.find(first)).toEqual({ request: first, origin: 'broadcast' });
    expect(pool.findById(second.id)).toEqual({ request: second, origin: 'forwarded' });
  });

  it('finds nothing where the timestamp belongs to another request', () => {
    const pool = poolOf(10, 10_000);
    pool.add(first, 'broadcast');
    expect(pool.find({ id: first.id, timestampMs: third.timestampMs })).toBe(undefined);
  });

  it('has room by number and by bytes of what waits', () => {
    const pool = poolOf(2, 10 * sizeBytes);
    pool.add(first, 'broadcast');
    expect(pool.hasRoomFor(ofSize(9 * sizeBytes))).toBe(true);
    expect(pool.hasRoomFor(ofSize(9 * sizeBytes + 1))).toBe(false);
    pool.add(second, 'broadcast');
    expect(pool.hasRoomFor(ofSize(0))).toBe(false);
    pool.markOrdered(first);
    expect(pool.hasRoomFor(ofSize(sizeBytes))).toBe(true);
  });

  it('keeps the order of arrival, and how a request came, through ordering and rolling back', () => {
    const pool = poolOf(10, 10_000);
    for (const request of [third, first, second]) pool.add(request, 'broadcast');
    pool.markOrdered(first);
    expect([...pool.pending()].map(({ request }) => request)).toEqual([third, second]);
    expect(pool.isPending(first)).toBe(false);
    expect(pool.findById(first.id)?.origin).toBe('broadcast');
    pool.markPending(first);
    expect([...pool.pending()].map(({ request }) => request)).toEqual([third, second, first]);
  });

  it('takes an ordered request that never waited, and serves its body until it is forgotten', () => {
    const pool = poolOf(10, 10_000);
    pool.markOrdered(first);
    expect(pool.orderedCount).toBe(1);
    expect(pool.findById(first.id)?.request).toBe(first);
    pool.add(first, 'broadcast');
    expect(pool.pendingCount).toBe(0);
    pool.forget(first);
    expect(pool.findById(first.id)).toBe(undefined);
  });

  it('keeps one supervisor from crowding out the others, but not what replicas pass on as overdue', () => {
    const pool = poolOf(10, 10_000, 2);
    const other = makeRequest(network, { timestampMs: GENESIS_TIME_MS, supervisor: 1 });
    pool.add(first, 'broadcast');
    expect(pool.hasRoomFor(second)).toBe(true);
    pool.add(second, 'broadcast');
    expect(pool.hasRoomFor(third)).toBe(false);
    expect(pool.hasRoomFor(other)).toBe(true);
    expect(pool.hasRoomForOverdue(0)).toBe(true);
    pool.forget(first);
    expect(pool.hasRoomFor(third)).toBe(true);
  });

  it('takes overdue requests first, then one of each supervisor in turn', () => {
    const pool = poolOf(10, 10_000);
    const others = [6, 7].map((index) =>
      makeRequest(network, {
        timestampMs: GENESIS_TIME_MS + index,
        supervisor: 1,
        title: `S${String(index)}`,
      }),
    );
    for (const request of [first, second, third, ...others]) pool.add(request, 'broadcast');
    const titles = () => [...pool.inTurn()].map(({ request }) => titleOf(request.payload));
    expect(titles()).toEqual(['R0', 'S6', 'R1', 'S7', 'R2']);
    pool.markOverdue(third, 2);
    pool.markOverdue(third, 2);
    expect(titles()).toEqual(['R2', 'R0', 'S6', 'R1', 'S7']);
    pool.markOrdered(third);
    pool.markPending(third);
    expect(titles()).toEqual(['R0', 'S6', 'R1', 'S7', 'R2']);
  });

  it('gives each replica the same room for what it passes on', () => {
    const pool = poolOf(1_000, 1_000_000);
    const many = Array.from({ length: OVERDUE_MAX + 1 }, (_, index) =>
      makeRequest(network, { timestampMs: GENESIS_TIME_MS + index, title: `O${String(index)}` }),
    );
    for (const request of many) {
      pool.add(request, 'forwarded');
      pool.markOverdue(request, 2);
    }
    expect(pool.hasRoomForOverdue(2)).toBe(false);
    expect(pool.hasRoomForOverdue(3)).toBe(true);
    pool.forget(many[0]!);
    expect(pool.hasRoomForOverdue(2)).toBe(true);
  });

  it('can be taken from while it is walked', () => {
    const pool = poolOf(10, 10_000);
    for (const request of requests) pool.add(request, 'broadcast');
    const seen: string[] = [];
    for (const { request } of pool.inTurn()) {
      seen.push(request.id);
      pool.forget(request);
    }
    expect(seen).toEqual(requests.map(({ id }) => id));
    expect(pool.pendingCount).toBe(0);
  });

  it('counts its bytes right over any history', () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'order', 'rollBack', 'forget'),
      index: fc.nat(requests.length - 1),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const limit = 1_000_000;
        const pool = poolOf(100, limit);
        const where = new Map<number, 'pending' | 'ordered'>();
        for (const { act, index } of steps) {
          const request = requests[index]!;
          if (act === 'add') {
            pool.add(request, 'broadcast');
            where.set(index, where.get(index) ?? 'pending');
          } else if (act === 'order') {
            pool.markOrdered(request);
            where.set(index, 'ordered');
          } else if (act === 'rollBack') {
            pool.markPending(request);
            if (where.has(index)) where.set(index, 'pending');
          } else {
            pool.forget(request);
            where.delete(index);
          }
          const pending = [...where].filter(([, place]) => place === 'pending').map(([key]) => key);
          const bytes = pending.reduce((sum, key) => sum + requests[key]!.bytes.length, 0);
          expect(pool.pendingCount).toBe(pending.length);
          expect(pool.orderedCount).toBe(where.size - pending.length);
          expect(pool.hasRoomFor(ofSize(limit - bytes))).toBe(true);
          expect(pool.hasRoomFor(ofSize(limit - bytes + 1))).toBe(false);
          for (const [key, { id }] of requests.entries()) {
            expect(pool.findById(id) !== undefined).toBe(where.has(key));
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
