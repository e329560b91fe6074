/**
 * Which signatures a message stands on. The host has them verified before agreement sees the message, so that inside
 * nothing is checked twice and the pure core waits for nobody.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { epochOf, evidenceChecks, type Evidence } from '../ledger/evidence.ts';
import {
  certificateChecks,
  statementDigest,
  type SignatureCheck,
  type Statement,
} from '../ledger/statement.ts';
import { newViewStatement, viewChangeStatement, type SignedViewChange } from '../ledger/viewChange.ts';
import { primaryOf, type Membership } from './config.ts';
import type { OrderedRequestMessage, PeerMessage } from './messages.ts';

/** Signatures to verify; `undefined` where none could make the message valid. */
type Checks = readonly SignatureCheck[] | undefined;

/**
 * Whether a message is of the epoch that this replica is in. One of another epoch never counts, and is nobody's fault:
 * its sender is ahead, or behind, and its signatures are those of another set of replicas (rule E3). What a message
 * says of where its sender stands is heard in any epoch.
 */
export function isOfEpoch({ epoch, ownIndex }: Membership, message: PeerMessage): boolean {
  switch (message.type) {
    case 'orderedRequest':
      return message.header.epoch === epoch;
    case 'orders':
      return message.orders.every(({ header }) => header.epoch === epoch);
    case 'block':
      return message.evidence.every((evidence) => epochOf(evidence) === epoch);
    case 'evidence':
      return epochOf(message.evidence) === epoch;
    case 'viewChange':
      return message.viewChange.epoch === epoch;
    case 'newView':
      return message.newView.epoch === epoch;
    case 'stable':
    case 'headers':
      return message.certificate.epoch === epoch;
    case 'recall':
      // It tells a member what it has signed.
      return message.epoch === epoch && ownIndex >= 0;
    case 'getRecall':
    case 'localCommit':
    case 'checkpointVote':
    case 'suspect':
      return message.epoch === epoch;
    case 'beacon':
    case 'request':
    case 'requests':
    case 'getRequests':
    case 'getOrders':
    case 'getHeaders':
    case 'getBlock':
    case 'getNewView':
      return true;
  }
}

/**
 * The checks of the replicas' signatures in a message of this epoch from the replica `from`; `undefined` where no
 * signature could make it valid. Those of the requests in it are not among them.
 */
export function messageChecks(membership: Membership, from: number, message: PeerMessage): Checks {
  const { networkId, replicaKeys, sizes } = membership;
  switch (message.type) {
    case 'orderedRequest':
      return orderChecks(membership, message);
    case 'orders':
      return all(message.orders.map((order) => orderChecks(membership, order)));
    case 'block':
      return evidenceListChecks(membership, message.evidence);
    case 'evidence':
      return evidenceListChecks(membership, [message.evidence]);
    case 'viewChange':
      return viewChangeChecks(membership, { ...message, replica: from });
    case 'newView': {
      const { newView, signature } = message;
      return all([
        signedBy(membership, primaryOf(newView.view, sizes.n), newViewStatement(newView), signature),
        ...newView.viewChanges.map((viewChange) => viewChangeChecks(membership, viewChange)),
      ]);
    }
    case 'recall':
      return all(
        message.statements.map(({ statement, signature }) =>
          signedBy(membership, membership.ownIndex, statement, signature),
        ),
      );
    case 'localCommit':
    case 'checkpointVote':
      return signedBy(membership, from, message, message.signature);
    case 'stable':
    case 'headers':
      return certificateChecks(networkId, replicaKeys, sizes.q, message.certificate);
    default:
      return [];
  }
}

/** The signed requests inside a message, as bytes. */
export function bodiesOf(message: PeerMessage): readonly Uint8Array[] {
  switch (message.type) {
    case 'request':
      return [message.request];
    case 'orderedRequest':
      return message.bodies;
    case 'orders':
      return message.orders.flatMap(({ bodies }) => bodies);
    case 'requests':
    case 'block':
      return message.requests;
    default:
      return [];
  }
}

/** An order is signed by the primary of its view, whoever passes it on (rule A2). */
function orderChecks(
  membership: Membership,
  { view, header, evidence, signature }: Omit<OrderedRequestMessage, 'type'>,
): Checks {
  const { epoch, height, hash } = header;
  const statement: Statement = { type: 'order', epoch, view, height, hash };
  return all([
    signedBy(membership, primaryOf(view, membership.sizes.n), statement, signature),
    evidenceListChecks(membership, evidence),
  ]);
}

/** The sender's signature, and those of the certificates that it brings along (rule V3). */
function viewChangeChecks(
  membership: Membership,
  { replica, viewChange, signature }: SignedViewChange,
): Checks {
  const { networkId, replicaKeys, sizes } = membership;
  const certificates = [viewChange.stable, viewChange.commit].filter((certificate) => certificate !== null);
  return all([
    signedBy(membership, replica, viewChangeStatement(viewChange), signature),
    ...certificates.map((certificate) => certificateChecks(networkId, replicaKeys, sizes.q, certificate)),
  ]);
}

function evidenceListChecks({ networkId, replicaKeys }: Membership, evidence: readonly Evidence[]): Checks {
  return all(evidence.map((item) => evidenceChecks(networkId, replicaKeys, item)));
}

function signedBy(
  { networkId, replicaKeys }: Membership,
  replica: number,
  statement: Statement,
  signature: Hex,
): Checks {
  const publicKey = replicaKeys[replica];
  if (publicKey === undefined) return undefined;
  return [{ signature, digest: statementDigest(networkId, statement), publicKey }];
}

function all(parts: readonly Checks[]): Checks {
  const checks: SignatureCheck[] = [];
  for (const part of parts) {
    if (part === undefined) return undefined;
    checks.push(...part);
  }
  return checks;
}
