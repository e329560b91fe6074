/**
 * The signatures that a request stands on.
 * @module
 */
import { newKeyOf } from '../../shared/domain/registry.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { possessionDigest } from './registry/codec.ts';
import { requestSigningDigest, type SignedRequest } from './request.ts';
import type { SignatureCheck } from './statement.ts';

/** The supervisor's signature, and that of a key which the request asks to register. All must hold. */
export function requestChecks(request: SignedRequest): readonly SignatureCheck[] {
  const { id, networkId, signature, supervisor } = request;
  const own = { signature, digest: requestSigningDigest(networkId, id), publicKey: supervisor };
  const registered = registeredKey(request);
  if (registered === null) return [own];
  const { publicKey, proof } = registered;
  return [own, { signature: proof, digest: possessionDigest(networkId, publicKey), publicKey }];
}

/** The key that a request asks to register: it must be a strong one (`keys/ed25519.ts`). */
export function registeredKey({
  payload,
}: SignedRequest): { readonly publicKey: Hex; readonly proof: Hex } | null {
  if (payload.kind !== 'registry' || payload.action.type !== 'propose') return null;
  return newKeyOf(payload.action.change);
}
