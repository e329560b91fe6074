/**
 * Who has signed a draft, and who is still missing. Each supervisor's signature is a request of its own, with its own
 * time and id; that they are about the same draft their content hash says. A checklist trusts nothing but the genesis
 * and the verifier: files that do not belong are set apart, each with its reason.
 * @module
 */
import { encode } from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import type { PlainError } from '../../shared/errors.ts';
import { contentHashOf } from './contentHash.ts';
import type { DraftFile, ExpectedSigner } from './draftFile.ts';
import type { Genesis } from './genesis.ts';
import { payloadCodec } from './payload.ts';
import { requestSigningDigest, type SignedRequest } from './request.ts';
import type { SignatureCheck } from './statement.ts';

/** A request that came in under a name, such as that of its file. */
export interface NamedRequest {
  readonly name: string;
  readonly request: SignedRequest;
}

/** A signature on the draft. */
export interface DraftSignature extends NamedRequest {
  /** What the genesis calls the supervisor, or the draft where the genesis does not register the key. */
  readonly signerName: string;
  /** Whether the draft waits for this signature. */
  readonly expected: boolean;
  /** Whether the genesis registers the key. Where it does not, only the ledger can say whether it counts. */
  readonly registered: boolean;
}

/** A file that does not belong to the draft. */
export interface Misfit {
  readonly name: string;
  readonly error: PlainError;
}

export interface SignerChecklist {
  readonly signed: readonly DraftSignature[];
  /** Expected signers of whom no signature is there. */
  readonly missing: readonly ExpectedSigner[];
  readonly misfits: readonly Misfit[];
}

/** The verdict on one signature (`keys/verifier.ts`). */
type Verify = (check: SignatureCheck) => boolean | Promise<boolean>;

/** The check of the supervisor's signature on a request. */
export function signatureCheckOf(
  request: Pick<SignedRequest, 'networkId' | 'id' | 'supervisor' | 'signature'>,
): SignatureCheck {
  const { networkId, id, supervisor, signature } = request;
  return { signature, digest: requestSigningDigest(networkId, id), publicKey: supervisor };
}

/** The content hash of a signed request. */
export function contentHashOfRequest({ payload }: Pick<SignedRequest, 'payload'>): Hex {
  return contentHashOf(encode(payloadCodec, payload));
}

/** Which of `requests` are signatures on `draft`. In one order of requests the same answer every time. */
export async function signerChecklist(
  draft: DraftFile,
  genesis: Genesis,
  requests: readonly NamedRequest[],
  verify: Verify,
): Promise<SignerChecklist> {
  const supervisors = new Map(genesis.supervisors.map(({ publicKey, name }) => [publicKey, name]));
  const expected = new Map(draft.expectedSigners.map(({ publicKey, name }) => [publicKey, name]));
  const signed = new Map<Hex, DraftSignature>();
  const misfits: Misfit[] = [];
  for (const { name, request } of requests) {
    const known = supervisors.get(request.supervisor);
    const signerName = known ?? expected.get(request.supervisor);
    const error =
      objection(draft, request, signerName !== undefined) ??
      ((await verify(signatureCheckOf(request))) ? undefined : badSignature(request)) ??
      alreadySigned(signed.get(request.supervisor));
    if (error !== undefined || signerName === undefined) {
      misfits.push({ name, error: error ?? unknownSupervisor(request) });
      continue;
    }
    signed.set(request.supervisor, {
      name,
      request,
      signerName,
      expected: expected.has(request.supervisor),
      registered: known !== undefined,
    });
  }
  const missing = draft.expectedSigners.filter(({ publicKey }) => !signed.has(publicKey));
  return { signed: [...signed.values()], missing, misfits };
}

/** Why a request could not be a signature on the draft, whatever its signature. */
function objection(draft: DraftFile, request: SignedRequest, isKnown: boolean): PlainError | undefined {
  if (request.networkId !== draft.networkId) {
    return { code: 'request.wrongNetwork', data: { expected: draft.networkId, actual: request.networkId } };
  }
  const actual = contentHashOfRequest(request);
  if (actual !== draft.contentHash) {
    return { code: 'draftFile.otherContent', data: { expected: draft.contentHash, actual } };
  }
  return isKnown ? undefined : unknownSupervisor(request);
}

function unknownSupervisor({ supervisor }: SignedRequest): PlainError {
  return { code: 'request.unknownSupervisor', data: { supervisor } };
}

function badSignature({ id }: SignedRequest): PlainError {
  return { code: 'request.badSignature', data: { id } };
}

/** One supervisor counts once: a second signature, or the same one in a second file, adds nothing. */
function alreadySigned(first: DraftSignature | undefined): PlainError | undefined {
  if (first === undefined) return undefined;
  const { request, name } = first;
  return { code: 'draftFile.sameSigner', data: { supervisor: request.supervisor, first: name } };
}
