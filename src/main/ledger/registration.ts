/**
 * The proof that a supervisor was registered where its request stands: the header below that of the block, what its
 * state digest is made of, and the supervisor's place in the registry. A supervisor that is revoked later does not make
 * an earlier request invalid, and its receipt goes on saying so.
 * @module
 */
import type { SupervisorEntry } from '../../shared/domain/registry.ts';
import { hexBytes, list, record, uint, type Codec } from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { invariant } from '../../shared/errors.ts';
import { headerCodec, isLinked, type HashedHeader } from './block.ts';
import { DIGEST_BYTES } from './hash.ts';
import { rootFromPath } from './merkle.ts';
import {
  registrySummaryCodec,
  summaryDigest,
  supervisorCodec,
  supervisorDigest,
  type RegistrySummary,
} from './registry/codec.ts';
import type { Registry } from './registry/registry.ts';
import { stateDigest, type StateValues } from './state.ts';

/** Proves that `supervisor` is in the registry after the block of `parent`. */
export interface Registration {
  /** The header below that of the block which holds the request. */
  readonly parent: HashedHeader;
  readonly executedDigest: Hex;
  readonly executedCount: number;
  readonly registry: RegistrySummary;
  readonly supervisor: SupervisorEntry;
  /** Place of the supervisor among all of them, in the order of their keys, from 0. */
  readonly index: number;
  /** Leads from the supervisor's digest to `registry.supervisorsRoot` (`merkle.ts`). */
  readonly path: readonly Hex[];
}

/** Longest path: there are fewer than 2^14 supervisors (`SUPERVISORS_MAX`). */
const REGISTRATION_PATH_MAX = 14;

/** Registrations in receipts. */
export const registrationCodec: Codec<Registration> = record<Registration>({
  parent: headerCodec,
  executedDigest: hexBytes(DIGEST_BYTES),
  executedCount: uint(),
  registry: registrySummaryCodec,
  supervisor: supervisorCodec,
  index: uint(),
  path: list(hexBytes(DIGEST_BYTES), REGISTRATION_PATH_MAX),
});

/** What a registration is made from: the state after the block of `parent`. */
export interface RegistrationParts {
  readonly parent: HashedHeader;
  readonly values: Pick<StateValues, 'executedDigest' | 'executedCount'>;
  readonly registry: Registry;
}

/** The proof for the supervisor with the key `publicKey`. Throws `invariant.broken` where it is not registered. */
export function buildRegistration(
  { parent, values, registry }: RegistrationParts,
  publicKey: Hex,
): Registration {
  const supervisor = registry.supervisor(publicKey);
  const place = registry.pathTo(publicKey);
  invariant(
    supervisor !== undefined && place !== undefined,
    'who signs a request is registered',
    () => publicKey,
  );
  const { executedDigest, executedCount } = values;
  return { parent, executedDigest, executedCount, registry: registry.summary, supervisor, ...place };
}

/** What is wrong with a registration of the signer `publicKey` of a request in the block of `header`. */
export function registrationProblem(
  registration: Registration,
  networkId: Hex,
  header: HashedHeader,
  publicKey: Hex,
): string | undefined {
  const { parent, executedDigest, executedCount, registry, supervisor, index, path } = registration;
  if (!isLinked(parent, header)) return 'its header is not the one below that of the block';
  const digest = stateDigest({
    networkId,
    height: parent.height,
    registryDigest: summaryDigest(registry),
    executedDigest,
    executedCount,
  });
  if (digest !== parent.stateDigest) return 'is not of the state that its header names';
  if (supervisor.publicKey !== publicKey) return 'is of another supervisor than the one who signed';
  const root = rootFromPath(supervisorDigest(supervisor), index, registry.supervisorCount, path);
  return root === registry.supervisorsRoot ? undefined : 'its path does not lead to the root of the registry';
}
