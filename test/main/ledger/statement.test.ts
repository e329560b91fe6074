import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPLICAS_MAX } from '../../../src/main/ledger/limits.ts';
import { requestSigningDigest } from '../../../src/main/ledger/request.ts';
import {
  CERTIFICATE_BYTES_MAX,
  VIEW_TAG_BYTES,
  certificateChecks,
  certifiedStatement,
  decodeCheckpointCertificate,
  decodeCommitCertificate,
  encodeCheckpointCertificate,
  encodeCommitCertificate,
  statementDigest,
  viewTag,
  type CheckpointCertificate,
  type CommitCertificate,
  type Statement,
} from '../../../src/main/ledger/statement.ts';
import { isHex, toHex } from '../../../src/shared/encoding/hex.ts';
import { caught } from '../../support/errors.ts';
import { fuzz } from '../../support/encodings.ts';
import {
  makeCheckpointCertificate,
  makeCommitCertificate,
  makeGenesis,
  TestChain,
} from '../../support/ledger.ts';
import { verify } from '../../support/receipts.ts';

const FUZZ_INPUTS = 30_000;
const hash = (digit: string): string => digit.repeat(64);
const position = { epoch: 0, view: 1, height: 2, hash: hash('a') };
const digestOf = (networkId: string, statement: Statement): string =>
  toHex(statementDigest(networkId, statement));

describe('what a replica signs', () => {
  it('differs by type, network, epoch, view, height, hash and state', () => {
    const statements: Statement[] = [
      { type: 'order', ...position },
      { type: 'localCommit', ...position },
      { type: 'checkpointVote', ...position, stateDigest: hash('c') },
    ];
    const changes = [
      {},
      { epoch: 1 },
      { view: 2 },
      { view: 0 },
      { height: 3 },
      { height: 1 },
      { hash: hash('b') },
    ];
    const all: Statement[] = [
      ...statements.flatMap((statement) => changes.map((change) => ({ ...statement, ...change }))),
      { type: 'checkpointVote', ...position, stateDigest: hash('d') },
    ];
    const digests = [hash('1'), hash('2')].flatMap((network) => all.map((one) => digestOf(network, one)));
    expect(new Set(digests).size).toBe(2 * (3 * changes.length + 1));
  });

  it('differs by type, network, epoch, view and content for view changes and new views', () => {
    const content = { epoch: 0, view: 1, contentDigest: hash('a') };
    const changes = [{}, { epoch: 1 }, { view: 2 }, { view: 0 }, { contentDigest: hash('b') }];
    const all = (['viewChange', 'newView'] as const).flatMap((type) =>
      changes.map((change): Statement => ({ type, ...content, ...change })),
    );
    const digests = [hash('1'), hash('2')].flatMap((network) => all.map((one) => digestOf(network, one)));
    expect(new Set(digests).size).toBe(2 * 2 * changes.length);
  });

  it('never is what a supervisor signs', () => {
    const statement: Statement = { type: 'localCommit', ...position };
    expect(digestOf(hash('1'), statement)).not.toBe(toHex(requestSigningDigest(hash('1'), hash('a'))));
  });

  it('holds nothing but the statement: a field beside it changes nothing', () => {
    const statement: Statement = { type: 'localCommit', ...position };
    const more = { ...statement, networkId: hash('9'), signature: 'ab' } as Statement;
    // The network id of the caller counts. A statement has none, and one that came in with it must not win.
    expect(digestOf(hash('1'), more)).toBe(digestOf(hash('1'), statement));
  });
});

describe('view tags', () => {
  it('differ by network, epoch and view, and do not show the view', () => {
    const tags = [hash('1'), hash('2')].flatMap((network) =>
      [0, 1].flatMap((epoch) => [0, 1, 2, 2 ** 40].map((view) => viewTag(network, epoch, view))),
    );
    expect(new Set(tags).size).toBe(tags.length);
    expect(tags.every((tag) => isHex(tag, VIEW_TAG_BYTES))).toBe(true);
    expect(viewTag(hash('1'), 0, 1)).toBe(viewTag(hash('1'), 0, 1));
  });
});

const network = makeGenesis({ replicas: 7 });
const chain = new TestChain(network);
chain.append();
const keys = network.genesis.replicas.map(({ publicKey }) => publicKey);
const commit = makeCommitCertificate(network, chain.header(), 3);
const checkpoint = makeCheckpointCertificate(network, chain.header(), 3);
const checksOf = (certificate: CommitCertificate | CheckpointCertificate) =>
  certificateChecks(network.networkId, keys, 5, certificate);

