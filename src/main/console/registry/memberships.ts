/**
 * Since when each member counts, and until when those did that do no more: folded from what happened to the registry.
 * As many as the ledger has ever registered.
 * @module
 */
import type { RegistryChange, ReplicaEntry, SupervisorEntry } from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { Genesis } from '../../ledger/genesis.ts';

/** The block, and the request in it; `null` for genesis and where a proposal was settled without one. */
export interface Place {
  readonly height: number;
  readonly requestId: Hex | null;
}

/** One member's time. `until` and `successor` are `null` while it lasts. */
export interface Membership<T> {
  readonly entry: T;
  readonly since: Place;
  readonly until: Place | null;
  readonly successor: Hex | null;
}

const GENESIS: Place = { height: 0, requestId: null };

export class Memberships {
  readonly supervisors = new Map<Hex, Membership<SupervisorEntry>>();
  readonly replicas = new Map<Hex, Membership<ReplicaEntry>>();

  constructor({ supervisors, replicas }: Pick<Genesis, 'supervisors' | 'replicas'>) {
    for (const entry of supervisors) begin(this.supervisors, entry, GENESIS);
    for (const entry of replicas) begin(this.replicas, entry, GENESIS);
  }

  /** A change was carried out at `place`. */
  apply(change: RegistryChange, place: Place): void {
    const { supervisors, replicas } = this;
    switch (change.kind) {
      case 'addSupervisor':
        begin(supervisors, change.supervisor, place);
        return;
      case 'addReplica':
        begin(replicas, change.replica, place);
        return;
      case 'revokeSupervisor':
        end(supervisors, change.publicKey, place, null);
        return;
      case 'removeReplica':
        end(replicas, change.publicKey, place, null);
        return;
      case 'renameSupervisor': {
        const { publicKey, name, organisation } = change;
        become(supervisors, { publicKey, name, organisation });
        return;
      }
      case 'updateReplica':
        become(replicas, change.replica);
        return;
      case 'rotateSupervisor':
        rotate(supervisors, change.publicKey, change.newPublicKey, place);
        return;
      case 'rotateReplica':
        rotate(replicas, change.publicKey, change.newPublicKey, place);
        return;
      case 'setPolicy':
        return;
    }
  }
}

type All<T> = Map<Hex, Membership<T>>;
interface Keyed {
  readonly publicKey: Hex;
}

function begin<T extends Keyed>(all: All<T>, entry: T, since: Place): void {
  // A key that comes back stands at the end again, as the newest.
  all.delete(entry.publicKey);
  all.set(entry.publicKey, { entry, since, until: null, successor: null });
}

function end<T extends Keyed>(all: All<T>, publicKey: Hex, until: Place, successor: Hex | null): void {
  const known = all.get(publicKey);
  if (known === undefined) return;
  all.delete(publicKey);
  all.set(publicKey, { ...known, until, successor });
}

function become<T extends Keyed>(all: All<T>, entry: T): void {
  const known = all.get(entry.publicKey);
  if (known !== undefined) all.set(entry.publicKey, { ...known, entry });
}

function rotate<T extends Keyed>(all: All<T>, publicKey: Hex, newPublicKey: Hex, place: Place): void {
  const known = all.get(publicKey);
  if (known === undefined) return;
  end(all, publicKey, place, newPublicKey);
  begin(all, { ...known.entry, publicKey: newPublicKey }, place);
}
