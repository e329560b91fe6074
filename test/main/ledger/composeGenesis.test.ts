import { describe, expect, it } from 'vitest';
import { composeGenesis } from '../../../src/main/ledger/composeGenesis.ts';
import { REPLICAS_MAX } from '../../../src/main/ledger/limits.ts';
import { parseGenesisFile, renderGenesisFile } from '../../../src/main/ledger/genesisFile.ts';
import type { Card } from '../../../src/main/ledger/card.ts';
import { enoughCards, replicaCard, supervisorCard } from '../../support/cards.ts';
import { caught } from '../../support/errors.ts';

const compose = (cards: readonly Card[], name = 'Consortium'): ReturnType<typeof composeGenesis> =>
  composeGenesis({ name, createdAtMs: 1_767_225_600_000, cards });

describe('a genesis of cards', () => {
  it('names everybody, whatever the order of the cards', () => {
    const genesis = compose(enoughCards());
    expect(genesis.replicas.map(({ name }) => name).sort()).toEqual([
      'Replica 1',
      'Replica 2',
      'Replica 3',
      'Replica 4',
    ]);
    expect(genesis.supervisors.length).toBe(2);
    expect(compose(enoughCards().reverse())).toEqual(genesis);
    expect(parseGenesisFile(renderGenesisFile(genesis))).toEqual(genesis);
    // The proofs have done their work.
    expect(JSON.stringify(genesis)).not.toContain('proof');
  });

  it.each([
    ['three replicas', enoughCards().slice(1), 'card.tooFew', { kind: 'replica', found: 3, needed: 4 }],
    ['no supervisor', enoughCards().slice(0, 4), 'card.tooFew', { kind: 'supervisor', found: 0, needed: 1 }],
    [
      'too many replicas',
      [
        ...Array.from({ length: REPLICAS_MAX + 1 }, (_, index) => replicaCard(index + 1)),
        supervisorCard(1, { key: 99 }),
      ],
      'card.tooMany',
      { kind: 'replica', found: REPLICAS_MAX + 1, maxCards: REPLICAS_MAX },
    ],
    ['one card twice', [...enoughCards(), replicaCard(2)], 'card.duplicate', { name: 'Replica 2' }],
    [
      'one key for a replica and a supervisor',
      [...enoughCards(), supervisorCard(3, { key: 1 })],
      'card.duplicate',
      {},
    ],
    [
      'one address twice',
      [...enoughCards(), replicaCard(5, { port: 41_001 })],
      'card.addressTaken',
      { other: 'Replica 1', address: '127.0.0.1:41001' },
    ],
  ])('%s is refused', (_what, cards, code, data) => {
    expect(caught(() => compose(cards))).toMatchObject({ code, data });
  });

  it('is refused with two members that nobody could tell apart', () => {
    const twin = { ...supervisorCard(3), name: 'SUPERVISOR-1', organisation: 'Organisation 1' } as Card;
    expect(caught(() => compose([...enoughCards(), twin]))).toMatchObject({
      code: 'name.alike',
      data: { name: 'SUPERVISOR-1', other: 'Supervisor 1' },
    });
    // Equal names in two organisations are two people.
    expect(compose([...enoughCards(), supervisorCard(3, { name: 'Supervisor 1' })]).supervisors.length).toBe(
      3,
    );
  });

  it('has a name that hides nothing', () => {
    expect(caught(() => compose(enoughCards(), 'Con\u200bsortium')).code).toBe('name.hidden');
  });
});
