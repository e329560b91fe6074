/**
 * A replica that contradicts itself, with its own key. As primary it orders two blocks for each height: half of the
 * others get the one that it has itself, half a twin that only differs in its time. As a backup it signs a second
 * localCommit beside each. Either is proof against it, once two of the others compare (rule V1, `ledger/evidence.ts`).
 * @module
 */
import type {
  LocalCommitMessage,
  OrderedRequestMessage,
  PeerMessage,
  ToClientMessage,
} from '../../consensus/messages.ts';
import { primaryOf, type Membership } from '../../consensus/config.ts';
import { hashed, type HashedHeader } from '../../ledger/block.ts';
import { DIGEST_BYTES } from '../../ledger/hash.ts';
import { statementDigest } from '../../ledger/statement.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { Outlet } from '../outlet.ts';
import type { ContradictingSigner } from './contradictingSigner.ts';

/** Most blocks whose twins are remembered: the next twin stands on the last. */
export const TWINS_MAX = 1_024;

/** Of the block that a backup claims to have accepted as well: of none. */
const OTHER_HASH: Hex = 'e0'.repeat(DIGEST_BYTES);

export class EquivocatingOutlet implements Outlet {
  readonly #outlet: Outlet;
  readonly #membership: Membership;
  readonly #signer: ContradictingSigner;
  /** Twins by the hash of the block that they are twins of. */
  readonly #twins = new Map<Hex, HashedHeader>();

  constructor(outlet: Outlet, membership: Membership, signer: ContradictingSigner) {
    this.#outlet = outlet;
    this.#membership = membership;
    this.#signer = signer;
  }

  toPeer(index: number, message: PeerMessage): void {
    this.#outlet.toPeer(index, message);
  }

  toPeers(message: PeerMessage): void {
    if (message.type === 'orderedRequest') this.#orderTwice(message);
    else {
      this.#outlet.toPeers(message);
      if (message.type === 'localCommit') this.#commitTwice(message);
    }
  }

  toGuests(message: PeerMessage): void {
    this.#outlet.toGuests(message);
  }

  toClients(clientIds: readonly number[], message: ToClientMessage): void {
    this.#outlet.toClients(clientIds, message);
  }

  #orderTwice(message: OrderedRequestMessage): void {
    const twin = this.#twinOf(message);
    const { ownIndex, sizes } = this.#membership;
    const others = Array.from({ length: sizes.n }, (_, index) => index).filter((index) => index !== ownIndex);
    const told = Math.floor(others.length / 2);
    for (const [place, index] of others.entries()) this.#outlet.toPeer(index, place < told ? message : twin);
  }

  #twinOf(message: OrderedRequestMessage): OrderedRequestMessage {
    const { view, header } = message;
    const below = this.#twins.get(header.previousHash);
    const twin = hashed({
      ...header,
      previousHash: below?.hash ?? header.previousHash,
      // Later than its parent, whose time is one later than that of its own original.
      timeMs: header.timeMs + 1,
    });
    this.#twins.set(header.hash, twin);
    const [oldest] = this.#twins.keys();
    if (this.#twins.size > TWINS_MAX && oldest !== undefined) this.#twins.delete(oldest);
    const { epoch, height, hash } = twin;
    return {
      ...message,
      header: twin,
      signature: this.#sign({ type: 'order', epoch, view, height, hash }),
    };
  }

  #commitTwice(message: LocalCommitMessage): void {
    const { type, epoch, view, height } = message;
    // The primary's two orders are proof enough; its backups shall see which replica is which.
    if (primaryOf(view, this.#membership.sizes.n) === this.#membership.ownIndex) return;
    const hash = OTHER_HASH;
    const signature = this.#sign({ type, epoch, view, height, hash });
    this.#outlet.toPeers({ type, epoch, view, height, hash, signature });
  }

  #sign(statement: Parameters<typeof statementDigest>[1]): Hex {
    return this.#signer.sign(statementDigest(this.#membership.networkId, statement));
  }
}
