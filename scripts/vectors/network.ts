/**
 * The network of all vectors: four replicas, two supervisors and a short chain.
 * @module
 */
import { requestId, requestSigningDigest, signedRequest } from '../../src/main/ledger/request.ts';
import type { Draft, SignedRequest } from '../../src/main/ledger/request.ts';
import { signDigest } from '../../src/main/keys/ed25519.ts';
import type { Payload } from '../../src/shared/domain/payload.ts';
import type { Evidence } from '../../src/main/ledger/evidence.ts';
import { makeEvidence } from '../../test/support/evidence.ts';
import { TestChain, makeGenesis } from '../../test/support/ledger.ts';

export const network = makeGenesis({ name: 'Vectors 向量', limits: { checkpointDistance: 4 } });

/** A draft of the supervisor `supervisor`, with the seed of its key. */
export interface DraftCase {
  readonly draft: Draft;
  readonly seed: Uint8Array;
}

export function draftOf(supervisor: number, timestampMs: number, payload: Payload): DraftCase {
  const { publicKey } = network.genesis.supervisors[supervisor] ?? missing('supervisor');
  const seed = network.supervisorSeeds[supervisor] ?? missing('seed');
  return { draft: { networkId: network.networkId, timestampMs, supervisor: publicKey, payload }, seed };
}

export function signed({ draft, seed }: DraftCase): SignedRequest {
  return signedRequest(draft, signDigest(requestSigningDigest(draft.networkId, requestId(draft)), seed));
}

const hash = (digits: string): string => digits.repeat(32);

export const PAYLOADS: readonly Payload[] = [
  {
    kind: 'assessments',
    title: 'Spring review 春季',
    remark: 'Reviewed twice.\nSecond line; tabs\tand "quotes".',
    columns: ['name', 'score', 'passed', 'note', '评价'],
    records: [
      ['Ada', { number: '1.10' }, true, null, '优秀'],
      ['Grâce 😀', { number: '-0' }, false, '', ''],
      ['', { number: '123456789012345678901234567890' }, null, '1.10', 'e\u0301'],
      [null, { number: '6.02e23' }, 'true', 'null', '\u0000'],
    ],
  },
  { kind: 'assessments', title: '', remark: '', columns: [''], records: [[null]] },
  {
    kind: 'document',
    title: 'Annual report',
    decision: 'approved',
    remark: '',
    files: [
      { name: 'report.pdf', mediaType: 'application/pdf', sizeBytes: 1_048_577, sha256: hash('a1') },
      { name: '附件.txt', mediaType: 'text/plain', sizeBytes: 0, sha256: hash('00') },
    ],
  },
  {
    kind: 'document',
    title: 'Budget',
    decision: 'rejected',
    remark: 'Page 3 is missing.',
    files: [{ name: 'b', mediaType: '', sizeBytes: Number.MAX_SAFE_INTEGER, sha256: hash('ff') }],
  },
  {
    kind: 'document',
    title: 'Minutes',
    decision: 'acknowledged',
    remark: '',
    files: [{ name: 'c', mediaType: '', sizeBytes: 24, sha256: hash('18') }],
  },
];

const BLOCK_STEP_MS = 1_000;

/** Against two of the replicas, as a block records it. */
export const EVIDENCE: readonly Evidence[] = [
  makeEvidence(network, 1, 'order'),
  makeEvidence(network, 3, 'checkpointVote'),
];

/** Blocks with 1, 3 and 2 requests, from both supervisors. The last one records `EVIDENCE`. */
export function makeChain(): { chain: TestChain; blocks: readonly (readonly SignedRequest[])[] } {
  const chain = new TestChain(network);
  const timeMs = network.genesis.createdAtMs;
  const requests = PAYLOADS.map((payload, index) => signed(draftOf(index % 2, timeMs + index, payload)));
  const [first, ...others] = requests;
  // Two requests of one millisecond.
  const twin = signed(draftOf(1, timeMs, PAYLOADS[1] ?? missing('payload')));
  const blocks = [[first ?? missing('request')], others.slice(0, 3), [...others.slice(3), twin]];
  for (const [index, block] of blocks.entries()) {
    chain.append(block, 0, BLOCK_STEP_MS, index === blocks.length - 1 ? EVIDENCE : []);
  }
  return { chain, blocks };
}

export function missing(what: string): never {
  throw new Error(`there is no ${what}`);
}
