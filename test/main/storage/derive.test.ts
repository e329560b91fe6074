/** What stores make of evidence and of marks across epochs. */
import { describe, expect, it } from 'vitest';
import type { KnownEvidence, LearnerMark } from '../../../src/main/consensus/effects.ts';
import { EVIDENCE_KEPT_MAX, markedLearner, withEvidence } from '../../../src/main/storage/derive.ts';
import { makeEvidence } from '../../support/evidence.ts';
import { makeGenesis } from '../../support/ledger.ts';

const network = makeGenesis();

function known(replica: number, epoch: number): KnownEvidence {
  const { first, second } = makeEvidence(network, replica);
  const inEpoch = (signed: typeof first) => ({ ...signed, statement: { ...signed.statement, epoch } });
  return { evidence: { replica, first: inEpoch(first), second: inEpoch(second) }, recordedHeight: null };
}

const placesOf = (all: readonly KnownEvidence[]) =>
  all.map(({ evidence }) => [evidence.first.statement.epoch, evidence.replica]);

describe('evidence', () => {
  it('stands by epoch and replica: an index of another epoch is another replica', () => {
    let all: readonly KnownEvidence[] = [];
    for (const item of [known(2, 0), known(0, 1), known(1, 0), known(2, 1)]) all = withEvidence(all, item);
    expect(placesOf(all)).toEqual([
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 2],
    ]);
    const again = withEvidence(all, { ...known(0, 1), recordedHeight: 7 });
    expect(placesOf(again)).toEqual(placesOf(all));
    expect(again[2]).toEqual({ evidence: all[2]!.evidence, recordedHeight: 7 });
  });

  it('is bounded: that of the oldest epoch goes', () => {
    let all: readonly KnownEvidence[] = [];
    for (let epoch = 0; epoch <= EVIDENCE_KEPT_MAX; epoch++) all = withEvidence(all, known(1, epoch));
    expect(all).toHaveLength(EVIDENCE_KEPT_MAX);
    expect(placesOf(all)[0]).toEqual([1, 1]);
  });
});

describe('the mark of a learner', () => {
  const mark = (publicKey: string, reason: LearnerMark['reason'] = 'stateOld'): LearnerMark => ({
    publicKey,
    reason,
  });

  it('keeps the first reason of a key, and gives way to another key', () => {
    expect(markedLearner(null, mark('aa'))).toEqual(mark('aa'));
    expect(markedLearner(mark('aa'), mark('aa', 'keyInUse'))).toEqual(mark('aa'));
    expect(markedLearner(mark('aa'), mark('bb'))).toEqual(mark('bb'));
    expect(markedLearner(mark('aa'), null)).toEqual(mark('aa'));
  });
});
