/** The words of the chain of proof. */
import { describe, expect, it } from 'vitest';
import { linkWords } from '../../../src/renderer/features/verify/proofWords.ts';
import { verification } from '../fixture/proof.ts';

/** Keys in place of words, with what is put into them. */
const words = {
  language: { value: 'en' },
  t: (key: string, named: Readonly<Record<string, string>> = {}) => [key, ...Object.values(named)].join(' '),
  plural: (key: string, count: number) => `${key} ×${String(count)}`,
  number: String,
  time: () => 'then',
} as unknown as Parameters<typeof linkWords>[0];
const said = (text: string) => {
  const result = verification(1_000_000_000, text);
  return result.links.map((_, index) => linkWords(words, result, index));
};

describe('the links of a proof', () => {
  it('say what a valid receipt proves', () => {
    expect(said('receipt').map(({ says, todo }) => [says.split(' ')[0], todo])).toEqual([
      ['proof.held.file', null],
      ['proof.fact.network', null],
      ['verified.epoch', null],
      ['proof.fact.supervisor', null],
      ['proof.fact.request', null],
      ['proof.fact.block', null],
      ['proof.fact.headers', null],
      ['proof.fact.certificate', null],
    ]);
    const sameBlock = { ...verification(1, 'receipt'), checkpointHeight: 4_120, epoch: 0 };
    expect(linkWords(words, sameBlock, 6).says).toBe('proof.fact.sameBlock 4120');
    expect(linkWords(words, sameBlock, 2).says).toBe('proof.fact.firstEpoch 4');
  });

  it('say of an invalid one why it breaks and what to do, and tell nothing else as a fact', () => {
    const links = said('tampered');
    expect(links[3]).toEqual({ says: 'proof.held.supervisor', detail: null, todo: null });
    const last = links.at(-1);
    expect(last?.says).toMatch(/^proof.broken.certificate/);
    expect(last?.detail).toBe('proof.detail certificate the signature of replica 2 is wrong');
    expect(last?.todo).toMatch(/^proof.todo.certificate/);
  });

  it('name both networks where a receipt is of another one', () => {
    const links = said('foreign');
    const { ofNetwork, network } = verification(1, 'foreign');
    expect(links[1]?.says).toContain(ofNetwork?.fingerprint);
    expect(links[1]?.todo).toContain(network.fingerprint);
    expect(links[1]?.detail).toBeNull();
    expect(links.slice(2).every(({ says }) => says === 'proof.notReached')).toBe(true);
  });
});
