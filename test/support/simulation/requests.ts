/**
 * Requests of a simulated supervisor, signed by whatever signatures the run uses.
 * @module
 */
import { requestId, requestSigningDigest, signedRequest } from '../../../src/main/ledger/request.ts';
import type { Draft, SignedRequest } from '../../../src/main/ledger/request.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import type { TestNetwork } from '../ledger.ts';
import type { Signatures } from './signatures.ts';

/** Who signs, and what for. */
export interface RequestParts {
  readonly timestampMs: number;
  readonly title: string;
  /** Index of the supervisor in the genesis. */
  readonly supervisor?: number;
  /** Somebody whom the genesis does not name, in place of the supervisor. */
  readonly stranger?: { readonly publicKey: Hex; readonly seed: Uint8Array };
}

/** A decision on one file, signed. */
export function signedRequestOf(
  network: TestNetwork,
  signatures: Signatures,
  { timestampMs, title, supervisor = 0, stranger }: RequestParts,
): SignedRequest {
  const draft: Draft = {
    networkId: network.networkId,
    timestampMs,
    supervisor: stranger?.publicKey ?? network.genesis.supervisors[supervisor]!.publicKey,
    payload: {
      kind: 'document',
      title,
      decision: 'approved',
      remark: '',
      files: [{ name: 'report.pdf', mediaType: 'application/pdf', sizeBytes: 1, sha256: 'ab'.repeat(32) }],
    },
  };
  const digest = requestSigningDigest(network.networkId, requestId(draft));
  const seed = stranger?.seed ?? network.supervisorSeeds[supervisor]!;
  return signedRequest(draft, signatures.sign(seed, digest));
}
