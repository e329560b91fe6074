/**
 * The view changes of all vectors, and the new view that they open: three replicas leave views 2 and 4 for view 5.
 * @module
 */
import type { NewView, ViewChange } from '../../src/main/ledger/viewChange.ts';
import { makeViewChange, signViewChange } from '../../test/support/evidence.ts';
import { makeCheckpointCertificate, makeCommitCertificate } from '../../test/support/ledger.ts';
import { makeChain, network } from './network.ts';

const VIEW = 5;
const { chain } = makeChain();
const [first, second, third] = [chain.header(1), chain.header(2), chain.header(3)];

/** With nothing, with a certificate on the chain, and with one that leads beyond it. */
export const VIEW_CHANGES: readonly [ViewChange, ViewChange, ViewChange] = [
  makeViewChange(VIEW, { lastNormalView: 2 }),
  makeViewChange(VIEW, {
    lastNormalView: 4,
    stable: makeCheckpointCertificate(network, first, 1),
    commit: makeCommitCertificate(network, second, 4),
    chain: [second, third],
  }),
  makeViewChange(VIEW, {
    lastNormalView: 2,
    commit: makeCommitCertificate(network, second, 4),
    commitHeaders: [first, second],
    chain: [first],
  }),
];

/** By the replicas 0, 1 and 3. */
export const NEW_VIEW: NewView = {
  epoch: 0,
  view: VIEW,
  viewChanges: [0, 1, 3].map((replica, index) =>
    signViewChange(network, replica, VIEW_CHANGES[index] ?? VIEW_CHANGES[0]),
  ),
};
