import { describe, expect, it } from 'vitest';
import { draftFileOf, type DraftFile } from '../../../src/main/ledger/draftFile.ts';
import { signedRequest, type SignedRequest } from '../../../src/main/ledger/request.ts';
import { contentHashOfRequest, signerChecklist } from '../../../src/main/ledger/signerChecklist.ts';
import { makeGenesis, makeRequest } from '../../support/ledger.ts';
import { verify } from '../../support/receipts.ts';

const network = makeGenesis({ supervisors: 4 });
const { genesis, networkId } = network;
const [alice, bob, carol] = genesis.supervisors;
const sign = (supervisor: number, title = 'Report', timestampMs = 1_000): SignedRequest =>
  makeRequest(network, { timestampMs, title, supervisor });
const named = (name: string, request: SignedRequest) => ({ name, request });

function draft(...expected: readonly { publicKey: string; name: string }[]): DraftFile {
  return draftFileOf(sign(0).payload, {
    networkId,
    networkName: genesis.name,
    expectedSigners: expected.map(({ publicKey, name }) => ({ publicKey, name })),
    note: '',
  });
}

describe('the checklist of a draft', () => {
  it('says who has signed, at whatever time, and who has not', async () => {
    const waiting = draft(alice!, bob!, carol!);
    const requests = [
      named('a', sign(0)),
      named('d', sign(3, 'Report', 2_000)),
      named('b', sign(1, 'Report', 3_000)),
    ];
    const { signed, missing, misfits } = await signerChecklist(waiting, genesis, requests, verify);
    expect(
      signed.map(({ name, signerName, expected, registered }) => [name, signerName, expected, registered]),
    ).toEqual([
      ['a', 'supervisor 0', true, true],
      ['d', 'supervisor 3', false, true],
      ['b', 'supervisor 1', true, true],
    ]);
    expect(missing).toEqual([{ publicKey: carol!.publicKey, name: carol!.name }]);
    expect(misfits).toEqual([]);
    const hashes = requests.map(({ request }) => contentHashOfRequest(request));
    expect(new Set([...hashes, waiting.contentHash]).size).toBe(1);
    expect(new Set(requests.map(({ request }) => request.id)).size).toBe(3);
  });

  it('is complete without anybody where nobody is expected', async () => {
    expect(await signerChecklist(draft(), genesis, [], verify)).toEqual({
      signed: [],
      missing: [],
      misfits: [],
    });
  });

  it('counts one supervisor once, whichever signature comes first', async () => {
    const requests = [
      named('first', sign(0)),
      named('again', sign(0, 'Report', 5_000)),
      named('copy', sign(0)),
    ];
    const { signed, misfits } = await signerChecklist(draft(alice!), genesis, requests, verify);
    expect(signed.map(({ name }) => name)).toEqual(['first']);
    const error = { code: 'draftFile.sameSigner', data: { supervisor: alice!.publicKey, first: 'first' } };
    expect(misfits).toEqual([
      { name: 'again', error },
      { name: 'copy', error },
    ]);
  });

  it('sets apart what does not belong, with the reason', async () => {
    const other = makeGenesis({ name: 'another network', supervisors: 4 });
    const stranger = makeGenesis({ supervisors: 5 });
    const strangerKeys = stranger.genesis.supervisors.map(({ publicKey }) => publicKey);
    const known = new Set(genesis.supervisors.map(({ publicKey }) => publicKey));
    const unknown = strangerKeys.findIndex((publicKey) => !known.has(publicKey));
    const forged = makeRequest({ ...stranger, networkId }, { timestampMs: 1_000, supervisor: unknown });
    const good = sign(1);
    const flipped = signedRequest(
      good,
      good.signature.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    );
    const requests = [
      named('content', sign(0, 'Other report')),
      named('network', makeRequest(other, { timestampMs: 1_000 })),
      named('signature', flipped),
      named('stranger', forged),
      named('good', good),
    ];
    const { signed, misfits } = await signerChecklist(draft(), genesis, requests, verify);
    expect(signed.map(({ name }) => name)).toEqual(['good']);
    expect(misfits.map(({ name, error }) => [name, error.code])).toEqual([
      ['content', 'draftFile.otherContent'],
      ['network', 'request.wrongNetwork'],
      ['signature', 'request.badSignature'],
      ['stranger', 'request.unknownSupervisor'],
    ]);
  });

  it('says of a signer that is expected and not in the genesis that only the ledger knows the key', async () => {
    const later = makeGenesis({ supervisors: 5 });
    const known = new Set(genesis.supervisors.map(({ publicKey }) => publicKey));
    const added = later.genesis.supervisors.findIndex(({ publicKey }) => !known.has(publicKey));
    const request = makeRequest({ ...later, networkId }, { timestampMs: 1_000, supervisor: added });
    const waiting = draft({ publicKey: request.supervisor, name: 'Added later' });
    const { signed, missing } = await signerChecklist(waiting, genesis, [named('a', request)], verify);
    expect(signed).toMatchObject([{ signerName: 'Added later', expected: true, registered: false }]);
    expect(missing).toEqual([]);
  });
});
