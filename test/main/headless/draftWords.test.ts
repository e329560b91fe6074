import { describe, expect, it } from 'vitest';
import { draftWords } from '../../../src/main/headless/draftWords.ts';
import { draftFileOf } from '../../../src/main/ledger/draftFile.ts';
import type { Payload } from '../../../src/shared/domain/payload.ts';
import { makeGenesis } from '../../support/ledger.ts';

const { genesis, networkId } = makeGenesis();
const [alice, bob] = genesis.supervisors;
const table: Payload = {
  kind: 'assessments',
  title: 'Grades\u202E',
  remark: 'first\nsecond',
  columns: ['subject', 'grade'],
  records: Array.from({ length: 7 }, (_, index) => [`s${String(index)}`, { number: '1.10' }]),
};

function words(payload: Payload, signer = alice!.publicKey, note = ''): string {
  const expectedSigners = [{ publicKey: bob!.publicKey, name: bob!.name }];
  const draft = draftFileOf(payload, { networkId, networkName: genesis.name, expectedSigners, note });
  return draftWords(draft, genesis, signer);
}

describe('what a signature on a draft says', () => {
  it('of a table: sentence, head, hash, and whose signature is waited for', () => {
    const text = words(table, alice!.publicKey, 'a note');
    expect(text).toContain(`Signer: ${alice!.name} (${alice!.publicKey})`);
    expect(text).toContain('You sign 7 assessments, “Grades‹U+202E›”, as reviewed.');
    expect(text).toContain('Remark: first\n  second');
    expect(text).toContain('  subject  grade\n  s0       1.10\n');
    expect(text).toContain('  s4       1.10\n  … and 2 more records');
    expect(text).not.toContain('s5');
    expect(text).toMatch(/Content hash: [0-9a-f]{64}/);
    expect(text).toContain('Your key is not among the expected signers.');
    expect(text).toContain('Note, which is not signed: a note');
  });

  it('of documents: each with its hash and its size', () => {
    const file = { name: 'a\u0007.pdf', mediaType: 'application/pdf', sizeBytes: 3, sha256: 'ab'.repeat(32) };
    const one: Payload = { kind: 'document', title: 'A', decision: 'rejected', remark: '', files: [file] };
    expect(words(one, bob!.publicKey)).toContain('You sign that 1 document, “A”, is rejected.');
    expect(words(one, bob!.publicKey)).toContain(`a‹U+0007›.pdf, 3 bytes, SHA-256 ${'ab'.repeat(32)}`);
    expect(words(one, bob!.publicKey)).not.toContain('not among');
    expect(words({ ...one, files: [file, file] })).toContain('2 documents, “A”, are rejected.');
  });

  it('of a key that the genesis does not register, that it does not', () => {
    expect(words(table, 'ab'.repeat(32))).toContain('a key that the genesis does not register');
  });
});
