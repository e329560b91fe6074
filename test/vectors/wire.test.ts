import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { VECTOR_FILES } from '../../scripts/vectors/generate.ts';
import { plain, vectorFileText } from '../../scripts/vectors/json.ts';
import { decodeMessage, encodeMessage, peerMessageCodec } from '../../src/main/consensus/messages.ts';
import { toClientCodec, toReplicaCodec } from '../../src/main/consensus/messages.ts';
import { publicKeyOf, signDigest } from '../../src/main/keys/ed25519.ts';
import { verifySync } from '../../src/main/keys/verifier.ts';
import {
  decodeHeader,
  encodeHeader,
  genesisHeader,
  isLinked,
  type BlockHeader,
} from '../../src/main/ledger/block.ts';
import {
  decodeEvidence,
  encodeEvidence,
  evidenceDigest,
  type Evidence,
} from '../../src/main/ledger/evidence.ts';
import { encodeEpochChange } from '../../src/main/ledger/epochChange.ts';
import {
  formatEvidenceFile,
  parseEvidenceFile,
  verifyEvidenceFile,
} from '../../src/main/ledger/evidenceFile.ts';
import {
  encodeGenesis,
  networkIdOf,
  quorumSizes,
  windowOf,
  type Genesis,
} from '../../src/main/ledger/genesis.ts';
import { parseGenesisFile, renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { merklePath, merkleRoot, rootFromPath } from '../../src/main/ledger/merkle.ts';
import { decodeReceipt, encodeReceipt } from '../../src/main/ledger/receipt.ts';
import { verifyReceipt } from '../../src/main/ledger/receiptCheck.ts';
import { parseReceiptFile, renderReceiptFile } from '../../src/main/ledger/receiptFile.ts';
import {
  decodeRequest,
  encodeDraft,
  requestId,
  requestSigningDigest,
  signedRequest,
  type Draft,
} from '../../src/main/ledger/request.ts';
import { Registry } from '../../src/main/ledger/registry/registry.ts';
import { LedgerState } from '../../src/main/ledger/state.ts';
import {
  certificateChecks,
  decodeCheckpointCertificate,
  decodeCommitCertificate,
  encodeCheckpointCertificate,
  encodeCommitCertificate,
  statementDigest,
  viewTag,
  type CheckpointCertificate,
  type CommitCertificate,
  type Statement,
} from '../../src/main/ledger/statement.ts';
import {
  newViewCodec,
  newViewStatement,
  viewChangeCodec,
  viewChangeProblem,
  viewChangeStatement,
  type NewView,
  type ViewChange,
} from '../../src/main/ledger/viewChange.ts';
import { decode, encode, type Codec, type Item } from '../../src/shared/encoding/codec.ts';
import { fromHex, toHex } from '../../src/shared/encoding/hex.ts';
import { anyItem } from '../support/encodings.ts';
import { caught, rejected } from '../support/errors.ts';

const MAX_BYTES = 1 << 20;
const textOf = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8');
const read = async <T>(name: string): Promise<T> => JSON.parse(await textOf(name)) as T;

/** SHA-256 as the document says it, without the implementation's own. */
function digestHex(domain: string, ...parts: string[]): string {
  const hash = createHash('sha256')
    .update(Buffer.from([domain.length]))
    .update(domain, 'ascii');
  for (const part of parts) hash.update(Buffer.from(part, 'hex'));
  return hash.digest('hex');
}

describe('the files', () => {
  it.each(Object.entries(VECTOR_FILES))('%s is what the generator makes', async (name, make) => {
    expect(await vectorFileText(make())).toBe(await textOf(name));
  });
});

describe('encoding.json', async () => {
  interface File {
    values: { what: string; value: unknown; hex: string }[];
    invalid: { reason: string; hex: string }[];
  }
  const { values, invalid } = await read<File>('encoding.json');
  const itemOf = (value: unknown): Item =>
    Array.isArray(value)
      ? value.map(itemOf)
      : typeof value === 'object' && value !== null
        ? fromHex((value as { bytes: string }).bytes)
        : (value as Item);

  it.each(values)('$what', ({ value, hex }) => {
    expect(toHex(encode(anyItem, itemOf(value)))).toBe(hex);
    expect(decode(anyItem, fromHex(hex), MAX_BYTES)).toEqual(itemOf(value));
  });
  it.each(invalid)('$reason is refused: $hex', ({ hex }) => {
    expect(caught(() => decode(anyItem, fromHex(hex), MAX_BYTES)).code).toBe('encoding.invalid');
    // Inside an array as well.
    expect(caught(() => decode(anyItem, fromHex(`81${hex}`), MAX_BYTES)).code).toBe('encoding.invalid');
  });
});

describe('genesis.json', async () => {
  interface File {
    file: string;
    genesis: Genesis;
    bytes: string;
    networkId: string;
    registryDigest: string;
    stateDigest: string;
    header: BlockHeader;
    headerBytes: string;
    headerHash: string;
  }
  const vector = await read<File>('genesis.json');

  it('the file says the genesis, and the genesis the file', () => {
    expect(parseGenesisFile(vector.file)).toEqual(vector.genesis);
    expect(renderGenesisFile(vector.genesis)).toBe(vector.file);
  });
  it('the network id is the digest of its bytes', () => {
    expect(toHex(encodeGenesis(vector.genesis))).toBe(vector.bytes);
    expect(networkIdOf(vector.genesis)).toBe(vector.networkId);
    expect(digestHex('countersign/genesis/2', vector.bytes)).toBe(vector.networkId);
  });
  it('the genesis block follows', () => {
    const state = new LedgerState(vector.genesis);
    expect(state.digest).toBe(vector.stateDigest);
    expect(Registry.ofGenesis(vector.genesis).digest).toBe(vector.registryDigest);
    expect(genesisHeader(vector.genesis, state.digest)).toEqual({
      ...vector.header,
      hash: vector.headerHash,
    });
    expect(toHex(encodeHeader(vector.header))).toBe(vector.headerBytes);
    expect(digestHex('countersign/block/2', vector.headerBytes)).toBe(vector.headerHash);
  });
});

describe('requests.json', async () => {
  interface File {
    requests: {
      seed: string;
      draft: Draft;
      draftBytes: string;
      id: string;
      signingDigest: string;
      signature: string;
      requestBytes: string;
    }[];
  }
  const { requests } = await read<File>('requests.json');

  it.each(requests)('$draft.payload.kind "$draft.payload.title"', (vector) => {
    const { draft, id, signature } = vector;
    expect(toHex(encodeDraft(draft))).toBe(vector.draftBytes);
    expect(requestId(draft)).toBe(id);
    expect(digestHex('countersign/request/1', vector.draftBytes)).toBe(id);
    const digest = requestSigningDigest(draft.networkId, id);
    expect(toHex(digest)).toBe(vector.signingDigest);
    expect(digestHex('countersign/request-signature/1', draft.networkId, id)).toBe(vector.signingDigest);
    expect(publicKeyOf(fromHex(vector.seed))).toBe(draft.supervisor);
    expect(signDigest(digest, fromHex(vector.seed))).toBe(signature);
    expect(verifySync({ signature, digest, publicKey: draft.supervisor })).toBe(true);
    expect(toHex(signedRequest(draft, signature).bytes)).toBe(vector.requestBytes);
    const bytes = fromHex(vector.requestBytes);
    expect(decodeRequest(bytes, MAX_BYTES)).toEqual({ ...draft, id, signature, bytes });
  });
});

describe('blocks.json', async () => {
  interface File {
    trees: { ids: string[]; root: string; paths: string[][] }[];
    blocks: {
      requestIds: string[];
      executed: { executedDigest: string; executedCount: number };
      evidence: string[];
      header: BlockHeader;
      headerBytes: string;
      headerHash: string;
    }[];
  }
  const { trees, blocks } = await read<File>('blocks.json');
  const genesis = await read<{ header: BlockHeader; headerHash: string }>('genesis.json');

  it.each(trees)('the tree of $ids.length', ({ ids, root, paths }) => {
    expect(merkleRoot(ids)).toBe(root);
    expect(paths).toHaveLength(ids.length);
    for (const [index, id] of ids.entries()) {
      expect(merklePath(ids, index)).toEqual(paths[index]);
      expect(rootFromPath(id, index, ids.length, paths[index]!)).toBe(root);
    }
  });
  it('the chain is linked, block by block', () => {
    let below = { ...genesis.header, hash: genesis.headerHash };
    let running = '00'.repeat(32);
    for (const { header, headerBytes, headerHash, requestIds, evidence, executed } of blocks) {
      expect(toHex(encodeHeader(header))).toBe(headerBytes);
      expect(decodeHeader(fromHex(headerBytes))).toEqual({ ...header, hash: headerHash });
      expect(digestHex('countersign/block/2', headerBytes)).toBe(headerHash);
      expect(isLinked(below, header)).toBe(true);
      expect(merkleRoot(requestIds)).toBe(header.requestsRoot);
      const pieces = evidence.map((bytes) => decodeEvidence(fromHex(bytes)));
      expect(evidenceDigest(pieces)).toBe(header.evidenceDigest);
      // A list of so few elements has a head of one byte.
      const listBytes = `${(0x80 + evidence.length).toString(16)}${evidence.join('')}`;
      const expected =
        evidence.length === 0 ? '00'.repeat(32) : digestHex('countersign/evidence/1', listBytes);
      expect(header.evidenceDigest).toBe(expected);
      for (const id of requestIds) running = digestHex('countersign/executed/1', running, id);
      expect(executed.executedDigest).toBe(running);
      below = { ...header, hash: headerHash };
    }
    expect(blocks.map(({ executed }) => executed.executedCount)).toEqual([1, 4, 6]);
  });
});

describe('statements.json', async () => {
  interface File {
    networkId: string;
    statements: {
      statement: Statement;
      digest: string;
      seed: string;
      publicKey: string;
      signature: string;
    }[];
    viewTags: { epoch: number; view: number; tag: string }[];
  }
  const { networkId, statements, viewTags } = await read<File>('statements.json');

  it.each(statements)('$statement.type in view $statement.view', ({ statement, digest, ...by }) => {
    const bytes = statementDigest(networkId, statement);
    expect(toHex(bytes)).toBe(digest);
    expect(signDigest(bytes, fromHex(by.seed))).toBe(by.signature);
    expect(verifySync({ digest: bytes, signature: by.signature, publicKey: by.publicKey })).toBe(true);
  });
  it.each(viewTags)('the tag of view $view of epoch $epoch', ({ epoch, view, tag }) => {
    expect(viewTag(networkId, epoch, view)).toBe(tag);
  });
});

describe('certificates.json', async () => {
  interface File {
    networkId: string;
    replicaKeys: string[];
    quorum: number;
    commit: { certificate: CommitCertificate; bytes: string };
    checkpoint: { certificate: CheckpointCertificate; bytes: string };
  }
  const { networkId, replicaKeys, quorum, commit, checkpoint } = await read<File>('certificates.json');

  it('the commit certificate', () => {
    expect(toHex(encodeCommitCertificate(commit.certificate))).toBe(commit.bytes);
    expect(decodeCommitCertificate(fromHex(commit.bytes))).toEqual(commit.certificate);
  });
  it('the checkpoint certificate', () => {
    expect(toHex(encodeCheckpointCertificate(checkpoint.certificate))).toBe(checkpoint.bytes);
    expect(decodeCheckpointCertificate(fromHex(checkpoint.bytes))).toEqual(checkpoint.certificate);
  });
  it('both are signed by a quorum', () => {
    expect(quorumSizes(replicaKeys.length).q).toBe(quorum);
    for (const { certificate } of [commit, checkpoint]) {
      const checks = certificateChecks(networkId, replicaKeys, quorum, certificate)!;
      expect(checks).toHaveLength(quorum);
      expect(checks.every(verifySync)).toBe(true);
    }
  });
});

describe('viewChange.json', async () => {
  interface File {
    viewChanges: { viewChange: ViewChange; bytes: string; contentDigest: string }[];
    newView: NewView;
    newViewBytes: string;
    newViewContentDigest: string;
  }
  const file = await read<File>('viewChange.json');
  const genesis = await read<{ genesis: Genesis; header: BlockHeader; headerHash: string }>('genesis.json');
  const keys = genesis.genesis.replicas.map(({ publicKey }) => publicKey);
  const networkId = networkIdOf(genesis.genesis);

  it.each(file.viewChanges)('a view change of $viewChange.chain.length headers', (vector) => {
    const { viewChange, bytes, contentDigest } = vector;
    expect(toHex(encode(viewChangeCodec, viewChange))).toBe(bytes);
    expect(decode(viewChangeCodec, fromHex(bytes), MAX_BYTES)).toEqual(viewChange);
    expect(digestHex('countersign/view-change-content/1', bytes)).toBe(contentDigest);
    const bottom = { ...genesis.header, hash: genesis.headerHash };
    expect(viewChangeProblem(viewChange, bottom, windowOf(genesis.genesis.limits))).toBeUndefined();
  });
  it('the new view', () => {
    expect(toHex(encode(newViewCodec, file.newView))).toBe(file.newViewBytes);
    expect(decode(newViewCodec, fromHex(file.newViewBytes), MAX_BYTES)).toEqual(file.newView);
    expect(newViewStatement(file.newView).contentDigest).toBe(file.newViewContentDigest);
    for (const { replica, viewChange, signature } of file.newView.viewChanges) {
      const digest = statementDigest(networkId, viewChangeStatement(viewChange));
      expect(verifySync({ digest, signature, publicKey: keys[replica]! })).toBe(true);
    }
  });
});

describe('evidence.json', async () => {
  interface File {
    genesisFile: string;
    evidence: {
      proves: { replica: number; kind: string; view: number };
      evidence: Evidence;
      bytes: string;
      file: string;
    }[];
    tampered: { what: string; code: string; at?: string; file: string }[];
  }
  const vector = await read<File>('evidence.json');
  const genesis = parseGenesisFile(vector.genesisFile);

  it.each(vector.evidence)('proves a fault: $proves.kind', async ({ proves, evidence, bytes, file }) => {
    expect(toHex(encodeEvidence(evidence))).toBe(bytes);
    expect(decodeEvidence(fromHex(bytes))).toEqual(evidence);
    expect(formatEvidenceFile(genesis, evidence)).toBe(file);
    const proven = await verifyEvidenceFile(genesis, file, verifySync);
    const { statement } = proven.evidence.first;
    expect({ replica: evidence.replica, kind: statement.type, view: statement.view }).toEqual(proves);
    expect(proven.accused).toEqual(genesis.replicas[proves.replica]);
  });
  it.each(vector.tampered)('$what is refused', async ({ file, code, at }) => {
    const error = await rejected(verifyEvidenceFile(genesis, file, verifySync));
    expect(error.code).toBe(code);
    if (at !== undefined) expect(error.data).toMatchObject({ at });
  });
});

describe('evidence.json, of a later epoch', async () => {
  interface File {
    laterEpochs: {
      genesisFile: string;
      file: string;
      proves: { replica: number; kind: string; view: number; publicKey: string };
      tampered: { what: string; code: string; at: string; file: string }[];
    };
  }
  const { laterEpochs } = await read<File>('evidence.json');
  const genesis = parseGenesisFile(laterEpochs.genesisFile);

  it('proves a fault of a replica of that epoch', async () => {
    const { evidence, accused } = await verifyEvidenceFile(genesis, laterEpochs.file, verifySync);
    const { type: kind, view } = evidence.first.statement;
    const { publicKey } = accused;
    expect({ replica: evidence.replica, kind, view, publicKey }).toEqual(laterEpochs.proves);
    const { changes } = parseEvidenceFile(laterEpochs.file);
    expect(formatEvidenceFile(genesis, evidence, changes)).toBe(laterEpochs.file);
  });
  it.each(laterEpochs.tampered)('$what is refused', async ({ file, code, at }) => {
    const error = await rejected(verifyEvidenceFile(genesis, file, verifySync));
    expect(error).toMatchObject({ code, data: { at } });
  });
});

describe('receipt.json', async () => {
  interface File {
    genesisFile: string;
    receiptFile: string;
    receiptBytes: string;
    proves: {
      requestId: string;
      supervisor: string;
      timestampMs: number;
      height: number;
      checkpointHeight: number;
      epoch: number;
      signers: number[];
    };
    tampered: { what: string; code: string; at?: string; receiptFile: string }[];
    laterEpochs: {
      genesisFile: string;
      receipts: (Pick<File, 'receiptFile' | 'receiptBytes' | 'proves'> & { changes: string[] })[];
      tampered: { what: string; code: string; at: string; receiptFile: string }[];
    };
  }
  const vector = await read<File>('receipt.json');
  const genesis = parseGenesisFile(vector.genesisFile);

  it('the receipt proves its request final', async () => {
    const proven = await verifyReceipt(vector.receiptFile, genesis, verifySync);
    expect({
      requestId: proven.request.id,
      supervisor: proven.supervisor.publicKey,
      timestampMs: proven.request.timestampMs,
      height: proven.header.height,
      checkpointHeight: proven.checkpoint.height,
      epoch: proven.header.epoch,
      signers: proven.signers.map((replica) => genesis.replicas.indexOf(replica)),
    }).toEqual(vector.proves);
  });
  describe('of later epochs', () => {
    const { laterEpochs } = vector;
    const ofEpochs = parseGenesisFile(laterEpochs.genesisFile);
    it.each(laterEpochs.receipts)('epoch $proves.epoch', async ({ receiptFile, receiptBytes, ...said }) => {
      const receipt = parseReceiptFile(receiptFile);
      expect(toHex(encodeReceipt(receipt))).toBe(receiptBytes);
      expect(receipt.registryChanges.map((change) => toHex(encodeEpochChange(change)))).toEqual(said.changes);
      const proven = await verifyReceipt(receiptFile, ofEpochs, verifySync);
      const { epoch, requestId, height } = said.proves;
      expect([proven.header.epoch, proven.request.id, proven.header.height]).toEqual([
        epoch,
        requestId,
        height,
      ]);
      expect(proven.signers.map(({ publicKey }) => publicKey)).toEqual(
        said.proves.signers.map((index) => receipt.registryChanges.at(-1)?.replicas[index]?.publicKey),
      );
    });
    it.each(laterEpochs.tampered)('$what is refused', async ({ receiptFile, code, at }) => {
      const error = await rejected(verifyReceipt(receiptFile, ofEpochs, verifySync));
      expect(error).toMatchObject({ code, data: { at } });
    });
  });
  it('its file and its bytes are one', () => {
    const receipt = parseReceiptFile(vector.receiptFile);
    expect(toHex(encodeReceipt(receipt))).toBe(vector.receiptBytes);
    expect(renderReceiptFile(decodeReceipt(fromHex(vector.receiptBytes)))).toBe(vector.receiptFile);
  });
  it.each(vector.tampered)('$what is refused', async ({ receiptFile, code, at }) => {
    expect(receiptFile).not.toBe(vector.receiptFile);
    const error = await rejected(verifyReceipt(receiptFile, genesis, verifySync));
    expect(error.code).toBe(code);
    if (at !== undefined) expect(error.data).toMatchObject({ at });
  });
});

describe('messages.json', async () => {
  type Vectors = { message: { type: string }; bytes: string }[];
  interface File {
    betweenReplicas: Vectors;
    clientToReplica: Vectors;
    replicaToClient: Vectors;
  }
  const file = await read<File>('messages.json');
  const check = <M>(codec: Codec<M>, { message, bytes }: Vectors[number]): void => {
    const decoded = decodeMessage(codec, fromHex(bytes), MAX_BYTES);
    expect(plain(decoded)).toEqual(message);
    expect(toHex(encodeMessage(codec, decoded))).toBe(bytes);
    expect(caught(() => decodeMessage(codec, fromHex(`${bytes}00`), MAX_BYTES)).code).toBe(
      'encoding.invalid',
    );
    // A message with any field missing is not written (defect 3 of the prototype: `{"type":4}` went out).
    for (const name of Object.keys(message)) {
      const { [name]: _left, ...rest } = decoded as Record<string, unknown>;
      expect(() => encodeMessage(codec, rest as M), name).toThrow();
    }
  };

  it.each(file.betweenReplicas)('between replicas: $message.type', (vector) =>
    check(peerMessageCodec, vector),
  );
  it.each(file.clientToReplica)('from a client: $message.type', (vector) => check(toReplicaCodec, vector));
  it.each(file.replicaToClient)('to a client: $message.type', (vector) => check(toClientCodec, vector));
});
