import { titleOf } from '../../../src/shared/domain/payload.ts';
import { describe, expect, it } from 'vitest';
import { publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { hashed } from '../../../src/main/ledger/block.ts';
import { buildRegistration, type Registration } from '../../../src/main/ledger/registration.ts';
import { merklePath, merkleRoot } from '../../../src/main/ledger/merkle.ts';
import {
  RECEIPT_HEADERS_MAX,
  RECEIPT_PATH_MAX,
  buildReceipt,
  decodeReceipt,
  encodeReceipt,
  type Receipt,
} from '../../../src/main/ledger/receipt.ts';
import { verifyReceipt } from '../../../src/main/ledger/receiptCheck.ts';
import {
  RECEIPT_FILE_CHARS_MAX,
  parseReceiptFile,
  renderReceiptFile,
} from '../../../src/main/ledger/receiptFile.ts';
import { EPOCH_CHANGES_MAX, type EpochChange } from '../../../src/main/ledger/epochChange.ts';
import type { CheckpointCertificate } from '../../../src/main/ledger/statement.ts';
import { RECEIPT_CHARS_MAX } from '../../../src/shared/contract/channels.ts';
import { toPlainError } from '../../../src/shared/errors.ts';
import { caught, rejected } from '../../support/errors.ts';
import { makeCheckpointCertificate, makeGenesis, makeRequest, signStatement } from '../../support/ledger.ts';
import { EpochChain, twoChanges } from '../../support/epochs.ts';
import { makeReceipt, verify } from '../../support/receipts.ts';

const { network, chain, receipt } = makeReceipt();
const { genesis } = network;
const text = renderReceiptFile(receipt);
const refusal = (source: string | Uint8Array | Receipt) => rejected(verifyReceipt(source, genesis, verify));

describe('a valid receipt', () => {
  it.each([
    [1, 0, 0],
    [1, 0, 3],
    [2, 1, 1],
    [3, 2, 2],
    [7, 4, 7],
    [33, 32, 5],
  ])('of a block of %i, index %i, %i blocks below the checkpoint', async (requests, index, above) => {
    const made = makeReceipt({ requests, index, above });
    const proven = await verifyReceipt(renderReceiptFile(made.receipt), made.network.genesis, verify);
    expect(proven).toEqual({
      request: made.receipt.request,
      supervisor: made.network.genesis.supervisors.find(
        ({ publicKey }) => publicKey === made.receipt.request.supervisor,
      ),
      header: made.chain.header(2),
      checkpoint: made.chain.header(2 + above),
      set: { epoch: 0, baseHeight: 0, replicas: made.network.genesis.replicas },
      signers: made.network.genesis.replicas.slice(0, 3),
    });
  });

  it('is proven as a file, as bytes and as a receipt in memory, with a verifier that answers later too', async () => {
    const later = async (check: Parameters<typeof verify>[0]): Promise<boolean> =>
      Promise.resolve(verify(check));
    for (const source of [text, encodeReceipt(receipt), receipt]) {
      const proven = await verifyReceipt(source, genesis, later);
      expect(proven.request.id).toBe(receipt.request.id);
    }
  });

  it('comes back from its bytes and from its file', () => {
    expect(decodeReceipt(encodeReceipt(receipt))).toEqual(receipt);
    expect(parseReceiptFile(text)).toEqual(receipt);
  });

  it('has a summary for people', () => {
    const file = JSON.parse(text) as Record<string, unknown>;
    const { receipt: lines, ...summary } = file;
    expect(summary).toEqual({
      format: 'countersign-receipt',
      version: 2,
      network_id: network.networkId,
      request_id: receipt.request.id,
      kind: 'document',
      title: titleOf(receipt.request.payload),
      signed_at: new Date(receipt.request.timestampMs).toISOString(),
      signed_at_ms: receipt.request.timestampMs,
      supervisor: receipt.request.supervisor,
      height: 2,
      checkpoint_height: 4,
    });
    expect((lines as string[]).join('')).toBe(Buffer.from(encodeReceipt(receipt)).toString('hex'));
  });

  it('fits in what the console takes', () => {
    expect(RECEIPT_FILE_CHARS_MAX).toBeLessThanOrEqual(RECEIPT_CHARS_MAX);
  });
});

describe('building', () => {
  it('refuses a request of another block and a certificate of another', () => {
    const { header, headersAbove, certificate, request } = receipt;
    const below = chain.stateAt(header.height - 1);
    const parts = { request, header, headersAbove, certificate, below, registryChanges: [] };
    expect(caught(() => buildReceipt({ ...parts, ids: [] })).code).toBe('invariant.broken');
    expect(caught(() => buildReceipt({ ...parts, ids: [request.id], headersAbove: [] })).code).toBe(
      'invariant.broken',
    );
    const [change] = twoChanges().changes;
    const ids = [request.id];
    expect(caught(() => buildReceipt({ ...parts, ids, registryChanges: [change!] })).code).toBe(
      'invariant.broken',
    );
  });
});

describe('every change of a file is refused', () => {
  // Flips in the summary break the text; flips in the bytes give another receipt, which must prove nothing.
  it('every flipped bit', { timeout: 60_000 }, async () => {
    const small = makeReceipt({ requests: 2, index: 0, above: 1 });
    const bytes = Buffer.from(renderReceiptFile(small.receipt), 'utf8');
    const accepted: number[] = [];
    const codes = new Set<string>();
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const outcome = await verifyReceipt(flipped.toString('utf8'), small.network.genesis, verify).then(
        () => 'accepted',
        (error: unknown) => toPlainError(error).code,
      );
      codes.add(outcome);
      if (outcome === 'accepted') accepted.push(bit);
    }
    expect(accepted).toEqual([]);
    expect([...codes]).toEqual(['receipt.invalid']);
  });

  it('every flipped bit of the bytes, as they travel', { timeout: 60_000 }, async () => {
    const bytes = encodeReceipt(receipt);
    const proven: number[] = [];
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const error = await rejected(verifyReceipt(flipped, genesis, verify)).catch(() => undefined);
      if (error?.code !== 'receipt.invalid' && error?.code !== 'receipt.wrongNetwork') proven.push(bit);
    }
    expect(proven).toEqual([]);
  });

  it('bits of a large receipt, sampled', { timeout: 60_000 }, async () => {
    const big = makeReceipt({ requests: 200, index: 150, above: 7, remark: '长'.repeat(10_000) });
    const bytes = Buffer.from(renderReceiptFile(big.receipt), 'utf8');
    const SAMPLES = 1_009;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const bit = Math.floor((sample * 8 * bytes.length) / SAMPLES);
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const error = await rejected(verifyReceipt(flipped.toString('utf8'), big.network.genesis, verify));
      expect(error.code, `bit ${bit}`).toBe('receipt.invalid');
    }
  });

  it('characters added, dropped and doubled', () => {
    const problem = (changed: string) => caught(() => parseReceiptFile(changed)).data;
    expect(problem(text.replaceAll('\n', '\r\n'))).toMatchObject({
      problem: expect.stringContaining('line ends') as string,
    });
    for (const changed of [text.trimEnd(), `${text}\n`, ` ${text}`]) {
      expect(problem(changed)).toMatchObject({ problem: expect.stringContaining('at its ends') as string });
    }
    expect(problem(JSON.stringify(JSON.parse(text)))).toMatchObject({
      problem: expect.stringContaining('line 1 ') as string,
    });
    expect(problem(text.replace('"height": 2', '"height": 3'))).toEqual({
      at: 'the file',
      problem: 'was changed: line 11 is not what the receipt says',
    });
    for (const at of [0, 1, 100, text.length >> 1, text.length - 3]) {
      expect(problem(text.slice(0, at) + text.slice(at + 1))).toBeDefined();
      expect(problem(text.slice(0, at) + text.charAt(at) + text.slice(at))).toBeDefined();
    }
  });

  it('fields added and keys of prototypes', () => {
    expect(caught(() => parseReceiptFile(text.replace('{', '{\n  "note": "x",'))).code).toBe(
      'receipt.invalid',
    );
    expect(caught(() => parseReceiptFile(text.replace('{', '{ "__proto__": {},'))).data).toEqual({
      at: 'the file',
      problem: 'holds the key __proto__',
    });
  });

  it.each(['', 'null', '[]', '{}', '['.repeat(100_000), text.replace('"version": 2', '"version": 3')])(
    'what is no receipt at all (%#)',
    (junk) => {
      expect(caught(() => parseReceiptFile(junk)).code).toBe('receipt.invalid');
    },
  );

  it('a file that is too large, before it is read', () => {
    expect(caught(() => parseReceiptFile(text + ' '.repeat(RECEIPT_FILE_CHARS_MAX))).data).toMatchObject({
      at: 'the file',
    });
  });
});

