import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tracking } from '../../../src/main/client/tracking.ts';
import type { FinalMessage, RefusalMessage, ResponseMessage } from '../../../src/main/consensus/messages.ts';
import { quorumSizes } from '../../../src/main/ledger/genesis.ts';
import type { ErrorCode } from '../../../src/shared/errors.ts';

const ID = '11'.repeat(32);
const HASH = 'aa'.repeat(32);
const OTHER_HASH = 'bb'.repeat(32);
const TAG = '01'.repeat(8);
const OTHER_TAG = '02'.repeat(8);

const response = (change: Partial<ResponseMessage> = {}): ResponseMessage => ({
  type: 'response',
  requestId: ID,
  epoch: 0,
  height: 7,
  hash: HASH,
  tag: TAG,
  ...change,
});
const final = (change: Partial<FinalMessage> = {}): FinalMessage => ({
  type: 'final',
  requestId: ID,
  height: 7,
  hash: HASH,
  ...change,
});
const refusal = (code: ErrorCode): RefusalMessage => ({
  type: 'refusal',
  requestId: ID,
  error: { code, data: {} },
});

function tracking(replicas = 4): Tracking {
  return new Tracking(ID, quorumSizes(replicas));
}

describe('counting responses', () => {
  it('nothing is known at first', () => {
    expect(tracking().progress).toEqual({
      requestId: ID,
      state: 'sent',
      accepted: 0,
      replicas: 4,
      height: null,
      finality: null,
      covered: false,
      error: null,
      objecting: 0,
    });
    expect(tracking().missing()).toEqual([0, 1, 2, 3]);
  });

  it('all n alike: final, and not settled before a stable checkpoint covers it', () => {
    const request = tracking();
    for (const replica of [0, 1, 2]) request.response(replica, response());
    expect(request.progress).toMatchObject({ state: 'accepted', accepted: 3, height: 7, finality: null });
    expect(request.hasQuorum).toBe(true);
    expect(request.missing()).toEqual([3]);
    request.response(3, response());
    expect(request.progress).toMatchObject({ state: 'final', accepted: 4, finality: 'fast', covered: false });
    expect(request.isSettled).toBe(false);
  });

  it.each([
    ['another view', { tag: OTHER_TAG }],
    ['another block', { hash: OTHER_HASH }],
    ['another height', { height: 8 }],
  ])('one response of %s does not count with the others', (_, change) => {
    const request = tracking();
    for (const replica of [0, 1, 2]) request.response(replica, response());
    request.response(3, response(change));
    expect(request.progress).toMatchObject({ state: 'accepted', accepted: 3, height: 7, finality: null });
    expect(request.missing()).toEqual([3]);
  });

  it('the last word of each replica counts, and only once', () => {
    const request = tracking();
    for (let times = 0; times < 4; times++) request.response(0, response());
    expect(request.progress.accepted).toBe(1);
    request.response(1, response({ tag: OTHER_TAG }));
    request.response(2, response({ tag: OTHER_TAG }));
    request.response(3, response({ tag: OTHER_TAG }));
    expect(request.agreement).toMatchObject({ tag: OTHER_TAG, replicas: [1, 2, 3] });
    request.response(0, response({ tag: OTHER_TAG }));
    expect(request.progress.finality).toBe('fast');
  });

  it('of different views never adds up, not even for the same block (M3)', () => {
    for (const replicas of [4, 7]) {
      const { n, q } = quorumSizes(replicas);
      const request = tracking(replicas);
      // Each of n replicas accepted the very same block, but never all of them, nor a quorum, in one view.
      for (let replica = 0; replica < n; replica++) {
        request.response(replica, response({ tag: replica < q - 1 ? TAG : OTHER_TAG }));
      }
      expect(request.hasQuorum).toBe(false);
      expect(request.progress).toMatchObject({ state: 'accepted', accepted: q - 1, finality: null });
      request.response(0, response({ tag: OTHER_TAG }));
      expect(request.progress).toMatchObject({ state: 'accepted', finality: null });
    }
  });

  it('of a new view replaces that of the old one: a client sees nothing but a pause', () => {
    const request = tracking();
    for (const replica of [0, 1, 2]) request.response(replica, response());
    expect(request.progress).toMatchObject({ state: 'accepted', accepted: 3, height: 7 });
    // The block was put back, and its request is ordered again by the next primary.
    const again = response({ height: 8, hash: OTHER_HASH, tag: OTHER_TAG });
    const states = [1, 2, 3, 0].map((replica) => {
      request.response(replica, again);
      return request.progress.state;
    });
    expect(states).toEqual(['accepted', 'accepted', 'accepted', 'final']);
    expect(request.progress).toMatchObject({ accepted: 4, height: 8, finality: 'fast', error: null });
  });

  it('what was final stays final, whatever is said later', () => {
    const request = tracking();
    for (const replica of [0, 1, 2, 3]) request.response(replica, response());
    for (const replica of [0, 1, 2, 3]) {
      request.response(replica, response({ height: 9, hash: OTHER_HASH }));
      request.refusal(replica, refusal('request.badSignature'));
    }
    expect(request.progress).toMatchObject({ state: 'final', finality: 'fast', height: 7, error: null });
    expect(request.isSettled).toBe(false);
  });
});

