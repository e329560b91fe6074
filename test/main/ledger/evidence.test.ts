import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EVIDENCE_BYTES_MAX,
  contradict,
  decodeEvidence,
  encodeEvidence,
  evidenceChecks,
  evidenceDigest,
  evidenceListCodec,
  evidenceOf,
  type Evidence,
} from '../../../src/main/ledger/evidence.ts';
import { REPLICAS_MAX } from '../../../src/main/ledger/limits.ts';
import { ZERO_HASH } from '../../../src/main/ledger/hash.ts';
import { signedStatementCodec, type Statement } from '../../../src/main/ledger/statement.ts';
import { decode, encode } from '../../../src/shared/encoding/codec.ts';
import { isHex, toHex } from '../../../src/shared/encoding/hex.ts';
import { hasCode } from '../../../src/shared/errors.ts';
import { fuzz } from '../../support/encodings.ts';
import { caught } from '../../support/errors.ts';
import { contradictingPair, makeEvidence, signedBy } from '../../support/evidence.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { verify } from '../../support/receipts.ts';

const network = makeGenesis();
const keys = network.genesis.replicas.map(({ publicKey }) => publicKey);
const TYPES = ['order', 'localCommit', 'checkpointVote', 'viewChange', 'newView'] as const;

/** Few values for each field, so that equal ones meet often. */
const hash = fc.constantFrom('a1'.repeat(32), 'b2'.repeat(32), 'c3'.repeat(32));
const place = { epoch: fc.nat(1), view: fc.nat(2), height: fc.nat(2) };
const content = { epoch: fc.nat(1), view: fc.nat(2), contentDigest: hash };
const anyStatement: fc.Arbitrary<Statement> = fc.oneof(
  fc.record({ type: fc.constant('order' as const), ...place, hash }),
  fc.record({ type: fc.constant('localCommit' as const), ...place, hash }),
  fc.record({ type: fc.constant('checkpointVote' as const), ...place, hash, stateDigest: hash }),
  fc.record({ type: fc.constant('viewChange' as const), ...content }),
  fc.record({ type: fc.constant('newView' as const), ...content }),
);
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 }).map(toHex);
const anySigned = fc.record({ statement: anyStatement, signature });

/** What the statement is about, and what it says about that: the definition of a contradiction, said another way. */
function taken(statement: Statement): { about: string; says: string } {
  const { type, epoch, view } = statement;
  if (type === 'viewChange' || type === 'newView') {
    return { about: `${type} ${String(epoch)} ${String(view)}`, says: statement.contentDigest };
  }
  const about = `${type} ${String(epoch)} ${String(view)} ${String(statement.height)}`;
  const says = type === 'checkpointVote' ? `${statement.hash} ${statement.stateDigest}` : statement.hash;
  return { about, says };
}

