/** The evidence and the faults as the pages see them. */
import { describe, expect, it } from 'vitest';
import { EvidenceBook } from '../../../../src/main/console/live/evidenceBook.ts';
import { FAULT_RUNS_MAX, FaultBook } from '../../../../src/main/console/live/faultBook.ts';
import { statementDigest } from '../../../../src/main/ledger/statement.ts';
import { networkIdOf } from '../../../../src/main/ledger/genesis.ts';
import {
  FAULTS,
  evidenceSchema,
  faultsSchema,
  type Fault,
  type FaultsView,
} from '../../../../src/shared/contract/model.ts';
import { toHex } from '../../../../src/shared/encoding/hex.ts';
import { twoChanges } from '../../../support/epochs.ts';
import { makeEvidence } from '../../../support/evidence.ts';
import { caught, rejected } from '../../../support/errors.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis();
const { genesis } = network;
const epochs = twoChanges(network);
const sets = { of: (epoch: number) => [0, 1, 2].map((at) => epochs.networkOf(at).genesis.replicas)[epoch] };

describe('evidence', () => {
  it.each(['order', 'localCommit', 'checkpointVote', 'viewChange', 'newView'] as const)(
    'of two contradicting statements of the kind %s names the replica and shows both',
    (kind) => {
      const evidence = makeEvidence(network, 2, kind);
      const book = new EvidenceBook(genesis, sets, []);
      const view = evidenceSchema.parse(book.take({ evidence, recordedHeight: null }, 5));
      expect(view).toMatchObject({
        accused: { index: 2, name: genesis.replicas[2]?.name, publicKey: genesis.replicas[2]?.publicKey },
        kind,
        learntAtMs: 5,
        recordedHeight: null,
      });
      const [first, second] = view.statements;
      expect(first.digest).toBe(toHex(statementDigest(networkIdOf(genesis), evidence.first.statement)));
      expect(second.signature).toBe(evidence.second.signature);
      expect(first.height === null).toBe(kind === 'viewChange' || kind === 'newView');
      expect([first.hash, first.stateDigest, first.contentDigest]).not.toEqual([
        second.hash,
        second.stateDigest,
        second.contentDigest,
      ]);
      expect(book.against(0, 2)).toBe(evidence);
    },
  );

  it('keeps when it was learnt while its place on the chain changes', () => {
    const book = new EvidenceBook(genesis, sets, [{ evidence: makeEvidence(network, 3), recordedHeight: 4 }]);
    const evidence = makeEvidence(network, 1);
    book.take({ evidence, recordedHeight: null }, 5);
    book.take({ evidence, recordedHeight: 9 }, 6);
    book.take({ evidence: makeEvidence(network, 3), recordedHeight: null }, 7);
    expect(
      book.views.map(({ accused, learntAtMs, recordedHeight }) => [
        accused.index,
        learntAtMs,
        recordedHeight,
      ]),
    ).toEqual([
      [1, 5, 9],
      [3, null, null],
    ]);
    expect(caught(() => book.against(0, 0))).toMatchObject({
      code: 'evidence.notFound',
      data: { replica: 0 },
    });
  });
});

describe('evidence of several epochs', () => {
  it('is kept apart, and accuses who has the place in its epoch', () => {
    const ofEpoch = (epoch: number) => ({
      evidence: makeEvidence(epochs.networkOf(epoch), 1, 'order', { epoch }),
      recordedHeight: epoch,
    });
    const book = new EvidenceBook(genesis, sets, [ofEpoch(2), ofEpoch(0)]);
    book.take(ofEpoch(1), 5);
    const fifth = makeEvidence(epochs.networkOf(1), 4, 'order', { epoch: 1 });
    book.take({ evidence: fifth, recordedHeight: null }, 6);
    expect(book.views.map(({ epoch, accused }) => [epoch, accused.index, accused.publicKey])).toEqual(
      [
        [0, 1],
        [1, 1],
        [1, 4],
        [2, 1],
      ].map(([epoch, index]) => [epoch, index, sets.of(epoch!)?.[index!]?.publicKey]),
    );
    expect(book.against(1, 4)).toBe(fifth);
    expect(caught(() => book.against(2, 4)).code).toBe('evidence.notFound');
  });
});

