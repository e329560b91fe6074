import { describe, expect, it } from 'vitest';
import { epochChangesCodec, type EpochChange } from '../../../src/main/ledger/epochChange.ts';
import { EVIDENCE_BYTES_MAX, type Evidence } from '../../../src/main/ledger/evidence.ts';
import {
  EVIDENCE_FILE_CHARS_MAX,
  checkEvidence,
  formatEvidenceFile,
  isEvidenceFile,
  parseEvidenceFile,
  verifyEvidenceFile,
} from '../../../src/main/ledger/evidenceFile.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import { renderReceiptFile } from '../../../src/main/ledger/receiptFile.ts';
import type { CountersignError } from '../../../src/shared/errors.ts';
import { encode } from '../../../src/shared/encoding/codec.ts';
import { twoChanges } from '../../support/epochs.ts';
import { caught, rejected } from '../../support/errors.ts';
import { contradictingPair, makeEvidence, signedBy } from '../../support/evidence.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { makeReceipt, verify } from '../../support/receipts.ts';

const network = makeGenesis();
const { genesis, networkId } = network;
const TYPES = ['order', 'localCommit', 'checkpointVote', 'viewChange', 'newView'] as const;
const evidence = makeEvidence(network, 2);
const text = formatEvidenceFile(genesis, evidence);
const refusal = (file: string, against: Genesis = genesis): Promise<CountersignError> =>
  rejected(verifyEvidenceFile(against, file, verify));

/** The file with one of its values replaced, laid out as it was. */
function changed(file: string, change: (content: Record<string, unknown>) => void): string {
  const content = JSON.parse(file) as Record<string, unknown>;
  change(content);
  return `${JSON.stringify(content, null, 2)}\n`;
}

describe('an evidence file', () => {
  it.each(TYPES)('proves that its replica signed both: %s', async (type) => {
    for (const replica of [0, 3]) {
      const made = makeEvidence(network, replica, type);
      const file = formatEvidenceFile(genesis, made);
      expect(isEvidenceFile(file)).toBe(true);
      expect(parseEvidenceFile(file).evidence).toEqual(made);
      expect(await verifyEvidenceFile(genesis, file, verify)).toEqual({
        evidence: made,
        accused: genesis.replicas[replica],
      });
    }
  });

  it('says whom it accuses, of what, and what was said', () => {
    const made = makeEvidence(network, 1, 'checkpointVote', { epoch: 0, view: 7, height: 9 });
    const said = ({ statement, signature }: Evidence['first']): object => ({
      hash: 'hash' in statement && statement.hash,
      state_digest: 'stateDigest' in statement && statement.stateDigest,
      signature,
    });
    expect(JSON.parse(formatEvidenceFile(genesis, made))).toEqual({
      format: 'countersign-evidence',
      version: 1,
      network_id: networkId,
      replica: 1,
      name: 'replica 1',
      organisation: 'organisation 1',
      public_key: genesis.replicas[1]!.publicKey,
      kind: 'checkpointVote',
      epoch: 0,
      view: 7,
      height: 9,
      statements: [said(made.first), said(made.second)],
    });
    const ofView = JSON.parse(formatEvidenceFile(genesis, makeEvidence(network, 1, 'newView'))) as object;
    expect(ofView).toMatchObject({ kind: 'newView', view: 5, height: null });
  });

  it('is checked in memory too, by a verifier that answers later as well', async () => {
    const later = async (check: Parameters<typeof verify>[0]): Promise<boolean> =>
      Promise.resolve(verify(check));
    const { accused } = await checkEvidence(genesis, evidence, later);
    expect(accused).toEqual(genesis.replicas[2]);
  });

  it('fits its limit with the longest names and the greatest numbers', async () => {
    const longest = '\u0000'.repeat(255);
    const replicas = genesis.replicas.map((replica) => ({
      ...replica,
      name: longest,
      organisation: longest,
    }));
    const most = Number.MAX_SAFE_INTEGER;
    const place = { view: most, height: most };
    const file = formatEvidenceFile(
      { ...genesis, replicas },
      makeEvidence(network, 1, 'checkpointVote', place),
    );
    expect(file.length).toBeLessThanOrEqual(EVIDENCE_FILE_CHARS_MAX);
    expect(parseEvidenceFile(file).accused.name).toBe(longest);
    expect(EVIDENCE_BYTES_MAX).toBeLessThan(EVIDENCE_FILE_CHARS_MAX);
  });

  it('is not made for a replica that the genesis does not have', () => {
    const error = caught(() => formatEvidenceFile(genesis, { ...evidence, replica: 4 }));
    expect(error).toMatchObject({ code: 'evidence.invalid', data: { at: 'replica' } });
  });

  it('is told from a receipt', () => {
    expect(isEvidenceFile(renderReceiptFile(makeReceipt().receipt))).toBe(false);
    for (const file of ['', '{}', '[]', '{"format":"countersign-genesis"}']) {
      expect(isEvidenceFile(file)).toBe(false);
    }
    expect(isEvidenceFile(text.replaceAll('\n', '\r\n'))).toBe(true);
  });
});

