/**
 * Whether a registry change can be signed as things are. Replicas judge it again, by the block that it gets into; here
 * a person is told before anything is signed, and why.
 * @module
 */
import { newKeyOf, type RegistryAction, type RegistryChange } from '../../../shared/domain/registry.ts';
import type { Payload } from '../../../shared/domain/payload.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError } from '../../../shared/errors.ts';
import { isStrongPublicKey } from '../../keys/ed25519.ts';
import { changeObjection } from '../../ledger/registry/change.ts';
import { checkChangeNames } from '../../ledger/registry/naming.ts';
import type { RegistryBook } from './registryBook.ts';

/**
 * Throws unless `supervisor` may sign `payload` now: `key.revoked`; of a registry change also what `checkAction` throws.
 */
export function checkSignable(book: RegistryBook, supervisor: Hex, payload: Payload): void {
  const until = book.supervisor(supervisor)?.until ?? null;
  if (until !== null) {
    throw new CountersignError('key.revoked', { publicKey: supervisor, height: until.height });
  }
  if (payload.kind === 'registry') checkAction(book, supervisor, payload.action);
}

/**
 * Throws unless the action is possible: `registry.*`, and `name.*`, `address.invalid`, `card.weakKey` for what nobody
 * should propose or approve. `supervisor`: who is to sign it; `null` where that is not known yet.
 */
export function checkAction(book: RegistryBook, supervisor: Hex | null, action: RegistryAction): void {
  const { tip } = book;
  if (action.type === 'propose') {
    checkChange(book, action.change);
    const objection =
      supervisor === null ? changeObjection(tip.members, action.change) : tip.objection(supervisor, action);
    if (objection !== undefined) throw fromPlainError(objection);
    return;
  }
  const proposal = tip.proposal(action.proposalId);
  if (proposal === undefined) throw whyEnded(book, action.proposalId);
  const objection = supervisor === null ? undefined : tip.objection(supervisor, action);
  if (objection !== undefined) throw fromPlainError(objection);
  if (action.type === 'withdraw') return;
  // Approving what cannot be carried out would end the proposal.
  const obstacle = changeObjection(tip.members, proposal.change);
  if (obstacle !== undefined) throw fromPlainError(obstacle);
  checkChange(book, proposal.change);
}

function checkChange({ tip }: RegistryBook, change: RegistryChange): void {
  checkChangeNames(tip.members, change);
  const added = newKeyOf(change);
  if (added === null || isStrongPublicKey(added.publicKey)) return;
  const name =
    change.kind === 'addSupervisor'
      ? change.supervisor.name
      : change.kind === 'addReplica'
        ? change.replica.name
        : '';
  throw new CountersignError('card.weakKey', { name, publicKey: added.publicKey });
}

/** What became of a proposal that waits no more. */
function whyEnded({ history }: RegistryBook, proposalId: Hex): CountersignError {
  const ended = history.endOf(proposalId);
  switch (ended?.outcome) {
    case 'applied':
      return new CountersignError('registry.proposalApplied', { proposalId });
    case 'withdrawn':
      return new CountersignError('registry.proposalWithdrawn', { proposalId });
    case 'expired': {
      const { lastHeight } = ended.proposal;
      return new CountersignError('registry.proposalExpired', { proposalId, lastHeight });
    }
    case 'impossible':
      return new CountersignError('registry.proposalImpossible', { proposalId });
    default:
      return new CountersignError('registry.unknownProposal', { proposalId });
  }
}
