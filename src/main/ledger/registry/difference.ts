/**
 * What a change makes different, for people who approve it: the member or the policy before it and after it.
 * @module
 */
import type {
  RegistryChange,
  RegistryPolicy,
  ReplicaEntry,
  SupervisorEntry,
} from '../../../shared/domain/registry.ts';
import type { Members } from './change.ts';

/** A supervisor, a replica or the policy. */
export type RegistryFacts =
  | ({ readonly kind: 'supervisor' } & SupervisorEntry)
  | ({ readonly kind: 'replica' } & ReplicaEntry)
  | ({ readonly kind: 'policy' } & RegistryPolicy);

/** `null` before: it is new, or there is none to change; `null` after: it goes. */
export interface RegistryDifference {
  readonly before: RegistryFacts | null;
  readonly after: RegistryFacts | null;
}

/** What `change` would make different in `members`, whether or not it can be made. */
export function registryDifference(members: Members, change: RegistryChange): RegistryDifference {
  switch (change.kind) {
    case 'addSupervisor':
      return { before: null, after: { kind: 'supervisor', ...change.supervisor } };
    case 'addReplica':
      return { before: null, after: { kind: 'replica', ...change.replica } };
    case 'revokeSupervisor':
      return { before: supervisorFacts(members, change.publicKey), after: null };
    case 'removeReplica':
      return { before: replicaFacts(members, change.publicKey), after: null };
    case 'renameSupervisor': {
      const { publicKey, name, organisation } = change;
      return {
        before: supervisorFacts(members, publicKey),
        after: { kind: 'supervisor', name, organisation, publicKey },
      };
    }
    case 'updateReplica':
      return {
        before: replicaFacts(members, change.replica.publicKey),
        after: { kind: 'replica', ...change.replica },
      };
    case 'rotateSupervisor':
      return withNewKey(supervisorFacts(members, change.publicKey), change.newPublicKey);
    case 'rotateReplica':
      return withNewKey(replicaFacts(members, change.publicKey), change.newPublicKey);
    case 'setPolicy':
      return { before: { kind: 'policy', ...members.policy }, after: { kind: 'policy', ...change.policy } };
  }
}

type SupervisorFacts = Extract<RegistryFacts, { kind: 'supervisor' }>;
type ReplicaFacts = Extract<RegistryFacts, { kind: 'replica' }>;

function supervisorFacts({ supervisors }: Members, publicKey: string): SupervisorFacts | null {
  const known = supervisors.get(publicKey);
  return known === undefined ? null : { kind: 'supervisor', ...known };
}

function replicaFacts({ replicas }: Members, publicKey: string): ReplicaFacts | null {
  const known = replicas.find((replica) => replica.publicKey === publicKey);
  return known === undefined ? null : { kind: 'replica', ...known };
}

function withNewKey(before: SupervisorFacts | ReplicaFacts | null, publicKey: string): RegistryDifference {
  return { before, after: before === null ? null : { ...before, publicKey } };
}
