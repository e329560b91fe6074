/**
 * Says that the replica in this process only follows the others, now or from some moment on, and what to do about it.
 * @module
 */
import type { ErrorCode } from '../../shared/errors.ts';
import type { LearnerReason } from '../consensus/effects.ts';
import type { ReplicaNode } from '../replica/node.ts';
import { describeError, type Output } from './output.ts';

const CODES = {
  stateLost: 'replica.learner',
  stateOld: 'replica.learner',
  keyInUse: 'replica.keyInUse',
  notMember: 'replica.notMember',
} as const satisfies Record<LearnerReason, ErrorCode>;

/** Tells of it through `output`, once. */
export function noteLearner(node: ReplicaNode, output: Output): void {
  const { genesis, replica } = node;
  const tell = (reason: LearnerReason): void => {
    const name = genesis.replicas[replica.index]?.name ?? String(replica.index);
    output.note(describeError({ code: CODES[reason], data: { replica: name } }));
  };
  const { learner } = replica.status().standing;
  if (learner !== null) {
    tell(learner);
    return;
  }
  const unsubscribe = node.subscribe((event) => {
    if (event.type !== 'learner') return;
    unsubscribe();
    tell(event.reason);
  });
}
