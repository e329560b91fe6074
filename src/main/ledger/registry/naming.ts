/**
 * Which names a change may give. Agreement knows only lengths (`codec.ts`): characters that deceive, and names that
 * nobody could tell apart, are refused where a change is made, and where it is approved.
 * @module
 */
import type { RegistryChange } from '../../../shared/domain/registry.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { assertAddress } from '../../../shared/text/hostName.ts';
import { assertName } from '../../../shared/text/name.ts';
import { lookOf } from '../look.ts';
import type { Members } from './change.ts';

interface Named {
  readonly publicKey: string;
  readonly name: string;
  readonly organisation: string;
}

/**
 * Throws unless the names in `change` may stand beside those of `members`: `name.*`, `address.invalid`, and
 * `name.alike` for a supervisor or a replica that looks like another one.
 */
export function checkChangeNames(members: Members, change: RegistryChange): void {
  switch (change.kind) {
    case 'addSupervisor':
      checkNamed(change.supervisor, members.supervisors.values());
      return;
    case 'renameSupervisor':
      checkNamed(change, members.supervisors.values());
      return;
    case 'addReplica':
    case 'updateReplica':
      checkNamed(change.replica, members.replicas);
      assertAddress(change.replica.host, change.replica.port);
      return;
    default:
      return;
  }
}

function checkNamed({ publicKey, name, organisation }: Named, others: Iterable<Named>): void {
  assertName(name);
  assertName(organisation);
  const look = lookOf(name, organisation);
  for (const other of others) {
    if (other.publicKey === publicKey || lookOf(other.name, other.organisation) !== look) continue;
    throw new CountersignError('name.alike', { name, other: other.name });
  }
}
