/**
 * Which signatures a message stands on. The host has them verified before agreement sees the message, so that inside
 * nothing is checked twice and the pure core waits for nobody.
 * @module
 */
import type { SignedRequest } from '../ledger/request.ts';
import { requestSigningDigest } from '../ledger/request.ts';
import { certificateChecks, statementDigest, type SignatureCheck } from '../ledger/statement.ts';
import { primaryOf, type Membership } from './config.ts';
import type { OrderedRequestMessage, PeerMessage } from './messages.ts';

/** The check of the supervisor's signature on a request. */
export function requestCheck(request: SignedRequest): SignatureCheck {
  return {
    signature: request.signature,
    digest: requestSigningDigest(request.networkId, request.id),
    publicKey: request.supervisor,
  };
}

/**
 * The checks of the replicas' signatures in a message from the replica `from`; `undefined` where no signature could
 * make it valid. Those of the requests in it are not among them.
 */
export function messageChecks(
  membership: Membership,
  from: number,
  message: PeerMessage,
): readonly SignatureCheck[] | undefined {
  const { networkId, replicaKeys, sizes } = membership;
  switch (message.type) {
    case 'orderedRequest':
      return single(orderCheck(membership, message));
    case 'orders': {
      const checks = message.orders.map((order) => orderCheck(membership, order));
      return checks.every((check) => check !== undefined) ? checks : undefined;
    }
    case 'localCommit':
    case 'checkpointVote': {
      const publicKey = replicaKeys[from];
      if (publicKey === undefined) return undefined;
      return [{ signature: message.signature, digest: statementDigest(networkId, message), publicKey }];
    }
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
function orderCheck(
  { networkId, replicaKeys, sizes }: Membership,
  { view, header, signature }: Omit<OrderedRequestMessage, 'type'>,
): SignatureCheck | undefined {
  const publicKey = replicaKeys[primaryOf(view, sizes.n)];
  if (publicKey === undefined) return undefined;
  const { epoch, height, hash } = header;
  return {
    signature,
    digest: statementDigest(networkId, { type: 'order', epoch, view, height, hash }),
    publicKey,
  };
}

function single(check: SignatureCheck | undefined): readonly SignatureCheck[] | undefined {
  return check === undefined ? undefined : [check];
}
