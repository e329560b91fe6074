/**
 * Runs the receipt verifier that was written from docs/PROTOCOL.md alone over the wire vectors: what it accepts and
 * refuses shows that the document says enough.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeItem, encodeItem } from './cbor.mjs';
import { hear, say } from './client.mjs';
import { readGenesis } from './genesis.mjs';
import {
  blockHash,
  draftBytes,
  evidenceDigest,
  headerBytes,
  isSignature,
  requestId,
  rootOf,
  signingDigest,
} from './ledger.mjs';
import { verifyReceiptBytes, verifyReceiptFile } from './receipt.mjs';
import { REQUEST_BYTES_MAX, decode, requestShape } from './shapes.mjs';

interface Refusal {
  readonly code: string;
  readonly at: string;
}
interface ReceiptVectors {
  readonly genesisFile: string;
  readonly receiptFile: string;
  readonly receiptBytes: string;
  readonly proves: object;
  readonly tampered: readonly { what: string; code: string; at?: string; receiptFile: string }[];
  readonly laterEpochs: {
    readonly genesisFile: string;
    readonly receipts: readonly {
      readonly receiptFile: string;
      readonly receiptBytes: string;
      readonly proves: { readonly epoch: number };
    }[];
    readonly tampered: readonly { what: string; code: string; at: string; receiptFile: string }[];
  };
}
interface RequestVectors {
  readonly requests: readonly {
    readonly draft: {
      readonly networkId: string;
      readonly timestampMs: number;
      readonly supervisor: string;
      readonly payload: object;
    };
    readonly draftBytes: string;
    readonly id: string;
    readonly signingDigest: string;
    readonly signature: string;
    readonly requestBytes: string;
  }[];
}
type Header = Readonly<Record<string, string | number>>;
interface BlockVectors {
  readonly trees: readonly { ids: string[]; root: string; paths: string[][] }[];
  readonly blocks: readonly {
    header: Header;
    headerBytes: string;
    headerHash: string;
    evidence: readonly string[];
  }[];
}
interface MessageVectors {
  readonly clientToReplica: readonly { message: object; bytes: string }[];
  readonly replicaToClient: readonly { message: object; bytes: string }[];
}
interface SignatureVectors {
  readonly vectors: readonly {
    readonly name: string;
    readonly publicKey: string;
    readonly message: string;
    readonly signature: string;
    readonly valid: boolean;
  }[];
}
interface EncodingVectors {
  readonly values: readonly { what: string; hex: string }[];
  readonly invalid: readonly { reason: string; hex: string }[];
}

const vectors = join(import.meta.dirname, '../vectors');
const read = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(join(vectors, name), 'utf8')) as T;
const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** The refusal that `run` ends with, or `undefined` where it accepts. */
function refusalOf(run: () => unknown): Refusal | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    const { code, at } = error as Partial<Refusal>;
    if (code === undefined || at === undefined) throw error;
    return { code, at };
  }
}

const receipts = await read<ReceiptVectors>('receipt.json');
const genesis = readGenesis(receipts.genesisFile);

describe('a receipt', () => {
  it('proves what the vectors say, from its file and from its bytes', () => {
    expect(verifyReceiptFile(receipts.receiptFile, genesis)).toEqual(receipts.proves);
    expect(verifyReceiptBytes(fromHex(receipts.receiptBytes), genesis)).toEqual(receipts.proves);
  });

  it.each(receipts.tampered)('is refused: $what', ({ code, at, receiptFile }) => {
    const refusal = refusalOf(() => verifyReceiptFile(receiptFile, genesis));
    expect(refusal?.code).toBe(code);
    if (at !== undefined) expect(refusal?.at).toBe(at);
  });

  it('is refused with any one bit flipped', () => {
    const bytes = fromHex(receipts.receiptBytes);
    const accepted = Array.from({ length: 8 * bytes.length }, (_, bit) => bit).filter((bit) => {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      return refusalOf(() => verifyReceiptBytes(flipped, genesis)) === undefined;
    });
    expect(accepted).toEqual([]);
  });

  it('is refused with any one character of its file changed', () => {
    const { receiptFile } = receipts;
    const accepted = Array.from(receiptFile, (_, index) => index).filter((index) => {
      const other = receiptFile[index] === 'a' ? 'b' : 'a';
      const changed = receiptFile.slice(0, index) + other + receiptFile.slice(index + 1);
      return refusalOf(() => verifyReceiptFile(changed, genesis)) === undefined;
    });
    expect(accepted).toEqual([]);
  });
});

