/** The supervisor's client against replicas that speak the real protocol over real sockets. Only its clock stands. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANSWER_TIMEOUT_MS } from '../../../src/main/client/members.ts';
import {
  COMMIT_AFTER_MS,
  RESEND_AFTER_MS,
  RESEND_MAX_MS,
  TRACKED_MAX,
} from '../../../src/main/client/supervisorClient.ts';
import type { ToClientMessage } from '../../../src/main/consensus/messages.ts';
import { encodeReceipt } from '../../../src/main/ledger/receipt.ts';
import { CountersignError } from '../../../src/shared/errors.ts';
import { makeReceipt } from '../../support/receipts.ts';
import { caught, rejected } from '../../support/errors.ts';
import { idOf, stage, until, type Behaviour, type Stage } from './fakeReplicas.ts';

const HASH = 'aa'.repeat(32);
const WRONG_HASH = 'bb'.repeat(32);
const TAG = '01'.repeat(8);
const STATUS = {
  type: 'status',
  epoch: 0,
  tipHeight: 5,
  stableHeight: 4,
  connectedReplicas: 4,
  participating: true,
} as const;

/** Accepts every request at height 7. */
const accepts =
  (hash = HASH, tag = TAG): Behaviour =>
  (message, say) => {
    if (message.type === 'request')
      say({ type: 'response', requestId: idOf(message), epoch: 0, height: 7, hash, tag });
    if (message.type === 'getStatus') say(STATUS);
  };

