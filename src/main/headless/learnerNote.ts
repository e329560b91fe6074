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
} as const satisfies Record<Exclude<LearnerReason, 'notMember'>, ErrorCode>;

/** Tells of it through `output`, once. That it is no member is told apart (`membershipNote.ts`). */
export function noteLearner(node: ReplicaNode, output: Output): void {
  const isTold = (reason: LearnerReason | null): boolean => {
    if (reason === null || reason === 'notMember') return false;
    const { replica } = node;
    const { name } = replica.status().membership.replicas[replica.index] ?? { name: String(replica.index) };
    output.note(describeError({ code: CODES[reason], data: { replica: name } }));
    return true;
  };
  if (isTold(node.replica.status().standing.learner)) return;
  const unsubscribe = node.subscribe((event) => {
    if (event.type === 'learner' && isTold(event.reason)) unsubscribe();
  });
}
