/**
 * Vectors of evidence: valid files of every kind, and files that were tampered with, each with its error.
 * @module
 */
import { epochChangesCodec, type EpochChange } from '../../src/main/ledger/epochChange.ts';
import { encodeEvidence, type Evidence } from '../../src/main/ledger/evidence.ts';
import { formatEvidenceFile } from '../../src/main/ledger/evidenceFile.ts';
import { hexLines } from '../../src/main/ledger/fileText.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { encode } from '../../src/shared/encoding/codec.ts';
import { toHex } from '../../src/shared/encoding/hex.ts';
import { twoChanges } from '../../test/support/epochs.ts';
import { makeEvidence, signedBy } from '../../test/support/evidence.ts';
import { makeGenesis } from '../../test/support/ledger.ts';
import { missing, network } from './network.ts';

/** What was done to a file, the file that came of it, and the error: its code, and where there is one, its place. */
type Tampered = [what: string, file: string, code: string, at?: string];

const { genesis } = network;
const KINDS = ['order', 'localCommit', 'checkpointVote', 'viewChange', 'newView'] as const;
const valid = makeEvidence(network, 2, 'checkpointVote');
const validFile = formatEvidenceFile(genesis, valid);

/** The valid file with one of its values replaced, laid out as it was. */
function changed(change: (content: Record<string, unknown>) => void): string {
  const content = JSON.parse(validFile) as Record<string, unknown>;
  change(content);
  return `${JSON.stringify(content, null, 2)}\n`;
}

function statementsOf(file: Record<string, unknown>): unknown[] {
  return file['statements'] as unknown[];
}

const INVALID = 'evidence.invalid';

function tampered(): Tampered[] {
  const forged: Evidence = { ...valid, second: signedBy(network, 1, valid.second.statement) };
  const other = makeGenesis({ name: 'Another network' });
  return [
    ['no JSON', validFile.slice(0, -4), INVALID, 'the file'],
    ['another format', validFile.replace('countersign-evidence', 'countersign-receipt'), INVALID, 'format'],
    ['a later version', validFile.replace('"version": 1', '"version": 2'), INVALID, 'version'],
    ['line ends of another system', validFile.replaceAll('\n', '\r\n'), INVALID, 'the file'],
    ['an unknown key', changed((file) => (file['extra'] = 1)), INVALID, 'the file'],
    ['the statements swapped', changed((file) => statementsOf(file).reverse()), INVALID],
    [
      'one statement twice',
      changed((file) => statementsOf(file).splice(1, 1, statementsOf(file)[0])),
      INVALID,
    ],
    ['another network', formatEvidenceFile(other.genesis, makeEvidence(other, 2)), 'evidence.wrongNetwork'],
    ['a replica that is not there', changed((file) => (file['replica'] = 4)), INVALID, 'replica'],
    ['another replica accused', changed((file) => (file['replica'] = 1)), INVALID, 'statements[0]'],
    ['another view', changed((file) => (file['view'] = 6)), INVALID, 'statements[0]'],
    ['another height', changed((file) => (file['height'] = 4)), INVALID, 'statements[0]'],
    ['another epoch', changed((file) => (file['epoch'] = 1)), INVALID, 'registry_changes'],
    [
      'changes that are not needed',
      changed((file) => (file['registry_changes'] = ['80'])),
      INVALID,
      'the file',
    ],
    [
      'a statement that another replica signed',
      formatEvidenceFile(genesis, forged),
      INVALID,
      'statements[1]',
    ],
    ['another name', changed((file) => (file['name'] = 'somebody else')), INVALID, 'name'],
    [
      'another organisation',
      changed((file) => (file['organisation'] = 'elsewhere')),
      INVALID,
      'organisation',
    ],
    ['another key', changed((file) => (file['public_key'] = '00'.repeat(32))), INVALID, 'public_key'],
  ];
}

/** Evidence of epoch 2 of a network of its own, and files of it with other changes of replicas. */
function laterEpochs(): unknown {
  const epochs = twoChanges(makeGenesis({ name: 'Epochs 纪元', limits: { checkpointDistance: 4 } }));
  const { changes } = epochs;
  const of = epochs.network.genesis;
  const evidence = makeEvidence(epochs.networkOf(2), 1, 'checkpointVote', { epoch: 2 });
  const file = formatEvidenceFile(of, evidence, changes);
  const withChanges = (others: readonly (EpochChange | undefined)[]): string => {
    const chain = others.map((change) => change ?? missing('change'));
    const content = JSON.parse(file) as Record<string, unknown>;
    content['registry_changes'] = hexLines(toHex(encode(epochChangesCodec, chain)), 32);
    return `${JSON.stringify(content, null, 2)}\n`;
  };
  const [one, two] = changes;
  const forged: [what: string, file: string, at: string][] = [
    ['no changes', withChanges([]), 'registry_changes'],
    ['a change left out', withChanges([two]), 'registry_changes'],
    ['the changes swapped', withChanges([two, one]), 'registry_changes[0]'],
    ['one change twice', withChanges([one, one]), 'registry_changes[1]'],
    [
      'signed by the replica that has the place in the genesis',
      formatEvidenceFile(of, makeEvidence(epochs.network, 1, 'checkpointVote', { epoch: 2 }), changes),
      'statements[0]',
    ],
  ];
  return {
    description: 'Evidence of a later epoch, in which the accused has another place than in the genesis.',
    genesisFile: renderGenesisFile(of),
    file,
    proves: {
      replica: 1,
      kind: 'checkpointVote',
      view: 5,
      publicKey: changes.at(-1)?.replicas[1]?.publicKey,
    },
    tampered: forged.map(([what, each, at]) => ({ what, code: INVALID, at, file: each })),
  };
}

export function evidenceVectors(): unknown {
  return {
    description:
      'Evidence that proves its replica faulty, and tampered files. `code` and `at` name the error of this ' +
      'implementation; any other must refuse the file as well. Without `at`, any step may refuse it.',
    genesisFile: renderGenesisFile(genesis),
    evidence: KINDS.map((kind, replica) => {
      const evidence = makeEvidence(network, replica % genesis.replicas.length, kind);
      return {
        proves: { replica: evidence.replica, kind, view: evidence.first.statement.view },
        evidence,
        bytes: encodeEvidence(evidence),
        file: formatEvidenceFile(genesis, evidence),
      };
    }),
    tampered: tampered().map(([what, file, code, at]) => ({ what, code, at, file })),
    laterEpochs: laterEpochs(),
  };
}