describe('every forged part is refused, and the step is named', () => {
  const { header, headersAbove, certificate, request } = receipt;
  const top = headersAbove.at(-1)!;
  const certificateOf = (change: Partial<CheckpointCertificate>): Receipt => ({
    ...receipt,
    certificate: { ...certificate, ...change },
  });
  const resigned = (fields: Partial<Omit<CheckpointCertificate, 'signatures'>>): Receipt => {
    const { signatures: _, ...position } = { ...certificate, ...fields };
    const statement = { type: 'checkpointVote', ...position } as const;
    const signatures = [0, 1, 2].map((replica) => ({
      replica,
      signature: signStatement(network, replica, statement),
    }));
    return { ...receipt, certificate: { ...position, signatures } };
  };
  /** A receipt of a block that nobody accepted but that is well-formed in itself, certified all the same. */
  const ofBlock = (change: {
    requests?: (typeof request)[];
    timeMs?: number;
    requestCount?: number;
    epoch?: number;
  }): Receipt => {
    const requests = change.requests ?? [request];
    const ids = requests.map(({ id }) => id);
    const forged = hashed({
      ...header,
      epoch: change.epoch ?? 0,
      timeMs: change.timeMs ?? header.timeMs,
      requestCount: change.requestCount ?? requests.length,
      requestsRoot: merkleRoot(ids),
    });
    const made = makeCheckpointCertificate(network, forged, 0);
    const below = chain.stateAt(header.height - 1);
    const [first] = requests;
    // Nobody can prove a stranger's registration: the next best is somebody else's.
    const registration = buildRegistration(
      below,
      below.registry.supervisor(first!.supervisor) === undefined ? request.supervisor : first!.supervisor,
    );
    const place = { index: 0, path: merklePath(ids, 0), headersAbove: [] };
    return {
      request: first!,
      header: forged,
      ...place,
      certificate: made,
      registration,
      registryChanges: [],
    };
  };

  const cases: [what: string, forged: Receipt, at: string][] = [
    ['a signature of the supervisor on another request', withSignature(), 'request'],
    ['too few signers', certificateOf({ signatures: certificate.signatures.slice(1) }), 'certificate'],
    ['no signers', certificateOf({ signatures: [] }), 'certificate'],
    [
      'one signer three times',
      certificateOf({ signatures: [0, 0, 0].map((i) => certificate.signatures[i]!) }),
      'certificate.signatures',
    ],
    [
      "one signer's signature under three names",
      certificateOf({
        signatures: [0, 1, 2].map((replica) => ({ ...certificate.signatures[0]!, replica })),
      }),
      'certificate',
    ],
    [
      'a signer that the genesis does not know',
      certificateOf({
        signatures: [...certificate.signatures.slice(0, 2), { ...certificate.signatures[2]!, replica: 4 }],
      }),
      'certificate',
    ],
    ['signatures of another view', certificateOf({ view: certificate.view + 1 }), 'certificate'],
    ['a certificate of another height', resigned({ height: top.height + 1 }), 'certificate'],
    ['a certificate of another block', resigned({ hash: header.hash }), 'certificate'],
    ['a certificate of another state', resigned({ stateDigest: header.stateDigest }), 'certificate'],
    ['a block of another epoch', ofBlock({ epoch: 1 }), 'registryChanges'],
    ['a certificate of another epoch', resigned({ epoch: 1 }), 'certificate'],
    ['headers left out', { ...receipt, headersAbove: headersAbove.slice(1) }, 'headersAbove[0]'],
    ['headers in another order', { ...receipt, headersAbove: headersAbove.toReversed() }, 'headersAbove[0]'],
    ['the header of another block', { ...receipt, header: chain.header(1) }, 'path'],
    ['an index that is too large', { ...receipt, index: 3 }, 'path'],
    ['another index', { ...receipt, index: 0 }, 'path'],
    ['a path that is too short', { ...receipt, path: receipt.path.slice(1) }, 'path'],
    ['a path that is too long', { ...receipt, path: [...receipt.path, request.id] }, 'path'],
    ['a request of another block', { ...receipt, request: chain.requests(1)[0]! }, 'path'],
    [
      'a request that is too old for its block',
      ofBlock({ timeMs: request.timestampMs + genesis.limits.maxRequestAgeMs + 1 }),
      'request',
    ],
    [
      'a request from too far ahead',
      ofBlock({ timeMs: request.timestampMs - genesis.limits.maxClockSkewMs - 1 }),
      'request',
    ],
    [
      'a block with too many requests',
      ofBlock({ requestCount: genesis.limits.maxBlockRequests + 1 }),
      'header',
    ],
  ];
  it.each(cases)('%s', async (_what, forged, at) => {
    expect(await refusal(forged)).toMatchObject({ code: 'receipt.invalid', data: { at } });
  });

  it('the limits of age and of clocks themselves are allowed', async () => {
    const { maxRequestAgeMs, maxClockSkewMs } = genesis.limits;
    for (const timestampMs of [header.timeMs - maxRequestAgeMs, header.timeMs + maxClockSkewMs]) {
      const requests = [makeRequest(network, { timestampMs })];
      await expect(verifyReceipt(ofBlock({ requests }), genesis, verify)).resolves.toBeDefined();
    }
  });

  const { registration } = receipt;
  const registered = (change: Partial<Registration>): Receipt => ({
    ...receipt,
    registration: { ...registration, ...change },
  });
  const registrations: [what: string, forged: Receipt][] = [
    ['of another height', registered({ parent: chain.header(0) })],
    ['with other running values', registered({ executedCount: registration.executedCount + 1 })],
    ['in another registry', registered({ registry: { ...registration.registry, supervisorCount: 3 } })],
    ['under another name', registered({ supervisor: { ...registration.supervisor, name: 'Somebody else' } })],
    ['at another place', registered({ index: registration.index + 1 })],
    ['on another path', registered({ path: [request.id] })],
  ];
  it.each(registrations)('a registration %s', async (_what, forged) => {
    expect(await refusal(forged)).toMatchObject({ code: 'receipt.invalid', data: { at: 'registration' } });
  });

  it('a supervisor whom the registry does not know, with all else right', async () => {
    const seed = new Uint8Array(32).fill(9);
    const stranger = { ...genesis.supervisors[0]!, publicKey: publicKeyOf(seed) };
    const foreign = makeRequest(
      { ...network, supervisorSeeds: [seed], genesis: { ...genesis, supervisors: [stranger] } },
      { timestampMs: request.timestampMs },
    );
    expect(await refusal(ofBlock({ requests: [foreign] }))).toMatchObject({
      code: 'receipt.invalid',
      data: { at: 'registration', problem: 'is of another supervisor than the one who signed' },
    });
  });

  it('a receipt of another network', async () => {
    const other = makeGenesis({ name: 'another network' });
    expect(await rejected(verifyReceipt(text, other.genesis, verify))).toMatchObject({
      code: 'receipt.wrongNetwork',
      data: { expected: other.networkId, actual: network.networkId },
    });
  });

  it('what is cached in a receipt in memory is not trusted', async () => {
    const lies: Receipt = {
      ...receipt,
      request: { ...request, id: 'aa'.repeat(32), timestampMs: 1 },
      header: { ...header, hash: 'bb'.repeat(32) },
    };
    const proven = await verifyReceipt(lies, genesis, verify);
    expect(proven.request).toEqual(request);
    expect(proven.header).toEqual(header);
  });

  it('a window that is too wide for the network', async () => {
    const wide = makeReceipt({ above: 8 });
    expect(await rejected(verifyReceipt(wide.receipt, wide.network.genesis, verify))).toMatchObject({
      code: 'receipt.invalid',
      data: { at: 'headersAbove' },
    });
  });

  it('lists beyond their limits', () => {
    const long = { ...receipt, path: Array.from({ length: RECEIPT_PATH_MAX + 1 }, () => request.id) };
    const wide = { ...receipt, headersAbove: Array.from({ length: RECEIPT_HEADERS_MAX + 1 }, () => header) };
    const [change] = twoChanges().changes;
    const many = {
      ...receipt,
      registryChanges: Array.from({ length: EPOCH_CHANGES_MAX + 1 }, () => change!),
    };
    for (const forged of [long, wide, many]) {
      expect(caught(() => encodeReceipt(forged)).code).toBe('encoding.invalid');
    }
  });

  function withSignature(): Receipt {
    const [other] = chain.requests(1);
    return { ...receipt, request: { ...request, bytes: replaceSignature(other!.signature) } };
  }

  /** The request's bytes end with its signature. */
  function replaceSignature(signature: string): Uint8Array {
    const bytes = Uint8Array.from(request.bytes);
    bytes.set(Buffer.from(signature, 'hex'), bytes.length - 64);
    return bytes;
  }
});