describe('epochs (rule E3)', () => {
  it('responses of another epoch do not count, not even from all', () => {
    const request = tracking();
    for (const replica of [0, 1, 2, 3]) request.response(replica, response({ epoch: 1 }));
    expect(request.progress).toMatchObject({ state: 'sent', accepted: 0 });
    request.enter(1, quorumSizes(5));
    for (const replica of [0, 1, 2, 3, 4]) request.response(replica, response());
    expect(request.progress).toMatchObject({ state: 'sent', accepted: 0, replicas: 5 });
    for (const replica of [0, 1, 2, 3]) request.response(replica, response({ epoch: 1 }));
    expect(request.progress).toMatchObject({ state: 'accepted', accepted: 4, finality: null });
    request.response(4, response({ epoch: 1 }));
    expect(request.progress.finality).toBe('fast');
  });

  it('counts of one epoch never add to those of the next; its f is that of the new set', () => {
    const request = tracking();
    for (const replica of [0, 1, 2]) request.response(replica, response());
    request.final(0, final());
    request.refusal(3, refusal('request.badSignature'));
    request.enter(1, quorumSizes(7));
    expect(request.progress).toMatchObject({ state: 'sent', accepted: 0, replicas: 7, error: null });
    request.final(1, final());
    request.refusal(4, refusal('request.badSignature'));
    expect(request.isSettled).toBe(false);
    request.final(2, final());
    expect(request.progress.covered).toBe(false);
    request.final(3, final());
    expect(request.progress).toMatchObject({ state: 'final', finality: 'certified', covered: true });
  });

  it('what was final stays final, with its height', () => {
    const request = tracking();
    for (const replica of [0, 1, 2, 3]) request.response(replica, response());
    request.enter(1, quorumSizes(4));
    expect(request.progress).toMatchObject({ state: 'final', finality: 'fast', height: 7 });
  });
});

describe('announced stable checkpoints', () => {
  it('one replica alone may lie; f+1 alike do not', () => {
    const request = tracking();
    request.final(2, final());
    request.final(2, final());
    expect(request.progress).toMatchObject({ state: 'sent', finality: null, covered: false });
    request.final(0, final({ hash: OTHER_HASH }));
    request.final(1, final({ height: 8 }));
    expect(request.progress.finality).toBeNull();
    request.final(3, final());
    expect(request.progress).toMatchObject({
      state: 'final',
      finality: 'certified',
      covered: true,
      height: 7,
    });
    expect(request.isSettled).toBe(true);
  });

  it('what was fast stays fast, and is covered then', () => {
    const request = tracking();
    for (const replica of [0, 1, 2, 3]) request.response(replica, response());
    for (const replica of [0, 1]) request.final(replica, final());
    expect(request.progress).toMatchObject({ finality: 'fast', covered: true });
    expect(request.isSettled).toBe(true);
  });
});

describe('refusals', () => {
  it.each([
    'request.unknownSupervisor',
    'request.badSignature',
    'request.wrongNetwork',
    'request.tooLarge',
  ] as const)('%s: one replica may lie, f+1 decide', (code) => {
    const request = tracking();
    request.refusal(0, refusal(code));
    request.refusal(0, refusal(code));
    expect(request.progress).toMatchObject({ state: 'sent', error: { code }, objecting: 1 });
    expect(request.isSettled).toBe(false);
    request.refusal(1, refusal(code));
    expect(request.progress).toMatchObject({ state: 'refused', error: { code }, objecting: 2 });
    expect(request.isSettled).toBe(true);
  });

  it('a faulty replica that claims to have accepted it does not keep it waiting', () => {
    const request = tracking();
    request.response(3, response());
    for (const replica of [0, 1]) request.refusal(replica, refusal('request.unknownSupervisor'));
    expect(request.progress.state).toBe('refused');
  });

  it('too old: replicas that lag behind may say so of what is final, so a quorum must', () => {
    const request = tracking();
    for (const replica of [0, 1]) request.refusal(replica, refusal('request.tooOld'));
    expect(request.progress).toMatchObject({ state: 'sent', objecting: 2 });
    request.refusal(2, refusal('request.tooOld'));
    expect(request.progress.state).toBe('refused');
  });

  it.each(['request.poolFull', 'request.fromFuture'] as const)(
    '%s passes: it is told, and asked again',
    (code) => {
      const request = tracking();
      for (const replica of [0, 1, 2, 3]) request.refusal(replica, refusal(code));
      expect(request.progress).toMatchObject({ state: 'sent', error: { code }, objecting: 4 });
      expect(request.isSettled).toBe(false);
      request.response(0, response());
      expect(request.progress).toMatchObject({ state: 'accepted', objecting: 3 });
      for (const replica of [1, 2, 3]) request.response(replica, response());
      expect(request.progress).toMatchObject({ state: 'final', error: null, objecting: 0 });
    },
  );

  it('different reasons do not add up; the last objection is the one that is told', () => {
    const request = tracking();
    request.refusal(0, refusal('request.badSignature'));
    request.refusal(1, refusal('request.poolFull'));
    request.refusal(2, refusal('request.unknownSupervisor'));
    expect(request.progress).toMatchObject({ state: 'sent', error: { code: 'request.unknownSupervisor' } });
    request.refusal(0, refusal('request.poolFull'));
    expect(request.progress).toMatchObject({ error: { code: 'request.poolFull' }, objecting: 2 });
  });
});