describe('two statements', () => {
  it.each(TYPES)('of the kind %s contradict where they say two things about one place', (type) => {
    const [one, other] = contradictingPair(type);
    expect(contradict(one, other)).toBe(true);
    expect(contradict(other, one)).toBe(true);
    expect(contradict(one, one)).toBe(false);
  });

  it('votes contradict in the hash alone and in the state alone', () => {
    const vote = {
      type: 'checkpointVote',
      epoch: 0,
      view: 1,
      height: 2,
      hash: '00',
      stateDigest: '00',
    } as const;
    expect(contradict(vote, { ...vote, hash: '01' })).toBe(true);
    expect(contradict(vote, { ...vote, stateDigest: '01' })).toBe(true);
  });

  it.each(TYPES)('of the kind %s do not, for another view, height, epoch or type', (type) => {
    const [one] = contradictingPair(type);
    for (const elsewhere of [{ view: 6 }, { epoch: 1 }, { view: 4 }]) {
      expect(contradict(one, contradictingPair(type, elsewhere)[1]), JSON.stringify(elsewhere)).toBe(false);
    }
    const [, higher] = contradictingPair(type, { height: 4 });
    expect(contradict(one, higher)).toBe(!('height' in one));
    for (const another of TYPES.filter((candidate) => candidate !== type)) {
      expect(contradict(one, contradictingPair(another)[1]), another).toBe(false);
    }
  });

  it('contradict if and only if they say different things about the same place', () => {
    fc.assert(
      fc.property(anyStatement, anyStatement, (one, other) => {
        const [left, right] = [taken(one), taken(other)];
        const expected = left.about === right.about && left.says !== right.says;
        expect(contradict(one, other)).toBe(expected);
        expect(contradict(other, one)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('evidence', () => {
  it('is the same in whichever order its statements were found', () => {
    fc.assert(
      fc.property(anySigned, anySigned, (one, other) => {
        const evidence = evidenceOf(2, one, other);
        expect(evidenceOf(2, other, one)).toEqual(evidence);
        expect(evidence === undefined).toBe(!contradict(one.statement, other.statement));
        if (evidence === undefined) return;
        const bytes = encodeEvidence(evidence);
        expect(decodeEvidence(bytes)).toEqual(evidence);
        expect(bytes.length).toBeLessThanOrEqual(EVIDENCE_BYTES_MAX);
      }),
      { numRuns: 5_000 },
    );
  });

  it('fits its limit with the greatest numbers', () => {
    const most = Number.MAX_SAFE_INTEGER;
    for (const type of TYPES) {
      const evidence = makeEvidence(network, 3, type, { epoch: most, view: most, height: most });
      const bytes = encodeEvidence({ ...evidence, replica: REPLICAS_MAX - 1 });
      expect(bytes.length).toBeLessThanOrEqual(EVIDENCE_BYTES_MAX);
    }
    expect(caught(() => decodeEvidence(new Uint8Array(EVIDENCE_BYTES_MAX + 1))).code).toBe(
      'encoding.tooLarge',
    );
  });

  it('is not made of one statement with two signatures', () => {
    const { first, second } = makeEvidence(network, 1);
    expect(evidenceOf(1, first, { ...first, signature: second.signature })).toBeUndefined();
  });

  it('with its statements swapped, or without a contradiction, is neither written nor read', () => {
    const valid = makeEvidence(network, 1);
    const swapped = { replica: 1, first: valid.second, second: valid.first };
    const twice = { replica: 1, first: valid.first, second: valid.first };
    for (const evidence of [swapped, twice]) {
      expect(caught(() => encodeEvidence(evidence)).code).toBe('encoding.invalid');
      const parts = [evidence.first, evidence.second].map((one) => encode(signedStatementCodec, one));
      const bytes = Uint8Array.from([0x84, 1, 1, ...parts.flatMap((part) => [...part])]);
      expect(caught(() => decodeEvidence(bytes)).code).toBe('encoding.invalid');
    }
    // The same bytes by hand, in order: what is refused above is not the way they were put together.
    const parts = [valid.first, valid.second].map((one) => encode(signedStatementCodec, one));
    expect(decodeEvidence(Uint8Array.from([0x84, 1, 1, ...parts.flatMap((part) => [...part])]))).toEqual(
      valid,
    );
  });

  it('survives a fuzzer', { timeout: 60_000 }, () => {
    const seeds = TYPES.map((type) => encodeEvidence(makeEvidence(network, 2, type)));
    expect(fuzz(decodeEvidence, encodeEvidence, seeds, 50_000)).toBeUndefined();
  });
});

describe('the checks of evidence', () => {
  const holds = (evidence: Evidence): boolean =>
    evidenceChecks(network.networkId, keys, evidence)?.every(verify) === true;

  it.each(TYPES)('hold where the accused signed both: %s', (type) => {
    const evidence = makeEvidence(network, 2, type);
    expect(evidenceChecks(network.networkId, keys, evidence)).toHaveLength(2);
    expect(holds(evidence)).toBe(true);
  });

  it('fail for another replica, another network, and a statement that it never signed', () => {
    const evidence = makeEvidence(network, 2);
    expect(holds({ ...evidence, replica: 1 })).toBe(false);
    expect(evidenceChecks('00'.repeat(32), keys, evidence)?.some(verify)).toBe(false);
    for (const part of ['first', 'second'] as const) {
      const { statement } = evidence[part];
      expect(holds({ ...evidence, [part]: signedBy(network, 1, statement) })).toBe(false);
    }
    expect(evidenceChecks(network.networkId, keys, { ...evidence, replica: keys.length })).toBeUndefined();
  });

  it('fail, or the bytes are refused, with any one bit flipped', () => {
    for (const type of TYPES) {
      const bytes = encodeEvidence(makeEvidence(network, 2, type));
      const believed = Array.from({ length: 8 * bytes.length }, (_, bit) => bit).filter((bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        return survives(flipped);
      });
      expect(believed, type).toEqual([]);
    }
    function survives(bytes: Uint8Array): boolean {
      try {
        return holds(decodeEvidence(bytes));
      } catch (error) {
        if (!hasCode(error, 'encoding.invalid')) throw error;
        return false;
      }
    }
  }, 60_000);
});

describe('the evidence of a block', () => {
  const pieces = [0, 1, 3].map((replica) => makeEvidence(network, replica));
  const bytesOf = (items: readonly Evidence[]): Uint8Array => encode(evidenceListCodec, items);

  it('accuses distinct replicas in increasing order', () => {
    const [first, second, third] = pieces;
    expect(decode(evidenceListCodec, bytesOf(pieces), 4_096)).toEqual(pieces);
    for (const items of [
      [second!, first!],
      [first!, first!],
      [first!, third!, second!],
      [makeEvidence(network, 0, 'order'), first!],
    ]) {
      expect(caught(() => bytesOf(items)).code).toBe('encoding.invalid');
    }
  });

  it('has at most one piece for each replica that there can be', () => {
    const many = Array.from({ length: REPLICAS_MAX }, (_, replica) => ({ ...pieces[0]!, replica }));
    expect(decode(evidenceListCodec, bytesOf(many), 65_536)).toEqual(many);
    const more = [...many, { ...pieces[0]!, replica: REPLICAS_MAX }];
    expect(caught(() => bytesOf(more)).code).toBe('encoding.invalid');
  });

  it('has a digest that binds all of it, and zeros where there is none', () => {
    expect(evidenceDigest([])).toBe(ZERO_HASH);
    const lists = [
      pieces,
      pieces.slice(1),
      pieces.slice(0, 2),
      [makeEvidence(network, 0, 'order'), ...pieces.slice(1)],
    ];
    const digests = lists.map(evidenceDigest);
    expect(new Set([ZERO_HASH, ...digests]).size).toBe(1 + lists.length);
    expect(digests.every((digest) => isHex(digest, 32))).toBe(true);
  });
});
