/**
 * Vectors of what replicas sign, of the certificates made from it, of view changes and new views, and of the tags that
 * stand for views.
 * @module
 */
import { quorumSizes } from '../../src/main/ledger/genesis.ts';
import {
  encodeCheckpointCertificate,
  encodeCommitCertificate,
  statementDigest,
  viewTag,
  type Statement,
} from '../../src/main/ledger/statement.ts';
import {
  newViewCodec,
  newViewStatement,
  viewChangeCodec,
  viewChangeStatement,
} from '../../src/main/ledger/viewChange.ts';
import { encode } from '../../src/shared/encoding/codec.ts';
import {
  makeCheckpointCertificate,
  makeCommitCertificate,
  signStatement,
} from '../../test/support/ledger.ts';
import { makeChain, missing, network } from './network.ts';
import { NEW_VIEW, VIEW_CHANGES } from './viewChanges.ts';

export function statementVectors(): unknown {
  const { networkId, genesis, replicaSeeds } = network;
  const { epoch, height, hash, stateDigest } = makeChain().chain.header();
  const statements: Statement[] = [
    { type: 'order', epoch, view: 0, height, hash },
    { type: 'order', epoch, view: 5, height, hash },
    { type: 'localCommit', epoch, view: 0, height, hash },
    { type: 'localCommit', epoch: 1, view: 24, height: 2 ** 32, hash },
    { type: 'checkpointVote', epoch, view: 0, height, hash, stateDigest },
    { type: 'checkpointVote', epoch, view: 70_000, height, hash, stateDigest },
    viewChangeStatement(VIEW_CHANGES[1]),
    newViewStatement(NEW_VIEW),
  ];
  return {
    description: 'Statements, the digest that is signed for each, and the signature of a replica.',
    networkId,
    statements: statements.map((statement, index) => {
      const replica = index % genesis.replicas.length;
      return {
        statement,
        digest: statementDigest(networkId, statement),
        replica,
        seed: replicaSeeds[replica] ?? missing('seed'),
        publicKey: genesis.replicas[replica]?.publicKey ?? missing('replica'),
        signature: signStatement(network, replica, statement),
      };
    }),
    viewTags: [
      [0, 0],
      [0, 1],
      [1, 0],
      [0, 2 ** 32],
    ].map(([tagEpoch = 0, view = 0]) => ({ epoch: tagEpoch, view, tag: viewTag(networkId, tagEpoch, view) })),
  };
}

export function certificateVectors(): unknown {
  const header = makeChain().chain.header();
  const commit = makeCommitCertificate(network, header, 2);
  const checkpoint = makeCheckpointCertificate(network, header, 2);
  return {
    description: 'Certificates of a quorum, over the network of genesis.json.',
    networkId: network.networkId,
    replicaKeys: network.genesis.replicas.map(({ publicKey }) => publicKey),
    quorum: quorumSizes(network.genesis.replicas.length).q,
    commit: { certificate: commit, bytes: encodeCommitCertificate(commit) },
    checkpoint: { certificate: checkpoint, bytes: encodeCheckpointCertificate(checkpoint) },
  };
}

export function viewChangeVectors(): unknown {
  return {
    description:
      'View changes and a new view made of them, with their bytes and the statements that are signed for them. A ' +
      'header travels without its hash, which is shown here beside its fields.',
    viewChanges: VIEW_CHANGES.map((viewChange) => ({
      viewChange,
      bytes: encode(viewChangeCodec, viewChange),
      contentDigest: viewChangeStatement(viewChange).contentDigest,
    })),
    newView: NEW_VIEW,
    newViewBytes: encode(newViewCodec, NEW_VIEW),
    newViewContentDigest: newViewStatement(NEW_VIEW).contentDigest,
  };
}
