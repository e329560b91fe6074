/**
 * Making a signed request of what a supervisor reviewed.
 * @module
 */
import type { Payload } from '../../shared/domain/payload.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import {
  requestId,
  requestSigningDigest,
  signedRequest,
  type Draft,
  type SignedRequest,
} from '../ledger/request.ts';

/** Signs digests with the supervisor's ed25519 key. */
export interface SupervisorSigner {
  readonly publicKey: Hex;
  sign(digest: Uint8Array): Hex;
}

/** The request for `payload` on the network `networkId`, signed at `timestampMs`. Throws `key.locked`. */
export function signPayload(
  payload: Payload,
  networkId: Hex,
  timestampMs: number,
  signer: SupervisorSigner,
): SignedRequest {
  const draft: Draft = { networkId, timestampMs, supervisor: signer.publicKey, payload };
  const signature = signer.sign(requestSigningDigest(networkId, requestId(draft)));
  return signedRequest(draft, signature);
}