describe('a file that is refused', () => {
  it('with any one character changed', async () => {
    for (const [index, character] of Array.from(text).entries()) {
      const file = text.slice(0, index) + (character === 'a' ? 'b' : 'a') + text.slice(index + 1);
      expect((await refusal(file)).code).toMatch(/^evidence\.(invalid|wrongNetwork)$/);
    }
  }, 30_000);

  it.each([
    ['no JSON', text.slice(0, -4), 'the file'],
    ['nothing', '', 'the file'],
    ['another format', text.replace('countersign-evidence', 'countersign-receipt'), 'format'],
    ['a later version', text.replace('"version": 1', '"version": 2'), 'version'],
    ['line ends of another system', text.replaceAll('\n', '\r\n'), 'the file'],
    ['a blank at the end', `${text} `, 'the file'],
    ['more characters than there can be', ' '.repeat(EVIDENCE_FILE_CHARS_MAX) + text, 'the file'],
    ['the key __proto__', text.replace('"replica": 2', '"__proto__": 2'), 'the file'],
    ['another key', changed(text, (file) => (file['extra'] = 1)), 'the file'],
    ['a key missing', changed(text, (file) => delete file['view']), 'view'],
    ['one statement only', changed(text, (file) => (file['statements'] as unknown[]).pop()), 'statements'],
    ['an unknown kind', text.replace('localCommit', 'request'), 'kind'],
    ['a number that is none', text.replace('"view": 5', '"view": 5.5'), 'view'],
    ['a negative height', text.replace('"height": 3', '"height": -1'), 'height'],
    ['no height where one belongs', text.replace('"height": 3', '"height": null'), 'statement.height'],
  ])('%s', async (_, file, at) => {
    expect(file).not.toBe(text);
    expect(await refusal(file)).toMatchObject({ code: 'evidence.invalid', data: { at } });
  });

  it('whose statements are swapped, or are one', async () => {
    const swap = changed(text, (file) => (file['statements'] as unknown[]).reverse());
    const twice = changed(text, (file) => {
      const [first] = file['statements'] as unknown[];
      file['statements'] = [first, first];
    });
    for (const file of [swap, twice]) {
      const error = await refusal(file);
      expect(error).toMatchObject({ code: 'evidence.invalid', data: { at: 'the whole value' } });
    }
  });

  it('whose statements are about other places, as the signatures then are too', async () => {
    for (const [field, value] of Object.entries({ view: 6, height: 4, kind: 'order' })) {
      const error = await refusal(changed(text, (file) => (file[field] = value)));
      expect(error).toMatchObject({ code: 'evidence.invalid', data: { at: 'statements[0]' } });
    }
  });

  it('signed by another than the accused, in the first or in the second statement', async () => {
    for (const [index, part] of (['first', 'second'] as const).entries()) {
      const forged = { ...evidence, [part]: signedBy(network, 1, evidence[part].statement) };
      const error = await refusal(formatEvidenceFile(genesis, forged));
      expect(error).toMatchObject({
        code: 'evidence.invalid',
        data: { at: `statements[${String(index)}]` },
      });
    }
  });

  it('that accuses another than who signed, or one that is not there', async () => {
    const another = changed(text, (file) => (file['replica'] = 1));
    expect(await refusal(another)).toMatchObject({ data: { at: 'statements[0]' } });
    const nobody = changed(text, (file) => (file['replica'] = 4));
    expect(await refusal(nobody)).toMatchObject({ code: 'evidence.invalid', data: { at: 'replica' } });
  });

  it('that calls the accused by another name, organisation or key', async () => {
    for (const key of ['name', 'organisation', 'public_key']) {
      const error = await refusal(changed(text, (file) => (file[key] = genesis.replicas[1]!.publicKey)));
      expect(error).toMatchObject({ code: 'evidence.invalid', data: { at: key } });
    }
  });

  it('of another network, or with its id alone changed', async () => {
    const other = makeGenesis({ name: 'another network' });
    const data = { expected: other.networkId, actual: networkId };
    expect(await refusal(text, other.genesis)).toMatchObject({ code: 'evidence.wrongNetwork', data });
    const renamed = changed(text, (file) => (file['network_id'] = other.networkId));
    expect(await refusal(renamed)).toMatchObject({ code: 'evidence.wrongNetwork' });
    // With that network's genesis it is the signatures that do not hold.
    expect(await refusal(renamed, other.genesis)).toMatchObject({ data: { at: 'statements[0]' } });
  });

  it('whose statements say nothing different', async () => {
    const [statement] = contradictingPair('localCommit');
    const one = signedBy(network, 2, statement);
    const same = { replica: 2, first: one, second: one };
    expect(caught(() => formatEvidenceFile(genesis, same)).code).toBe('evidence.invalid');
    expect(await rejected(checkEvidence(genesis, same, verify))).toMatchObject({ code: 'evidence.invalid' });
  });
});