/** Waits until all that was sent to the client has arrived: a question is answered behind it. */
async function settled({ client }: Stage, replicas: readonly number[]): Promise<void> {
  await Promise.all(replicas.map(async (replica) => await client.replicaStatus(replica)));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a request', () => {
  it('goes to all replicas with the same bytes, and is fast where all answer alike', async () => {
    const { replicas, client, told, request } = await stage();
    for (const replica of replicas) replica.behave = accepts();
    const signed = request();
    client.track(signed);
    client.track(signed);
    await until(() => client.progress(signed.id)?.finality === 'fast');
    for (const replica of replicas)
      expect(replica.of('request')).toEqual([{ type: 'request', request: signed.bytes }]);
    expect(told.at(-1)).toMatchObject({ state: 'final', accepted: 4, covered: false });
    for (const replica of replicas.slice(0, 2)) {
      replica.say({ type: 'final', requestId: signed.id, height: 7, hash: HASH });
    }
    await until(() => told.at(-1)?.covered === true);
    expect(client.progress(signed.id)).toBeUndefined();
  });

  it('is committed at once where the replica that is missing cannot be reached', async () => {
    const { replicas, client, request } = await stage([0, 1, 2]);
    for (const replica of replicas) replica.behave = accepts();
    client.track(request());
    // The clock stands: nothing but the third answer brings this about.
    for (const replica of replicas.slice(0, 3)) {
      await until(() => replica.of('commit').length > 0);
      expect(replica.of('commit')[0]).toEqual({ type: 'commit', height: 7, hash: HASH, tag: TAG });
    }
  });

  it('is committed at once where the replica that is waited for goes', async () => {
    const { replicas, client, request } = await stage();
    for (const replica of replicas.slice(0, 3)) replica.behave = accepts();
    const signed = request();
    client.track(signed);
    await until(() => client.progress(signed.id)?.accepted === 3);
    const gone = replicas[3]!.stop();
    await until(() => replicas[0]!.of('commit').length > 0);
    vi.advanceTimersByTime(COMMIT_AFTER_MS);
    await gone;
  });

  it('is committed after a pause where the replica that is missing is connected', async () => {
    const scene = await stage();
    const { replicas, client, request } = scene;
    for (const replica of replicas.slice(0, 3)) replica.behave = accepts();
    const signed = request();
    client.track(signed);
    await until(() => client.progress(signed.id)?.accepted === 3);
    vi.advanceTimersByTime(COMMIT_AFTER_MS - 1);
    await settled(scene, [0, 1, 2]);
    expect(replicas.map((replica) => replica.of('commit').length)).toEqual([0, 0, 0, 0]);
    vi.advanceTimersByTime(1);
    for (const replica of replicas) await until(() => replica.of('commit').length === 1);
  });

  it('is not committed where all replicas answered alike', async () => {
    const scene = await stage();
    const { replicas, client, request } = scene;
    for (const replica of replicas) replica.behave = accepts();
    const signed = request();
    client.track(signed);
    await until(() => client.progress(signed.id)?.finality === 'fast');
    vi.advanceTimersByTime(COMMIT_AFTER_MS);
    await settled(scene, [0, 1, 2, 3]);
    expect(replicas.map((replica) => replica.of('commit').length)).toEqual([0, 0, 0, 0]);
  });

  it('is not committed with fewer answers than a quorum', async () => {
    const scene = await stage();
    const { replicas, client, request } = scene;
    replicas[0]!.behave = accepts();
    replicas[1]!.behave = accepts();
    replicas[2]!.behave = accepts(WRONG_HASH);
    const signed = request();
    client.track(signed);
    await settled(scene, [0, 1, 2]);
    await until(() => client.progress(signed.id)?.accepted === 2);
    vi.advanceTimersByTime(COMMIT_AFTER_MS);
    await settled(scene, [0, 1, 2]);
    expect(replicas.map((replica) => replica.of('commit').length)).toEqual([0, 0, 0, 0]);
  });

  it('is neither final nor committed by answers of two views; those of the new view replace the old', async () => {
    const all = [0, 1, 2, 3];
    const set = await stage();
    const { replicas, client, told, request } = set;
    const OTHER_TAG = '07'.repeat(8);
    for (const replica of replicas) replica.behave = accepts();
    for (const replica of replicas.slice(2)) replica.behave = accepts(HASH, OTHER_TAG);
    const signed = request();
    client.track(signed);
    await settled(set, all);
    vi.advanceTimersByTime(COMMIT_AFTER_MS);
    await settled(set, all);
    expect(told.at(-1)).toMatchObject({ state: 'accepted', accepted: 2, finality: null });
    expect(replicas.flatMap((replica) => replica.of('commit'))).toEqual([]);
    // The others have entered the new view as well.
    for (const replica of replicas.slice(0, 2)) {
      replica.say({
        type: 'response',
        requestId: signed.id,
        epoch: 0,
        height: 7,
        hash: HASH,
        tag: OTHER_TAG,
      });
    }
    await until(() => client.progress(signed.id)?.finality === 'fast');
    expect(told.map(({ state }) => state)).toEqual([
      'sent',
      'accepted',
      'accepted',
      'accepted',
      'accepted',
      'accepted',
      'final',
    ]);
  });

  it('is sent again, ever more slowly, until it is covered', async () => {
    const { replicas, client, told, request } = await stage();
    const signed = request();
    client.track(signed);
    let pauseMs = RESEND_AFTER_MS;
    for (let times = 1; times <= 5; times++) {
      for (const replica of replicas) await until(() => replica.of('request').length === times);
      vi.advanceTimersByTime(pauseMs);
      pauseMs = Math.min(2 * pauseMs, RESEND_MAX_MS);
    }
    for (const replica of replicas) {
      await until(() => replica.of('request').length === 6);
      replica.say({ type: 'final', requestId: signed.id, height: 7, hash: HASH });
    }
    await until(() => told.at(-1)?.covered === true);
    vi.advanceTimersByTime(10 * RESEND_MAX_MS);
    expect(told.at(-1)).toMatchObject({ state: 'final', finality: 'certified' });
    expect(vi.getTimerCount(), 'timers of the network alone').toBeLessThan(20);
  });

  it('is sent to a replica that comes back', async () => {
    vi.useRealTimers();
    const { replicas, client, request } = await stage([0, 1, 2]);
    const signed = request();
    client.track(signed);
    await until(() => replicas[2]!.of('request').length > 0);
    await replicas[3]!.start();
    await until(() => replicas[3]!.of('request').length > 0);
    expect(idOf(replicas[3]!.of('request')[0]!)).toBe(signed.id);
  });

  it('is forgotten where it was asked to be', async () => {
    const scene = await stage();
    const signed = scene.request();
    scene.client.track(signed);
    scene.client.forget(signed.id);
    for (const replica of scene.replicas) replica.behave = accepts();
    await settled(scene, [0, 1, 2, 3]);
    vi.advanceTimersByTime(RESEND_MAX_MS);
    await settled(scene, [0, 1, 2, 3]);
    for (const replica of scene.replicas) expect(replica.of('request')).toHaveLength(1);
  });

  it('that is refused by f+1 is not sent again', async () => {
    const scene = await stage();
    for (const replica of scene.replicas.slice(0, 2)) {
      replica.behave = (message, say) => {
        if (message.type !== 'request') return accepts()(message, say);
        const data = { supervisor: 'ab' };
        say({
          type: 'refusal',
          requestId: idOf(message),
          error: { code: 'request.unknownSupervisor', data },
        });
      };
    }
    scene.client.track(scene.request());
    await until(() => scene.told.at(-1)?.state === 'refused');
    expect(scene.told.at(-1)?.error).toEqual({
      code: 'request.unknownSupervisor',
      data: { supervisor: 'ab' },
    });
    vi.advanceTimersByTime(RESEND_MAX_MS);
    await settled(scene, [0, 1]);
    expect(scene.replicas[0]!.of('request')).toHaveLength(1);
  });

  it('beyond the most that are tracked is refused here', async () => {
    const { client, request } = await stage([]);
    const [first, ...others] = Array.from({ length: 3 }, (_, index) => request(String(index)));
    for (let index = 0; index < TRACKED_MAX; index++) client.track({ ...first!, id: String(index) });
    expect(caught(() => client.track(others[0]!)).code).toBe('draft.tooMany');
    client.forget('0');
    client.track(others[0]!);
    expect(caught(() => client.track(others[1]!)).code).toBe('draft.tooMany');
  });
});

