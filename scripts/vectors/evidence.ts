/**
 * Vectors of evidence: valid files of every kind, and files that were tampered with, each with its error.
 * @module
 */
import { encodeEvidence, type Evidence } from '../../src/main/ledger/evidence.ts';
import { formatEvidenceFile } from '../../src/main/ledger/evidenceFile.ts';
import { renderGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import { makeEvidence, signedBy } from '../../test/support/evidence.ts';
import { makeGenesis } from '../../test/support/ledger.ts';
import { network } from './network.ts';

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
    ['another epoch', changed((file) => (file['epoch'] = 1)), INVALID, 'statements[0]'],
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
  };
}
