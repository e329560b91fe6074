/**
 * Vectors of receipts: a valid file, and files that were tampered with, each with the step that must refuse it.
 * @module
 */
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { buildReceipt, encodeReceipt, type Receipt } from '../../src/main/ledger/receipt.ts';
import { renderReceiptFile } from '../../src/main/ledger/receiptFile.ts';
import { decodeRequest } from '../../src/main/ledger/request.ts';
import type { CheckpointCertificate } from '../../src/main/ledger/statement.ts';
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

export function receiptVectors(): unknown {
  const valid = validReceipt();
  return {
    description:
      'A receipt that proves its request final, and tampered files. `code` and `at` name the error of this ' +
      'implementation; any other must refuse the file as well. Without `at`, any step may refuse it.',
    genesisFile: renderGenesisFile(network.genesis),
    receiptFile: renderReceiptFile(valid),
    receiptBytes: encodeReceipt(valid),
    proves: {
      requestId: valid.request.id,
      supervisor: valid.request.supervisor,
      timestampMs: valid.request.timestampMs,
      height: valid.header.height,
      checkpointHeight: valid.headersAbove.at(-1)?.height,
      signers: valid.certificate.signatures.map(({ replica }) => replica),
    },
    tampered: tampered(valid).map(([what, receiptFile, code, at]) => ({ what, code, at, receiptFile })),
  };
}
