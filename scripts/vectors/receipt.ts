/**
 * Vectors of receipts: a valid file, and files that were tampered with, each with the step that must refuse it.
 * @module
 */
import { encodeEpochChange, type EpochChange } from '../../src/main/ledger/epochChange.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { buildReceipt, encodeReceipt, type Receipt } from '../../src/main/ledger/receipt.ts';
import { renderReceiptFile } from '../../src/main/ledger/receiptFile.ts';
import { decodeRequest } from '../../src/main/ledger/request.ts';
import type { CheckpointCertificate } from '../../src/main/ledger/statement.ts';
import { EpochChain, addReplica } from '../../test/support/epochs.ts';
import { newKey } from '../../test/support/registry.ts';
import { makeCheckpointCertificate, makeGenesis, signStatement } from '../../test/support/ledger.ts';
import { makeChain, missing, network } from './network.ts';

/** What was done to a receipt, the file that came of it, and the error: its code, and where there is one, its place. */
type Tampered = [what: string, file: string, code: string, at?: string];

function validReceipt(): Receipt {
  const { chain, blocks } = makeChain();
  const requests = blocks[1] ?? missing('block');
  return buildReceipt({
    request: requests[1] ?? missing('request'),
    header: chain.header(2),
    ids: requests.map(({ id }) => id),
    headersAbove: [chain.header(3)],
    certificate: makeCheckpointCertificate(network, chain.header(3), 6),
    below: chain.stateAt(1),
    registryChanges: [],
  });
}

function tampered(valid: Receipt): Tampered[] {
  const file = renderReceiptFile(valid);
  return [...changedFiles(file), ...forgedReceipts(valid), ...forgedCertificates(valid)];
}

function changedFiles(file: string): Tampered[] {
  const digit = file.lastIndexOf('"') - 1;
  const other = file.charAt(digit) === '0' ? '1' : '0';
  return [
    ['no JSON', file.slice(0, -4), 'receipt.invalid', 'the file'],
    [
      'another format',
      file.replace('countersign-receipt', 'countersign-genesis'),
      'receipt.invalid',
      'format',
    ],
    ['a later version', file.replace('"version": 2', '"version": 3'), 'receipt.invalid', 'version'],
    [
      'another title in the summary',
      file.replace('"title": "', '"title": "X'),
      'receipt.invalid',
      'the file',
    ],
    [
      'another height in the summary',
      file.replace('"height": 2', '"height": 3'),
      'receipt.invalid',
      'the file',
    ],
    ['line ends of another system', file.replaceAll('\n', '\r\n'), 'receipt.invalid', 'the file'],
    ['a blank at the end', `${file} `, 'receipt.invalid', 'the file'],
    ['another digit in the bytes', file.slice(0, digit) + other + file.slice(digit + 1), 'receipt.invalid'],
  ];
}

function forgedReceipts(valid: Receipt): Tampered[] {
  const { chain, blocks } = makeChain();
  const foreign = makeGenesis({ name: 'Another network' });
  const [stranger] = blocks[0] ?? missing('block');
  const made: [what: string, receipt: Receipt, at: string][] = [
    ['another request', { ...valid, request: stranger ?? missing('request') }, 'path'],
    ['another index', { ...valid, index: 0 }, 'path'],
    ['a path that is too short', { ...valid, path: valid.path.slice(1) }, 'path'],
    ['the header of another block', { ...valid, header: chain.header(1) }, 'path'],
    ['a header left out', { ...valid, headersAbove: [] }, 'certificate'],
    ['a header twice', { ...valid, headersAbove: [chain.header(3), chain.header(3)] }, 'headersAbove[1]'],
    ["a signature that is not the supervisor's", { ...valid, request: withOtherSignature(valid) }, 'request'],
  ];
  const wrongNetwork: Tampered = [
    'a request of another network',
    renderReceiptFile({ ...valid, request: ofNetwork(valid, foreign.networkId) }),
    'receipt.wrongNetwork',
  ];
  return [
    ...made.map(([what, receipt, at]): Tampered => [what, renderReceiptFile(receipt), 'receipt.invalid', at]),
    wrongNetwork,
  ];
}

function forgedCertificates(valid: Receipt): Tampered[] {
  const { certificate } = valid;
  const { signatures } = certificate;
  const [first = missing('signature')] = signatures;
  const forged: [what: string, certificate: CheckpointCertificate][] = [
    ['fewer signers than a quorum', { ...certificate, signatures: signatures.slice(1) }],
    [
      'one signature under three names',
      { ...certificate, signatures: [0, 1, 2].map((replica) => ({ ...first, replica })) },
    ],
    [
      'a signer whom the genesis does not know',
      {
        ...certificate,
        signatures: signatures.map((one, index) => (index === 2 ? { ...one, replica: 4 } : one)),
      },
    ],
    ['signatures of another view', { ...certificate, view: 7 }],
    ['local commits instead of checkpoint votes', ofLocalCommits(certificate)],
    ['another state', { ...certificate, stateDigest: valid.header.stateDigest }],
    ['another epoch', { ...certificate, epoch: 1 }],
  ];
  return forged.map(([what, each]) => [
    what,
    renderReceiptFile({ ...valid, certificate: each }),
    'receipt.invalid',
    'certificate',
  ]);
}