describe('whatever is said', () => {
  type Step = readonly [replica: number, kind: 'response' | 'final' | 'refusal', variant: number];

  const CODES = ['request.badSignature', 'request.tooOld', 'request.poolFull'] as const;
  const stepsFor = (replicas: number): fc.Arbitrary<Step[]> =>
    fc.array(
      fc.tuple(
        fc.nat(replicas - 1),
        fc.constantFrom('response' as const, 'final' as const, 'refusal' as const),
        fc.nat(2),
      ),
      { maxLength: 60 },
    );

  function take(request: Tracking, [replica, kind, variant]: Step): void {
    const hash = variant === 1 ? OTHER_HASH : HASH;
    const tag = variant === 2 ? OTHER_TAG : TAG;
    if (kind === 'response') request.response(replica, response({ hash, tag }));
    else if (kind === 'final') request.final(replica, final({ hash }));
    else request.refusal(replica, refusal(CODES[variant] ?? 'request.poolFull'));
  }

  it('finality is never taken back, and counts stay within bounds', () => {
    const run = fc.constantFrom(4, 7, 10).chain((n) => stepsFor(n).map((steps) => [n, steps] as const));
    fc.assert(
      fc.property(run, ([n, steps]) => {
        const request = tracking(n);
        let before = request.progress;
        for (const step of steps) {
          take(request, step);
          const { progress } = request;
          expect(progress.accepted + request.missing().length).toBe(n);
          expect(progress.objecting).toBeLessThanOrEqual(n);
          expect(progress.finality !== null).toBe(progress.state === 'final');
          if (progress.covered) expect(progress.finality).not.toBeNull();
          if (before.finality !== null) {
            expect([progress.finality, progress.height]).toEqual([before.finality, before.height]);
          }
          if (before.covered) expect(progress.covered).toBe(true);
          before = progress;
        }
      }),
    );
  });

  it('f faulty replicas alone bring about nothing', () => {
    const run = fc.constantFrom(4, 7, 10).chain((n) => {
      const { f } = quorumSizes(n);
      return stepsFor(f).map((steps) => [n, steps] as const);
    });
    fc.assert(
      fc.property(run, ([n, steps]) => {
        const request = tracking(n);
        for (const step of steps) take(request, step);
        expect(['sent', 'accepted']).toContain(request.progress.state);
        expect(request.isSettled).toBe(false);
        expect(request.hasQuorum).toBe(false);
      }),
    );
  });

  it('f faulty replicas cannot keep the others from finishing it', () => {
    const run = fc.constantFrom(4, 7, 10).chain((n) => {
      const { f } = quorumSizes(n);
      return stepsFor(f).map((steps) => [n, f, steps] as const);
    });
    fc.assert(
      fc.property(run, ([n, f, steps]) => {
        const accepted = tracking(n);
        const refused = tracking(n);
        for (const step of steps) {
          take(accepted, step);
          take(refused, step);
        }
        for (let replica = f; replica < n; replica++) {
          accepted.response(replica, response());
          refused.refusal(replica, refusal('request.tooOld'));
        }
        expect(accepted.hasQuorum).toBe(true);
        expect(accepted.agreement).toMatchObject({ hash: HASH, tag: TAG });
        for (let replica = f; replica < n; replica++) accepted.final(replica, final());
        expect(accepted.progress).toMatchObject({ state: 'final', covered: true, height: 7 });
        expect(refused.progress).toMatchObject({ state: 'refused', error: { code: 'request.tooOld' } });
      }),
    );
  });
});
