/**
 * A way out that can be made to misbehave, and to behave again. Only a replica that the embedded network runs in a
 * process of its own has one (`childReplica.ts`).
 * @module
 */
import type { Membership } from '../../consensus/config.ts';
import type { PeerMessage, ToClientMessage } from '../../consensus/messages.ts';
import type { Outlet } from '../outlet.ts';
import type { ContradictingSigner } from './contradictingSigner.ts';
import { EquivocatingOutlet } from './equivocate.ts';
import type { OutgoingFault } from './fault.ts';
import { SILENT_OUTLET } from './silence.ts';
import { SlowOutlet } from './slow.ts';

export class FaultyOutlet implements Outlet {
  readonly #outlet: Outlet;
  readonly #membership: Membership;
  readonly #signer: ContradictingSigner;
  #current: Outlet;

  constructor(outlet: Outlet, membership: Membership, signer: ContradictingSigner) {
    this.#outlet = outlet;
    this.#membership = membership;
    this.#signer = signer;
    this.#current = outlet;
  }

  /** Misbehaves so from now on, or behaves again (`null`): then what was held back leaves at once. */
  become(fault: OutgoingFault | null): void {
    if (this.#current instanceof SlowOutlet) this.#current.release();
    this.#current = this.#outletOf(fault);
  }

  toPeer(index: number, message: PeerMessage): void {
    this.#current.toPeer(index, message);
  }

  toPeers(message: PeerMessage): void {
    this.#current.toPeers(message);
  }

  toGuests(message: PeerMessage): void {
    this.#current.toGuests(message);
  }

  toClients(clientIds: readonly number[], message: ToClientMessage): void {
    this.#current.toClients(clientIds, message);
  }

  /** Ends what waits. */
  dispose(): void {
    if (this.#current instanceof SlowOutlet) this.#current.dispose();
    this.#current = SILENT_OUTLET;
  }

  #outletOf(fault: OutgoingFault | null): Outlet {
    switch (fault?.kind) {
      case undefined:
        return this.#outlet;
      case 'silence':
        return SILENT_OUTLET;
      case 'slow':
        return new SlowOutlet(this.#outlet, fault.delayMs);
      case 'equivocate':
        return new EquivocatingOutlet(this.#outlet, this.#membership, this.#signer);
    }
  }
}
