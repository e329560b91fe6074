/**
 * Says that the replica in this process only follows the others, now or from some moment on, and what to do about it.
 * @module
 */
import type { ReplicaNode } from '../replica/node.ts';
import { describeError, type Output } from './output.ts';

/** Tells of it through `output`, once. */
export function noteLearner(node: ReplicaNode, output: Output): void {
  const { genesis, replica } = node;
  const tell = (): void => {
    const name = genesis.replicas[replica.index]?.name ?? String(replica.index);
    output.note(describeError({ code: 'replica.learner', data: { replica: name } }));
  };
  if (replica.status().standing.learner !== null) {
    tell();
    return;
  }
  const unsubscribe = node.subscribe((event) => {
    if (event.type !== 'learner') return;
    unsubscribe();
    tell();
  });
}
