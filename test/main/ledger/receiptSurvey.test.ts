import { describe, expect, it } from 'vitest';
import { encodeReceipt, decodeReceipt, type Receipt } from '../../../src/main/ledger/receipt.ts';
import { renderReceiptFile } from '../../../src/main/ledger/receiptFile.ts';
import { surveyReceipt } from '../../../src/main/ledger/receiptSurvey.ts';
import { PROOF_LINKS, type ProofLink } from '../../../src/shared/domain/proof.ts';
import { CountersignError } from '../../../src/shared/errors.ts';
import { twoChanges } from '../../support/epochs.ts';
import { rejected } from '../../support/errors.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { makeReceipt, verify } from '../../support/receipts.ts';

const { network, chain, receipt } = makeReceipt();
const { genesis } = network;
const text = renderReceiptFile(receipt);

/** The links that are broken and those that were not looked at. */
async function wrong(forged: Receipt | string, of = genesis) {
  const source = typeof forged === 'string' ? forged : renderReceiptFile(forged);
  const survey = await surveyReceipt(source, of, verify);
  expect(survey.links.map(({ link }) => link)).toEqual(PROOF_LINKS);
  const linksThat = (state: string): ProofLink[] =>
    survey.links.flatMap((one) => (one.state === state ? [one.link] : []));
  return { survey, failed: linksThat('failed'), notReached: linksThat('notReached') };
}

describe('the chain of a receipt', () => {
  it('holds in every link where the receipt is valid, whatever its epoch', async () => {
    const { survey, failed, notReached } = await wrong(text);
    expect([failed, notReached, survey.error]).toEqual([[], [], null]);
    expect(survey.proven?.request.id).toBe(receipt.request.id);
    const epochs = twoChanges();
    const later = await wrong(epochs.receipt(), epochs.network.genesis);
    expect([later.failed, later.notReached]).toEqual([[], []]);
    expect(later.survey.proven?.set.epoch).toBe(2);
  });

  const { header, headersAbove, certificate, request, registration } = receipt;
  const unsigned = (): Receipt => {
    const bytes = Uint8Array.from(encodeReceipt(receipt));
    // The request's bytes end with its signature.
    const at = Buffer.from(bytes).indexOf(Buffer.from(request.signature, 'hex'));
    bytes[at]! ^= 1;
    return decodeReceipt(bytes);
  };
  const forgeries: [what: string, forged: () => Receipt, failed: ProofLink[], notReached: ProofLink[]][] = [
    ['with a wrong signature of the supervisor', unsigned, ['request'], []],
    [
      'with a path that leads elsewhere',
      () => ({ ...receipt, path: receipt.path.toReversed().slice(1) }),
      ['block'],
      [],
    ],
    [
      'with headers left out',
      () => ({ ...receipt, headersAbove: headersAbove.slice(1) }),
      ['headers'],
      ['certificate'],
    ],
    [
      'with too few signers',
      () => ({
        ...receipt,
        certificate: { ...certificate, signatures: certificate.signatures.slice(1) },
      }),
      ['certificate'],
      [],
    ],
    [
      'with a registration under another name',
      () => ({
        ...receipt,
        registration: { ...registration, supervisor: { ...registration.supervisor, name: 'Else' } },
      }),
      ['supervisor'],
      [],
    ],
    [
      'with the header of another block',
      () => ({ ...receipt, header: chain.header(1) }),
      ['supervisor', 'block', 'headers'],
      ['certificate'],
    ],
    [
      'with a change of replicas that nothing asks for',
      () => ({ ...receipt, registryChanges: twoChanges().changes.slice(0, 1) }),
      ['epochs'],
      ['certificate'],
    ],
  ];
  it.each(forgeries)('%s is broken there, and nowhere else', async (_what, forged, failed, notReached) => {
    const found = await wrong(forged());
    expect([found.failed, found.notReached]).toEqual([failed, notReached]);
    expect(found.survey.proven).toBeNull();
    expect(found.survey.error?.code).toBe('receipt.invalid');
    expect(header.height).toBe(2);
  });

  it('ends at the file where that is no receipt, and at the network where it is of another', async () => {
    const changed = await wrong(text.replace('"height": 2', '"height": 3'));
    expect(changed.failed).toEqual(['file']);
    expect(changed.notReached).toEqual(PROOF_LINKS.slice(1));
    expect(changed.survey.networkId).toBeNull();
    const other = makeGenesis({ name: 'another network' });
    const foreign = await wrong(text, other.genesis);
    expect(foreign.failed).toEqual(['network']);
    expect(foreign.notReached).toEqual(PROOF_LINKS.slice(2));
    expect(foreign.survey.error?.code).toBe('receipt.wrongNetwork');
    expect(foreign.survey.networkId).toBe(network.networkId);
  });

  it('is broken somewhere whenever the receipt is refused', async () => {
    const bytes = encodeReceipt(receipt);
    const STEP_BITS = 61;
    for (let bit = 0; bit < 8 * bytes.length; bit += STEP_BITS) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      let forged: Receipt;
      try {
        forged = decodeReceipt(flipped);
      } catch {
        continue;
      }
      const { survey, failed } = await wrong(forged);
      expect({ bit, proven: survey.proven, broken: failed.length > 0 }).toEqual({
        bit,
        proven: null,
        broken: true,
      });
    }
  });

  it('is no verdict where the verifier itself fails', async () => {
    const failing = (): boolean => {
      throw new CountersignError('stopped', { what: 'the verifier' });
    };
    expect((await rejected(surveyReceipt(text, genesis, failing))).code).toBe('stopped');
  });
});
