/**
 * Says where the replica in this process stands to the set of replicas: that it waits to be admitted, takes part, or was
 * removed; and what to do about it.
 * @module
 */
import type { ErrorCode } from '../../shared/errors.ts';
import type { Admission } from '../replica/guests.ts';
import type { ReplicaNode } from '../replica/node.ts';
import { describeError, type Output } from './output.ts';

const CODES = {
  unknown: 'replica.notMember',
  proposed: 'replica.proposed',
  removed: 'replica.removed',
} as const satisfies Record<Exclude<Admission, 'member'>, ErrorCode>;

/** Tells of it through `output`: now where it takes no part, and whenever that changes. */
export function noteMembership(node: ReplicaNode, output: Output): void {
  let last: Admission = 'member';
  const tell = (): void => {
    const { membership, admission } = node.replica.status();
    const { ownKey, epoch, replicas } = membership;
    if (admission !== 'member') {
      if (admission !== last)
        output.note(describeError({ code: CODES[admission], data: { publicKey: ownKey } }));
    } else if (epoch > 0 || last !== 'member') {
      const name = replicas.find(({ publicKey }) => publicKey === ownKey)?.name ?? ownKey;
      output.note(`${name} takes part: epoch ${String(epoch)}, ${String(replicas.length)} replicas.`);
    }
    last = admission;
  };
  tell();
  node.subscribe((event) => {
    if (event.type === 'membership') tell();
  });
}