describe('one faulty replica', () => {
  const lies: [string, (requestId: string) => ToClientMessage | Uint8Array][] = [
    ['garbage', () => new Uint8Array([0xff, 0x00])],
    ['nothing', () => new Uint8Array()],
    [
      'answers to other requests',
      () => ({ type: 'response', requestId: 'cd'.repeat(32), epoch: 0, height: 1, hash: HASH, tag: TAG }),
    ],
    [
      'another block',
      (requestId: string) => ({
        type: 'response',
        requestId,
        epoch: 0,
        height: 7,
        hash: WRONG_HASH,
        tag: TAG,
      }),
    ],
    [
      'another height',
      (requestId: string) => ({ type: 'response', requestId, epoch: 0, height: 8, hash: HASH, tag: TAG }),
    ],
    [
      'that another block is final',
      (requestId: string) => ({ type: 'final', requestId, height: 7, hash: WRONG_HASH }),
    ],
    [
      'that the signature is bad',
      (requestId: string) => ({
        type: 'refusal',
        requestId,
        error: { code: 'request.badSignature', data: {} },
      }),
    ],
    [
      'a receipt that nobody asked for',
      (requestId: string) => ({ type: 'receipt', requestId, receipt: new Uint8Array(3) }),
    ],
  ];
  it.each(lies)('says %s: the others make it final, at the right height', async (_, lie) => {
    const { replicas, client, told, request } = await stage();
    const signed = request();
    replicas[0]!.behave = (message, say) => {
      if (message.type !== 'request') return;
      for (let times = 0; times < 3; times++) say(lie(idOf(message)));
    };
    for (const replica of replicas.slice(1)) {
      replica.behave = (message, say) => {
        accepts()(message, say);
        if (message.type === 'commit') say({ type: 'final', requestId: signed.id, height: 7, hash: HASH });
      };
    }
    client.track(signed);
    await until(() => client.progress(signed.id)?.accepted === 3);
    vi.advanceTimersByTime(COMMIT_AFTER_MS);
    await until(() => told.at(-1)?.covered === true);
    expect(told.at(-1)).toMatchObject({
      state: 'final',
      finality: 'certified',
      height: 7,
      accepted: 3,
      error: null,
    });
  });

  it('that sends garbage is named', async () => {
    const { replicas, badMessages } = await stage();
    replicas[2]!.say(new Uint8Array([0xff]));
    await until(() => badMessages.length > 0);
    expect(badMessages).toMatchObject([{ replica: 2, error: { code: 'encoding.invalid' } }]);
  });
});