describe('the fault panel', () => {
  function panel(): {
    book: FaultBook;
    asked: unknown[];
    told: FaultsView[];
    faults: Map<number, { fault: Fault }>;
    /** Keys of the replicas that are shown. */
    shown: string[];
  } {
    const asked: unknown[] = [];
    const shown = ['a', 'b', 'c', 'd'];
    const faults = new Map<number, { fault: Fault }>();
    const told: FaultsView[] = [];
    let nowMs = 0;
    const book = new FaultBook({
      network: {
        faults,
        possibleFaults: (replica) => (replica < 3 ? FAULTS : []),
        injectFault: async (...call: [number, Fault, number?]) => {
          asked.push(call);
          faults.set(call[0], { fault: call[1] });
        },
        healFault: async (replica) => {
          asked.push(replica);
          faults.delete(replica);
        },
      },
      keys: ['a', 'b', 'c', 'd'],
      shown: () => shown,
      now: () => ++nowMs,
      onChange: (view) => told.push(faultsSchema.parse(view)),
    });
    return { book, asked, told, faults, shown };
  }

  it('remembers which replica had what fault and when', async () => {
    const { book, asked, told } = panel();
    await book.inject(0, 'stop', undefined);
    await book.inject(1, 'slow', 250);
    await book.inject(0, 'silence', undefined);
    await book.heal(1);
    expect(asked).toEqual([[0, 'stop', undefined], [1, 'slow', 250], [0, 'silence', undefined], 1]);
    expect(told.at(-1)?.runs).toMatchObject([
      { id: 3, replica: 0, fault: 'silence', startedAtMs: 3, endedAtMs: null },
      { id: 2, replica: 1, fault: 'slow', delayMs: 250, startedAtMs: 2, endedAtMs: 4 },
      { id: 1, replica: 0, fault: 'stop', startedAtMs: 1, endedAtMs: 3 },
    ]);
    expect(book.view()).toEqual(told.at(-1));
  });

  it('refuses what no replica here can have', async () => {
    const { book, asked } = panel();
    for (const call of [
      () => book.inject(3, 'silence', undefined),
      () => book.inject(4, 'stop', undefined),
      () => book.inject(0, 'slow', undefined),
      () => book.inject(0, 'stop', 5),
      () => book.heal(4),
    ]) {
      expect((await rejected(call())).code).toBe('fault.unavailable');
    }
    expect(asked).toEqual([]);
  });

  it('ends the fault of a replica that was started again by itself', async () => {
    const { book, faults } = panel();
    await book.inject(0, 'silence', undefined);
    await book.inject(1, 'pause', undefined);
    book.look();
    expect(book.view().runs.map(({ endedAtMs }) => endedAtMs)).toEqual([null, null]);
    faults.delete(0);
    book.look();
    expect(book.view().runs.map(({ replica, endedAtMs }) => [replica, endedAtMs])).toEqual([
      [1, null],
      [0, 3],
    ]);
  });

  it('never forgets a fault that lasts', async () => {
    const { book } = panel();
    await book.inject(0, 'pause', undefined);
    for (let time = 0; time < FAULT_RUNS_MAX + 3; time++) {
      await book.inject(1, 'stop', undefined);
      await book.heal(1);
    }
    const { runs } = book.view();
    expect(runs).toHaveLength(FAULT_RUNS_MAX);
    expect(runs.at(-1)).toMatchObject({ replica: 0, fault: 'pause', endedAtMs: null });
  });

  it('goes on meaning the same replicas when the set of them changes', async () => {
    const { book, asked, told, shown } = panel();
    await book.inject(0, 'silence', undefined);
    await book.inject(1, 'pause', undefined);
    // The first has gone, and one that the embedded network does not run has come.
    shown.splice(0, 4, 'aa', 'b', 'c', 'd');
    book.replaced();
    expect(told.at(-1)?.possible.map(({ length }) => length > 0)).toEqual([false, true, true, false]);
    expect(told.at(-1)?.runs).toMatchObject([{ replica: 1, fault: 'pause' }]);
    shown.splice(0, 2, 'b');
    await book.heal(0);
    expect(asked.at(-1)).toBe(1);
    expect((await rejected(book.inject(3, 'stop', undefined))).code).toBe('fault.unavailable');
  });
});
