/**
 * What each change makes of the members of a network, and why one cannot be made.
 * @module
 */
import type {
  RegistryChange,
  RegistryPolicy,
  ReplicaEntry,
  SupervisorEntry,
} from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { PlainError } from '../../../shared/errors.ts';
import { REPLICAS_MAX, REPLICAS_MIN, SUPERVISORS_MAX } from '../limits.ts';
import { policyProblem } from './policy.ts';

/** Everybody who counts, and how that is changed. Never changed in place. */
export interface Members {
  readonly supervisors: ReadonlyMap<Hex, SupervisorEntry>;
  /** In the order of their keys. */
  readonly replicas: readonly ReplicaEntry[];
  readonly policy: RegistryPolicy;
}

/** Why the change cannot be made to these members; `undefined` where it can. */
export function changeObjection(members: Members, change: RegistryChange): PlainError | undefined {
  const { supervisors, replicas, policy } = members;
  switch (change.kind) {
    case 'addSupervisor':
      if (supervisors.size >= SUPERVISORS_MAX) return tooMany(SUPERVISORS_MAX);
      return keyInUse(members, change.supervisor.publicKey);
    case 'revokeSupervisor': {
      if (!supervisors.has(change.publicKey)) return unknownKey(change.publicKey);
      // Never below what the threshold needs.
      const least = Math.max(policy.threshold ?? 1, 1);
      return supervisors.size > least ? undefined : tooFew(least);
    }
    case 'renameSupervisor': {
      const known = supervisors.get(change.publicKey);
      if (known === undefined) return unknownKey(change.publicKey);
      return known.name === change.name && known.organisation === change.organisation
        ? noChange()
        : undefined;
    }
    case 'rotateSupervisor':
      if (!supervisors.has(change.publicKey)) return unknownKey(change.publicKey);
      return keyInUse(members, change.newPublicKey);
    case 'addReplica':
      if (replicas.length >= REPLICAS_MAX) return tooMany(REPLICAS_MAX);
      return keyInUse(members, change.replica.publicKey) ?? addressInUse(members, change.replica);
    case 'removeReplica':
      if (replicaWith(members, change.publicKey) === undefined) return unknownKey(change.publicKey);
      return replicas.length > REPLICAS_MIN ? undefined : tooFew(REPLICAS_MIN);
    case 'updateReplica': {
      const known = replicaWith(members, change.replica.publicKey);
      if (known === undefined) return unknownKey(change.replica.publicKey);
      return isSame(known, change.replica) ? noChange() : addressInUse(members, change.replica);
    }
    case 'rotateReplica':
      if (replicaWith(members, change.publicKey) === undefined) return unknownKey(change.publicKey);
      return keyInUse(members, change.newPublicKey);
    case 'setPolicy': {
      const { threshold, proposalBlocks } = change.policy;
      if (threshold === policy.threshold && proposalBlocks === policy.proposalBlocks) return noChange();
      const problem = policyProblem(change.policy, supervisors.size);
      if (problem === undefined) return undefined;
      return {
        code: 'registry.badPolicy',
        data: { threshold: threshold ?? 0, supervisors: supervisors.size },
      };
    }
  }
}

/** The members after a change to which there is no objection. */
export function applied(members: Members, change: RegistryChange): Members {
  switch (change.kind) {
    case 'addSupervisor':
    case 'revokeSupervisor':
    case 'renameSupervisor':
    case 'rotateSupervisor':
      return { ...members, supervisors: changedSupervisors(members.supervisors, change) };
    case 'addReplica':
      return { ...members, replicas: [...members.replicas, change.replica].sort(byKey) };
    case 'removeReplica':
      return {
        ...members,
        replicas: members.replicas.filter(({ publicKey }) => publicKey !== change.publicKey),
      };
    case 'updateReplica':
      return { ...members, replicas: replaced(members.replicas, change.replica.publicKey, change.replica) };
    case 'rotateReplica': {
      const known = replicaWith(members, change.publicKey);
      const next = known === undefined ? undefined : { ...known, publicKey: change.newPublicKey };
      return { ...members, replicas: replaced(members.replicas, change.publicKey, next) };
    }
    case 'setPolicy':
      return { ...members, policy: change.policy };
  }
}

/** The order of supervisors and replicas everywhere: by public key. */
export function byKey(left: { readonly publicKey: Hex }, right: { readonly publicKey: Hex }): number {
  return left.publicKey < right.publicKey ? -1 : left.publicKey > right.publicKey ? 1 : 0;
}

type SupervisorChange = Extract<
  RegistryChange,
  { kind: 'addSupervisor' | 'revokeSupervisor' | 'renameSupervisor' | 'rotateSupervisor' }
>;

function changedSupervisors(
  before: Members['supervisors'],
  change: SupervisorChange,
): Members['supervisors'] {
  const after = new Map(before);
  if (change.kind === 'addSupervisor') return after.set(change.supervisor.publicKey, change.supervisor);
  const known = before.get(change.publicKey);
  if (known === undefined) return after;
  if (change.kind === 'renameSupervisor') {
    const { name, organisation } = change;
    return after.set(change.publicKey, { ...known, name, organisation });
  }
  after.delete(change.publicKey);
  if (change.kind === 'revokeSupervisor') return after;
  return after.set(change.newPublicKey, { ...known, publicKey: change.newPublicKey });
}

function replaced(
  replicas: readonly ReplicaEntry[],
  publicKey: Hex,
  next: ReplicaEntry | undefined,
): readonly ReplicaEntry[] {
  return replicas
    .flatMap((replica) => (replica.publicKey === publicKey ? (next ?? []) : replica))
    .sort(byKey);
}

function replicaWith({ replicas }: Members, publicKey: Hex): ReplicaEntry | undefined {
  return replicas.find((replica) => replica.publicKey === publicKey);
}

function isSame(one: ReplicaEntry, other: ReplicaEntry): boolean {
  return (
    one.name === other.name &&
    one.organisation === other.organisation &&
    one.host === other.host &&
    one.port === other.port
  );
}

/** A key is a supervisor's or a replica's, and only once. */
function keyInUse(members: Members, publicKey: Hex): PlainError | undefined {
  const isUsed = members.supervisors.has(publicKey) || replicaWith(members, publicKey) !== undefined;
  return isUsed ? { code: 'registry.keyInUse', data: { publicKey } } : undefined;
}

function addressInUse(
  { replicas }: Members,
  { publicKey, host, port }: ReplicaEntry,
): PlainError | undefined {
  const isUsed = replicas.some(
    (other) => other.publicKey !== publicKey && other.host === host && other.port === port,
  );
  return isUsed ? { code: 'registry.addressInUse', data: { address: `${host}:${String(port)}` } } : undefined;
}

function unknownKey(publicKey: Hex): PlainError {
  return { code: 'registry.unknownKey', data: { publicKey } };
}

function tooMany(max: number): PlainError {
  return { code: 'registry.tooMany', data: { max } };
}

function tooFew(min: number): PlainError {
  return { code: 'registry.tooFew', data: { min } };
}

function noChange(): PlainError {
  return { code: 'registry.noChange', data: {} };
}