describe('receipts', () => {
  const { receipt } = makeReceipt();
  const requestId = receipt.request.id;
  const bytes = encodeReceipt(receipt);
  const notFound: Behaviour = (message, say) => {
    if (message.type !== 'getReceipt') return;
    say({ type: 'refusal', requestId, error: { code: 'request.notFound', data: { id: requestId } } });
  };
  const gives =
    (content: Uint8Array): Behaviour =>
    (message, say) => {
      if (message.type === 'getReceipt') say({ type: 'receipt', requestId, receipt: content });
    };
  const anything = async (): Promise<void> => undefined;

  it('come from the next replica where one has none, or something else', async () => {
    const { replicas, client } = await stage();
    replicas[0]!.behave = notFound;
    replicas[1]!.behave = gives(bytes.slice(0, -1));
    replicas[2]!.behave = gives(bytes);
    replicas[3]!.behave = gives(bytes);
    expect((await client.receipt(requestId, anything)).request.id).toBe(requestId);
  });

  it('that do not hold hide none that does', async () => {
    const { replicas, client } = await stage();
    for (const replica of replicas) replica.behave = gives(bytes);
    let checked = 0;
    const found = await client.receipt(requestId, async () => {
      checked++;
      if (checked < 4) throw new CountersignError('receipt.invalid', { at: 'path', problem: 'is wrong' });
    });
    expect(found.request.id).toBe(requestId);
    expect(checked).toBe(4);
  });

  it('of nobody: the most telling answer is told, not the last', async () => {
    const { replicas, client } = await stage();
    for (const replica of replicas) replica.behave = notFound;
    expect((await rejected(client.receipt(requestId, anything))).code).toBe('request.notFound');
    const notFinal = { code: 'request.notFinal', data: { id: requestId } } as const;
    replicas[1]!.behave = (_, say) => say({ type: 'refusal', requestId, error: notFinal });
    expect((await rejected(client.receipt(requestId, anything))).code).toBe('request.notFinal');
  });

  it('of a silent replica are not waited for longer than it may take', async () => {
    const { replicas, client } = await stage([0, 1]);
    const first = client.receipt(requestId, anything);
    for (const replica of [replicas[0]!, replicas[1]!]) {
      replica.behave = gives(bytes);
    }
    // Whichever is asked first has been asked already or answers now.
    await until(() => replicas.some((replica) => replica.of('getReceipt').length > 0));
    vi.advanceTimersByTime(ANSWER_TIMEOUT_MS);
    expect((await first).request.id).toBe(requestId);
  });

  it('of nobody who is connected: told at once', async () => {
    const { client } = await stage([]);
    expect((await rejected(client.receipt(requestId, anything))).code).toBe('client.noReplica');
  });
});

describe('where replicas stand', () => {
  it('is asked of each, also several times at once', async () => {
    const { replicas, client } = await stage([0, 1]);
    let height = 0;
    replicas[0]!.behave = (_, say) => say({ ...STATUS, tipHeight: ++height });
    const statuses = await Promise.all([0, 0, 0].map(async (replica) => await client.replicaStatus(replica)));
    expect(statuses.map(({ tipHeight }) => tipHeight)).toEqual([1, 2, 3]);
    expect((await rejected(client.replicaStatus(2))).code).toBe('client.noReplica');
  });

  it('of a replica that stays silent, or goes: it is said', async () => {
    const { replicas, client } = await stage([0, 1]);
    const silent = rejected(client.replicaStatus(0));
    await until(() => replicas[0]!.of('getStatus').length > 0);
    vi.advanceTimersByTime(ANSWER_TIMEOUT_MS);
    expect(await silent).toMatchObject({ code: 'timeout', data: { timeoutMs: ANSWER_TIMEOUT_MS } });
    const going = rejected(client.replicaStatus(1));
    const stopped = replicas[1]!.stop();
    expect((await going).code).toMatch(/^(stopped|network\.unreachable)$/);
    await stopped;
  });

  it('is not answered any more by a client that is closed', async () => {
    const { client } = await stage([0]);
    const asked = rejected(client.replicaStatus(0));
    await client.close();
    expect((await asked).code).toBe('stopped');
    const waiting = await rejected(client.waitForReplicas(4, 60_000));
    expect(waiting.code).toBe('timeout');
  });
});