function ofLocalCommits(certificate: CheckpointCertificate): CheckpointCertificate {
  const { epoch, view, height, hash } = certificate;
  const signatures = [0, 1, 2].map((replica) => ({
    replica,
    signature: signStatement(network, replica, { type: 'localCommit', epoch, view, height, hash }),
  }));
  return { ...certificate, signatures };
}

/** The request's bytes end with its signature. */
function withOtherSignature({ request }: Receipt): Receipt['request'] {
  const bytes = Uint8Array.from(request.bytes);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return { ...request, bytes };
}

/** The network id stands behind the array's head, the version and a head of two bytes. */
function ofNetwork({ request }: Receipt, networkId: string): Receipt['request'] {
  const OFFSET = 4;
  const bytes = Uint8Array.from(request.bytes);
  bytes.set(Buffer.from(networkId, 'hex'), OFFSET);
  return decodeRequest(bytes, bytes.length);
}

/** Receipts of epochs 1 and 2 of a network of their own, and files of the last with other changes of replicas. */
function laterEpochs(): unknown {
  const first = new EpochChain(makeGenesis({ name: 'Epochs 纪元', limits: { checkpointDistance: 4 } }));
  const key = newKey(0);
  first.end(addReplica(first.network, key), key);
  const ofFirst = first.receipt();
  const [{ publicKey } = missing('replica')] = first.network.genesis.replicas;
  first.end({ kind: 'removeReplica', publicKey });
  const ofSecond = first.receipt();
  const [one = missing('change'), two = missing('change')] = ofSecond.registryChanges;
  const { signatures } = two.certificate;
  const top = ofSecond.headersAbove.at(-1) ?? ofSecond.header;
  const withChanges = (registryChanges: readonly EpochChange[]): Receipt => ({
    ...ofSecond,
    registryChanges,
  });
  const forged: [what: string, receipt: Receipt, at: string][] = [
    ['no changes', withChanges([]), 'registryChanges'],
    ['a change left out', withChanges([two]), 'registryChanges'],
    ['a change too many', withChanges([one, two, two]), 'registryChanges'],
    ['the changes swapped', withChanges([two, one]), 'registryChanges[0]'],
    ['one change twice', withChanges([one, one]), 'registryChanges[1]'],
    [
      'a change with fewer signers than a quorum',
      withChanges([one, { ...two, certificate: { ...two.certificate, signatures: signatures.slice(1) } }]),
      'registryChanges[1]',
    ],
    [
      'a change that the set before the last has certified',
      withChanges([one, { ...two, certificate: makeCheckpointCertificate(first.network, two.header, 2) }]),
      'registryChanges[1]',
    ],
    [
      'a change with the certificate of another epoch',
      withChanges([one, { ...two, certificate: one.certificate }]),
      'registryChanges[1]',
    ],
    [
      'a change with other replicas than its header names',
      withChanges([one, { ...two, replicas: one.replicas }]),
      'registryChanges[1]',
    ],
    [
      'a certificate by the replicas of the epoch before',
      { ...ofSecond, certificate: makeCheckpointCertificate(first.networkOf(1), top, 5) },
      'certificate',
    ],
    [
      'a certificate by the replicas of the genesis',
      { ...ofSecond, certificate: makeCheckpointCertificate(first.network, top, 5) },
      'certificate',
    ],
  ];
  return {
    description: 'Receipts of later epochs, which changes of the set of replicas lead to from the genesis.',
    genesisFile: renderGenesisFile(first.network.genesis),
    receipts: [ofFirst, ofSecond].map((receipt) => ({
      receiptFile: renderReceiptFile(receipt),
      receiptBytes: encodeReceipt(receipt),
      changes: receipt.registryChanges.map(encodeEpochChange),
      proves: provenBy(receipt),
    })),
    tampered: forged.map(([what, receipt, at]) => ({
      what,
      code: 'receipt.invalid',
      at,
      receiptFile: renderReceiptFile(receipt),
    })),
  };
}

function provenBy(receipt: Receipt): object {
  const { request, header, headersAbove, certificate } = receipt;
  return {
    requestId: request.id,
    supervisor: request.supervisor,
    timestampMs: request.timestampMs,
    height: header.height,
    checkpointHeight: (headersAbove.at(-1) ?? header).height,
    epoch: header.epoch,
    signers: certificate.signatures.map(({ replica }) => replica),
  };
}

export function receiptVectors(): unknown {
  const valid = validReceipt();
  return {
    description:
      'A receipt that proves its request final, and tampered files. `code` and `at` name the error of this ' +
      'implementation; any other must refuse the file as well. Without `at`, any step may refuse it.',
    genesisFile: renderGenesisFile(network.genesis),
    receiptFile: renderReceiptFile(valid),
    receiptBytes: encodeReceipt(valid),
    proves: provenBy(valid),
    tampered: tampered(valid).map(([what, receiptFile, code, at]) => ({ what, code, at, receiptFile })),
    laterEpochs: laterEpochs(),
  };
}