describe('evidence of a later epoch', () => {
  const epochs = twoChanges();
  const { changes } = epochs;
  const [change0, change1] = changes as [EpochChange, EpochChange];
  const made = epochs.network.genesis;
  const of = makeEvidence(epochs.networkOf(2), 1, 'order', { epoch: 2 });
  const file = formatEvidenceFile(made, of, changes);
  const problemOf = async (forged: string) => await rejected(verifyEvidenceFile(made, forged, verify));
  /** The file with other changes, laid out as it was. */
  const withChanges = (others: readonly EpochChange[]): string =>
    changed(file, (content) => {
      const hex = Buffer.from(encode(epochChangesCodec, others)).toString('hex');
      content['registry_changes'] = hex.match(/.{1,64}/g) ?? [];
    });

  it('proves from the genesis alone who has that place in its epoch', async () => {
    const { accused, evidence: proven } = await verifyEvidenceFile(made, file, verify);
    expect(proven).toEqual(of);
    expect(accused).toEqual(epochs.networkOf(2).genesis.replicas[1]);
    expect(accused).not.toEqual(made.replicas[1]);
    expect(parseEvidenceFile(file).changes).toEqual(changes);
    expect((await checkEvidence(made, of, verify, changes)).accused).toEqual(accused);
  });

  it('of a place that the genesis does not have, and the epoch does', async () => {
    const fifth = makeEvidence(epochs.networkOf(1), 4, 'newView', { epoch: 1 });
    const proven = await verifyEvidenceFile(made, formatEvidenceFile(made, fifth, [change0]), verify);
    expect(proven.accused).toEqual(epochs.networkOf(1).genesis.replicas[4]);
    const error = caught(() => formatEvidenceFile(made, { ...of, replica: 4 }, changes));
    expect(error).toMatchObject({ code: 'evidence.invalid', data: { at: 'replica' } });
  });

  it('is not made, nor believed, without the changes that lead there', async () => {
    for (const few of [[], [change0], [change0, change1, change1]]) {
      const data = { at: 'registry_changes' };
      expect(caught(() => formatEvidenceFile(made, of, few))).toMatchObject({
        code: 'evidence.invalid',
        data,
      });
      expect(await rejected(checkEvidence(made, of, verify, few))).toMatchObject({ data });
      expect(await problemOf(withChanges(few))).toMatchObject({ code: 'evidence.invalid', data });
    }
    expect(await problemOf(changed(file, (content) => delete content['registry_changes']))).toMatchObject({
      data: { at: 'registry_changes' },
    });
    // One of the first epoch has none, not even an empty list of them.
    expect(await problemOf(changed(text, (content) => (content['registry_changes'] = [])))).toMatchObject({
      code: 'evidence.invalid',
    });
  });

  it.each([
    ['changes of another order', withChanges([change1, change0]), 'registry_changes[0]'],
    ['one change twice', withChanges([change0, change0]), 'registry_changes[1]'],
    [
      'a change that too few certified',
      withChanges([
        change0,
        {
          ...change1,
          certificate: { ...change1.certificate, signatures: change1.certificate.signatures.slice(1) },
        },
      ]),
      'registry_changes[1]',
    ],
    ['another epoch', changed(file, (content) => (content['epoch'] = 1)), 'registry_changes'],
    ['another replica accused', changed(file, (content) => (content['replica'] = 2)), 'statements[0]'],
    ['the name of another', changed(file, (content) => (content['name'] = 'somebody')), 'name'],
    ['no hex', changed(file, (content) => (content['registry_changes'] = ['zz'])), 'registry_changes'],
    [
      'other lines',
      changed(file, (content) => (content['registry_changes'] as string[]).push('')),
      'the file',
    ],
  ])('is refused: %s', async (_, forged, at) => {
    expect(forged).not.toBe(file);
    expect(await problemOf(forged)).toMatchObject({ code: 'evidence.invalid', data: { at } });
  });

  it('of the index of the genesis in a later epoch, signed by that one: it is not its place there', async () => {
    const forged = makeEvidence(epochs.network, 1, 'order', { epoch: 2 });
    expect(await problemOf(formatEvidenceFile(made, forged, changes))).toMatchObject({
      data: { at: 'statements[0]' },
    });
  });

  it('with any one character changed', async () => {
    // Every fifth: all keys and all places of the changes.
    for (let index = 0; index < file.length; index += 5) {
      const forged = file.slice(0, index) + (file[index] === 'a' ? 'b' : 'a') + file.slice(index + 1);
      expect((await problemOf(forged)).code).toMatch(/^evidence\.(invalid|wrongNetwork)$/);
    }
  }, 60_000);
});