describe('certificates', () => {
  const signature = fc.uint8Array({ minLength: 64, maxLength: 64 }).map(toHex);
  const signatures = fc
    .uniqueArray(fc.nat(REPLICAS_MAX - 1), { maxLength: REPLICAS_MAX })
    .map((replicas) => replicas.toSorted((left, right) => left - right))
    .chain((replicas) =>
      fc.tuple(...replicas.map((replica) => fc.record({ replica: fc.constant(replica), signature }))),
    );
  const any = fc.record({
    epoch: fc.maxSafeNat(),
    view: fc.maxSafeNat(),
    height: fc.maxSafeNat(),
    hash: fc.constant(hash('a')),
    signatures,
  });

  it('come back from their bytes', () => {
    fc.assert(
      fc.property(any, (certificate) => {
        expect(decodeCommitCertificate(encodeCommitCertificate(certificate))).toEqual(certificate);
        const checked = { ...certificate, stateDigest: hash('b') };
        const bytes = encodeCheckpointCertificate(checked);
        expect(decodeCheckpointCertificate(bytes)).toEqual(checked);
        expect(bytes.length).toBeLessThanOrEqual(CERTIFICATE_BYTES_MAX);
      }),
    );
  });

  it('of one kind are not read as the other', () => {
    expect(caught(() => decodeCheckpointCertificate(encodeCommitCertificate(commit))).code).toBe(
      'encoding.invalid',
    );
    expect(caught(() => decodeCommitCertificate(encodeCheckpointCertificate(checkpoint))).code).toBe(
      'encoding.invalid',
    );
  });

  it('list distinct replicas in increasing order', () => {
    const [first, second] = commit.signatures;
    for (const list of [[first!, first!], [second!, first!], [{ ...first!, replica: REPLICAS_MAX }]]) {
      expect(caught(() => encodeCommitCertificate({ ...commit, signatures: list })).code).toBe(
        'encoding.invalid',
      );
    }
  });

  it('are refused when they are too long', () => {
    expect(caught(() => decodeCommitCertificate(new Uint8Array(CERTIFICATE_BYTES_MAX + 1))).code).toBe(
      'encoding.tooLarge',
    );
  });

  it('survive a fuzzer', { timeout: 60_000 }, () => {
    expect(
      fuzz(decodeCommitCertificate, encodeCommitCertificate, [encodeCommitCertificate(commit)], FUZZ_INPUTS),
    ).toBeUndefined();
    expect(
      fuzz(
        decodeCheckpointCertificate,
        encodeCheckpointCertificate,
        [encodeCheckpointCertificate(checkpoint)],
        FUZZ_INPUTS,
      ),
    ).toBeUndefined();
  });
});

describe('the checks of a certificate', () => {
  it('hold for a valid one, one for each signer', () => {
    for (const certificate of [commit, checkpoint]) {
      const checks = checksOf(certificate)!;
      expect(checks).toHaveLength(5);
      expect(checks.every(verify)).toBe(true);
      expect(checks.map(({ publicKey }) => publicKey)).toEqual(keys.slice(0, 5));
    }
  });

  it('fail for a change of any field', () => {
    const changes = [{ epoch: 1 }, { view: 4 }, { height: 2 }, { hash: hash('b') }];
    for (const certificate of [commit, checkpoint]) {
      for (const change of changes) {
        expect(checksOf({ ...certificate, ...change })!.some(verify)).toBe(false);
      }
    }
    expect(checksOf({ ...checkpoint, stateDigest: hash('b') })!.some(verify)).toBe(false);
    // Signatures of local commits do not make a checkpoint (M1).
    expect(checksOf({ ...checkpoint, signatures: commit.signatures })!.some(verify)).toBe(false);
    const elsewhere = certificateChecks(hash('1'), keys, 5, commit)!;
    expect(elsewhere.some(verify)).toBe(false);
  });

  it('do not exist with too few signers or an unknown one', () => {
    expect(checksOf({ ...commit, signatures: commit.signatures.slice(1) })).toBeUndefined();
    expect(certificateChecks(network.networkId, keys.slice(0, 4), 5, commit)).toBeUndefined();
  });

  it('are about the statement of the certificate’s kind', () => {
    const { signatures: _, ...fields } = commit;
    expect(certifiedStatement(commit)).toEqual({ type: 'localCommit', ...fields });
    const { signatures: __, ...checked } = checkpoint;
    expect(certifiedStatement(checkpoint)).toEqual({ type: 'checkpointVote', ...checked });
  });
});
