import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HEADER_BYTES_MAX,
  decodeHeader,
  encodeHeader,
  genesisHeader,
  hashed,
  isLinked,
  type BlockHeader,
} from '../../../src/main/ledger/block.ts';
import { merkleRoot } from '../../../src/main/ledger/merkle.ts';
import { LedgerState } from '../../../src/main/ledger/state.ts';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { caught } from '../../support/errors.ts';
import { fuzz } from '../../support/encodings.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const headerArbitrary: fc.Arbitrary<BlockHeader> = fc.record({
  epoch: fc.maxSafeNat(),
  height: fc.maxSafeNat(),
  previousHash: hash,
  timeMs: fc.maxSafeNat(),
  requestCount: fc.maxSafeNat(),
  requestsRoot: hash,
  evidenceDigest: hash,
  stateDigest: hash,
  nextReplicas: fc.option(hash),
});
const header: BlockHeader = {
  epoch: 1,
  height: 2,
  previousHash: '33'.repeat(32),
  timeMs: 4,
  requestCount: 5,
  requestsRoot: '66'.repeat(32),
  evidenceDigest: '88'.repeat(32),
  stateDigest: '77'.repeat(32),
  nextReplicas: '99'.repeat(32),
};

describe('headers', () => {
  it('come back from their bytes, with their hash, within the limit', () => {
    fc.assert(
      fc.property(headerArbitrary, (any) => {
        const bytes = encodeHeader(any);
        expect(bytes.length).toBeLessThanOrEqual(HEADER_BYTES_MAX);
        expect(decodeHeader(bytes)).toEqual(hashed(any));
      }),
    );
  });

  it('have a hash that binds every field', () => {
    const changes: Partial<BlockHeader>[] = [
      {},
      { epoch: 2 },
      { height: 3 },
      { previousHash: '34'.repeat(32) },
      { timeMs: 5 },
      { requestCount: 6 },
      { requestsRoot: '67'.repeat(32) },
      { evidenceDigest: '89'.repeat(32) },
      { stateDigest: '78'.repeat(32) },
    ];
    const hashes = changes.map((change) => hashed({ ...header, ...change }).hash);
    expect(new Set(hashes).size).toBe(changes.length);
  });

  it('do not carry their hash: a wrong one is not believed', () => {
    const lying = { ...header, hash: 'ff'.repeat(32) };
    expect(hashed(lying).hash).toBe(hashed(header).hash);
    expect(decodeHeader(encodeHeader(lying)).hash).toBe(hashed(header).hash);
  });

  it('are refused when they are too long', () => {
    expect(caught(() => decodeHeader(new Uint8Array(HEADER_BYTES_MAX + 1))).code).toBe('encoding.tooLarge');
  });

  it('survive a fuzzer', { timeout: 60_000 }, () => {
    const finding = fuzz(decodeHeader, encodeHeader, [encodeHeader(header)], 100_000);
    expect(finding).toBeUndefined();
  });
});

describe('the chain', () => {
  const network = makeGenesis();
  const chain = new TestChain(network);
  const child = chain.append().block.header;
  const parent = chain.header(0);

  it('starts at the genesis block, which names the network', () => {
    expect(parent).toEqual(genesisHeader(network.genesis, new LedgerState(network.genesis).digest));
    expect(parent).toMatchObject({
      height: 0,
      previousHash: network.networkId,
      timeMs: network.genesis.createdAtMs,
      requestCount: 0,
      requestsRoot: merkleRoot([]),
      evidenceDigest: '00'.repeat(32),
    });
  });

  it('links each block to the one below', () => {
    expect(isLinked(parent, child)).toBe(true);
    for (const change of [
      { height: 2 },
      { height: 0 },
      { previousHash: child.hash },
      { timeMs: parent.timeMs },
      { timeMs: parent.timeMs - 1 },
      { epoch: 1 },
    ]) {
      expect(isLinked(parent, { ...child, ...change }), JSON.stringify(change)).toBe(false);
    }
  });
});