describe('a receipt of a later epoch', () => {
  const { laterEpochs } = receipts;
  const ofEpochs = readGenesis(laterEpochs.genesisFile);

  it.each(laterEpochs.receipts)('proves what the vectors say: epoch $proves.epoch', (vector) => {
    expect(verifyReceiptFile(vector.receiptFile, ofEpochs)).toEqual(vector.proves);
    expect(verifyReceiptBytes(fromHex(vector.receiptBytes), ofEpochs)).toEqual(vector.proves);
  });

  it.each(laterEpochs.tampered)('is refused: $what', ({ code, at, receiptFile }) => {
    expect(refusalOf(() => verifyReceiptFile(receiptFile, ofEpochs))).toEqual({ code, at });
  });

  it('is refused with any one bit flipped', () => {
    const bytes = fromHex(laterEpochs.receipts.at(-1)!.receiptBytes);
    const accepted = Array.from({ length: 8 * bytes.length }, (_, bit) => bit).filter((bit) => {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      return refusalOf(() => verifyReceiptBytes(flipped, ofEpochs)) === undefined;
    });
    expect(accepted).toEqual([]);
  });
});

describe('the program', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'independent-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const run = promisify(execFile);
  const verify = async (receiptFile: string): Promise<{ stdout: string }> => {
    const paths = [join(folder, 'genesis.json'), join(folder, 'receipt.json')] as const;
    await Promise.all([writeFile(paths[0], receipts.genesisFile), writeFile(paths[1], receiptFile)]);
    return await run(process.execPath, [join(import.meta.dirname, 'verify.mjs'), ...paths]);
  };

  it('prints what a receipt proves, and ends with 1 for one that proves nothing', async () => {
    expect(JSON.parse((await verify(receipts.receiptFile)).stdout)).toEqual(receipts.proves);
    const tampered = receipts.tampered.find(({ at }) => at === 'certificate')!;
    await expect(verify(tampered.receiptFile)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('receipt.invalid at certificate') as string,
    });
  });
});

describe('what receipts are made of', async () => {
  const { requests } = await read<RequestVectors>('requests.json');
  const { trees, blocks } = await read<BlockVectors>('blocks.json');

  it('ids and signing digests of requests are reproduced, from the draft and from the bytes', () => {
    for (const vector of requests) {
      expect(draftBytes(vector.draft).toString('hex')).toBe(vector.draftBytes);
      expect(requestId(vector.draft)).toBe(vector.id);
      expect(signingDigest(vector.draft.networkId, vector.id)).toBe(vector.signingDigest);
      const decoded: unknown = decode(requestShape, fromHex(vector.requestBytes), REQUEST_BYTES_MAX);
      expect(decoded).toEqual({ ...vector.draft, signature: vector.signature });
    }
    expect(requests.length).toBeGreaterThan(0);
  });

  it('roots of Merkle trees and hashes of blocks are reproduced', () => {
    for (const { ids, root, paths } of trees) {
      for (const [index, id] of ids.entries()) expect(rootOf(id, index, ids.length, paths[index])).toBe(root);
    }
    for (const { header, headerBytes: bytes, headerHash, evidence } of blocks) {
      expect(headerBytes(header).toString('hex')).toBe(bytes);
      expect(evidenceDigest(evidence.map(fromHex))).toBe(header['evidenceDigest']);
      expect(blockHash(header)).toBe(headerHash);
    }
    expect(trees.flatMap(({ ids }) => ids).length * blocks.length).toBeGreaterThan(0);
  });

  it('signatures get the verdicts of the vectors', async () => {
    const { vectors: signatures } = await read<SignatureVectors>('ed25519.json');
    const verdicts = signatures.map(({ name, publicKey, message, signature }) => [
      name,
      isSignature(fromHex(signature), fromHex(message), fromHex(publicKey)),
    ]);
    expect(verdicts).toEqual(signatures.map(({ name, valid }) => [name, valid]));
  });

  it('the encoding accepts and refuses what the vectors say', async () => {
    const { values, invalid } = await read<EncodingVectors>('encoding.json');
    for (const { hex } of values) expect(encodeItem(decodeItem(fromHex(hex))).toString('hex')).toBe(hex);
    const accepted = invalid.filter(({ hex }) => refusalOf(() => decodeItem(fromHex(hex))) === undefined);
    expect(accepted).toEqual([]);
    expect(values.length * invalid.length).toBeGreaterThan(0);
  });
});

describe('a client', async () => {
  const { clientToReplica, replicaToClient } = await read<MessageVectors>('messages.json');

  it('says what the vectors say', () => {
    expect(clientToReplica.map(({ message }) => say(message).toString('hex'))).toEqual(
      clientToReplica.map(({ bytes }) => bytes),
    );
  });

  it('understands what it hears', () => {
    expect(replicaToClient.map(({ bytes }) => hear(fromHex(bytes)))).toEqual(
      replicaToClient.map(({ message }) => message),
    );
  });
});