describe('a receipt of a later epoch', () => {
  const epochs = twoChanges();
  const of: Receipt = epochs.receipt();
  const made = epochs.network.genesis;
  const [change0, change1] = epochs.changes as [EpochChange, EpochChange];
  const problemOf = async (forged: Receipt) => await rejected(verifyReceipt(forged, made, verify));

  it('is proven from the genesis alone, by the replicas of its epoch', async () => {
    const proven = await verifyReceipt(renderReceiptFile(of), made, verify);
    expect(proven.header.epoch).toBe(2);
    expect(proven.signers).toEqual(epochs.networkOf(2).genesis.replicas.slice(0, 3));
    expect(proven.signers.map(({ name }) => name)).not.toEqual(
      made.replicas.slice(0, 3).map(({ name }) => name),
    );
    expect(parseReceiptFile(renderReceiptFile(of))).toEqual(of);
  });

  it('says so in its file; one of the first epoch does not', () => {
    expect(JSON.parse(renderReceiptFile(of))).toMatchObject({ epoch: 2 });
    expect(JSON.parse(text)).not.toHaveProperty('epoch');
    const changed = renderReceiptFile(of).replace('"epoch": 2', '"epoch": 3');
    expect(caught(() => parseReceiptFile(changed)).code).toBe('receipt.invalid');
  });

  it('of the very blocks that begin and end an epoch', async () => {
    const ends = new EpochChain();
    const begin = ends.receipt(0);
    expect((await verifyReceipt(begin, ends.network.genesis, verify)).header.epoch).toBe(0);
    const both = twoChanges();
    // The approval that ended epoch 1 stands in its last block, and the next block is the first of epoch 2.
    const last = both.changes[1]!.header.height;
    const first = both.chain.append(both.chain.requests(2)).block;
    const ofFirst = both.receiptOf(first.requests, last + 1, 0);
    const proven = await verifyReceipt(ofFirst, both.network.genesis, verify);
    expect([proven.header.epoch, proven.header.height]).toEqual([2, last + 1]);
    const ofLast = both.receiptOf(both.requestsOf(last), last, 0, 0);
    expect((await verifyReceipt(ofLast, both.network.genesis, verify)).header.epoch).toBe(1);
  });

  const forgeries: [what: string, forged: () => Receipt, at: string][] = [
    ['no changes', () => ({ ...of, registryChanges: [] }), 'registryChanges'],
    ['a change too few', () => ({ ...of, registryChanges: [change0] }), 'registryChanges'],
    ['a change too many', () => ({ ...of, registryChanges: [change0, change1, change1] }), 'registryChanges'],
    ['the changes swapped', () => ({ ...of, registryChanges: [change1, change0] }), 'registryChanges[0]'],
    ['one change twice', () => ({ ...of, registryChanges: [change0, change0] }), 'registryChanges[1]'],
    [
      'a change that too few have certified',
      () => ({
        ...of,
        registryChanges: [
          change0,
          {
            ...change1,
            certificate: { ...change1.certificate, signatures: change1.certificate.signatures.slice(1) },
          },
        ],
      }),
      'registryChanges[1]',
    ],
    [
      'a change of another network',
      () => {
        const foreign = twoChanges(makeGenesis({ name: 'foreign', limits: made.limits }));
        return { ...of, registryChanges: foreign.changes };
      },
      'registryChanges[0]',
    ],
    [
      'a certificate by the replicas of the genesis',
      () => {
        const top = epochs.chain.header();
        return { ...of, certificate: makeCheckpointCertificate(epochs.network, top, 5) };
      },
      'certificate',
    ],
    [
      'a certificate by the replicas of the epoch before',
      () => {
        const top = epochs.chain.header();
        return { ...of, certificate: makeCheckpointCertificate(epochs.networkOf(1), top, 5) };
      },
      'certificate',
    ],
  ];
  it.each(forgeries)('is refused with %s', async (_, forged, at) => {
    expect(await problemOf(forged())).toMatchObject({ code: 'receipt.invalid', data: { at } });
  });

  it('is refused where its certificate is of the epoch above', async () => {
    const chain2 = twoChanges();
    const below = chain2.changes[1]!.header.height - 1;
    const requests = chain2.requestsOf(below);
    chain2.chain.append(1);
    const forged = chain2.receiptOf(requests, below, 0, 0);
    const headersAbove = [1, 2].map((above) => chain2.chain.header(below + above));
    const certificate = makeCheckpointCertificate(chain2.networkOf(2), headersAbove[1]!, 5);
    const error = await rejected(
      verifyReceipt({ ...forged, headersAbove, certificate }, chain2.network.genesis, verify),
    );
    expect(error).toMatchObject({ code: 'receipt.invalid', data: { at: 'headersAbove[1]' } });
  });

  it('with its block below the beginning of its epoch', async () => {
    const lone = twoChanges();
    const header = hashed({ ...of.header, height: 1, previousHash: lone.chain.header(0).hash });
    const certificate = makeCheckpointCertificate(epochs.networkOf(2), header, 5);
    expect(await problemOf({ ...of, header, headersAbove: [], certificate })).toMatchObject({
      data: { at: 'header' },
    });
  });

  it('is refused with any one bit of it flipped', async () => {
    const bytes = encodeReceipt(of);
    const accepted: number[] = [];
    // Every seventh bit: all places of all fields, and still within seconds.
    for (let bit = 0; bit < 8 * bytes.length; bit += 7) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const held = await verifyReceipt(flipped, made, verify).then(
        () => true,
        () => false,
      );
      if (held) accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });
});
