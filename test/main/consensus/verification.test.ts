import * as ed25519 from '@noble/ed25519';
import { describe, expect, it } from 'vitest';
import { membershipOf } from '../../../src/main/consensus/config.ts';
import type { NewViewMessage, PeerMessage } from '../../../src/main/consensus/messages.ts';
import { messageChecks } from '../../../src/main/consensus/verification.ts';
import { evidenceOf } from '../../../src/main/ledger/evidence.ts';
import type { Statement } from '../../../src/main/ledger/statement.ts';
import { newViewStatement, type ViewChange } from '../../../src/main/ledger/viewChange.ts';
import { fromHex } from '../../../src/shared/encoding/hex.ts';
import {
  blockMessage,
  headersMessage,
  headersOf,
  localCommit,
  makeBlocks,
  newViewMessage,
  orderMessage,
  stableAt,
  viewChangeMessage,
} from '../../support/consensus.ts';
import {
  contradictingPair,
  makeEvidence,
  makeViewChange,
  signViewChange,
  signedBy,
} from '../../support/evidence.ts';
import { TestChain, makeCommitCertificate, makeGenesis, signStatement } from '../../support/ledger.ts';

const network = makeGenesis();
const elsewhere = makeGenesis({ name: 'another network' });
const OWN = 3;
const membership = membershipOf(network.genesis, network.genesis.replicas[OWN]!.publicKey);
const blocks = makeBlocks(network, 'verified', 2);
const header = headersOf(blocks)[1]!;
const stable = stableAt(network, blocks, 0);
const commit = makeCommitCertificate(network, header, 0);

/** Whether all signatures that the message stands on are there, and hold. */
function isValid(from: number, message: PeerMessage): boolean {
  const checks = messageChecks(membership, from, message);
  if (checks === undefined) return false;
  return checks.every(({ signature, digest, publicKey }) =>
    ed25519.verify(fromHex(signature), digest, fromHex(publicKey)),
  );
}

const forged = (signature: string) => signature.replace(/^../, (byte) => (byte === '00' ? '01' : '00'));

/** The same certificate with the signature of its second replica forged. */
function withForged<C extends typeof commit>(certificate: C): C {
  const signatures = certificate.signatures.map((item, index) =>
    index === 1 ? { ...item, signature: forged(item.signature) } : item,
  );
  return { ...certificate, signatures };
}
const tooFew = <C extends typeof commit>(certificate: C): C => ({
  ...certificate,
  signatures: certificate.signatures.slice(1),
});
const ofUnknown = <C extends typeof commit>(certificate: C): C => ({
  ...certificate,
  signatures: [
    ...certificate.signatures.slice(1),
    { replica: 4, signature: commit.signatures[0]!.signature },
  ],
});

/** Certificates that are not those of a quorum of this network. */
const badCommits = [
  ['with a forged signature', withForged(commit)],
  ['with too few signatures', tooFew(commit)],
  ['with the signature of an unknown replica', ofUnknown(commit)],
  ['of another network', makeCommitCertificate(elsewhere, header, 0)],
  ['for another view than was signed', { ...commit, view: 1 }],
] as const;
const badStables = [
  ['with a forged signature', withForged(stable)],
  ['with too few signatures', tooFew(stable)],
  ['with the signature of an unknown replica', ofUnknown(stable)],
  ['of another network', stableAt(elsewhere, blocks)],
  ['for another state than was signed', { ...stable, stateDigest: 'ab'.repeat(32) }],
  ['made of localCommits', { ...stable, signatures: commit.signatures }],
] as const;

describe('a view change', () => {
  const good = makeViewChange(1, { stable, commit, chain: [] });

  it('counts with the signature of its sender and valid certificates', () => {
    expect(isValid(2, viewChangeMessage(network, 2, good))).toBe(true);
    expect(isValid(2, viewChangeMessage(network, 2, makeViewChange(1)))).toBe(true);
  });

  it('does not count for another sender, or with anything changed', () => {
    const message = viewChangeMessage(network, 2, good);
    expect(isValid(1, message)).toBe(false);
    expect(isValid(4, message)).toBe(false);
    expect(isValid(2, { ...message, signature: forged(message.signature) })).toBe(false);
    expect(isValid(2, { ...message, viewChange: { ...good, lastNormalView: 1 } })).toBe(false);
    expect(isValid(2, viewChangeMessage(elsewhere, 2, good))).toBe(false);
  });

  it.each(badCommits)('does not count with a commit certificate %s', (_how, bad) => {
    expect(isValid(2, viewChangeMessage(network, 2, { ...good, commit: bad }))).toBe(false);
  });

  it.each(badStables)('does not count with a checkpoint certificate %s', (_how, bad) => {
    expect(isValid(2, viewChangeMessage(network, 2, { ...good, stable: bad }))).toBe(false);
  });
});

describe('a new view', () => {
  const viewChange = makeViewChange(1, { stable });
  const good = newViewMessage(network, [
    [0, viewChange],
    [2, viewChange],
    [3, viewChange],
  ]);
  /** The new view with another second member, signed by the primary as it is. */
  function withMember(replica: number, signer: number, changed: ViewChange, forge = false): NewViewMessage {
    const member = { ...signViewChange(network, signer, changed), replica };
    const signature = forge ? forged(member.signature) : member.signature;
    const [first, , third] = good.newView.viewChanges;
    const newView = { ...good.newView, viewChanges: [first!, { ...member, signature }, third!] };
    return { type: 'newView', newView, signature: signStatement(network, 1, newViewStatement(newView)) };
  }

  it('counts with the signature of its primary, whoever passes it on', () => {
    for (const from of [0, 1, 2]) expect(isValid(from, good)).toBe(true);
  });

  it('does not count with that of another, or with another set of view changes', () => {
    const bySender = signStatement(network, 2, newViewStatement(good.newView));
    expect(isValid(2, { ...good, signature: bySender })).toBe(false);
    const fewer = { ...good.newView, viewChanges: good.newView.viewChanges.slice(1) };
    expect(isValid(1, { ...good, newView: fewer })).toBe(false);
    expect(isValid(1, { ...good, newView: { ...good.newView, view: 5 } })).toBe(false);
  });

  it('does not count with a member whose signature is forged, or of another replica', () => {
    expect(isValid(1, withMember(2, 2, viewChange))).toBe(true);
    expect(isValid(1, withMember(2, 2, viewChange, true))).toBe(false);
    expect(isValid(1, withMember(2, 0, viewChange))).toBe(false);
    expect(isValid(1, withMember(4, 2, viewChange))).toBe(false);
  });

  it('does not count with a member whose certificate is not valid', () => {
    for (const [, bad] of badStables)
      expect(isValid(1, withMember(2, 2, { ...viewChange, stable: bad }))).toBe(false);
    for (const [, bad] of badCommits)
      expect(isValid(1, withMember(2, 2, makeViewChange(1, { commit: bad })))).toBe(false);
  });
});

describe('a recall', () => {
  const [statement] = contradictingPair('localCommit');
  const recall = (...signers: readonly number[]): PeerMessage => ({
    type: 'recall',
    epoch: 0,
    token: '0123456789abcdef',
    statements: signers.map((signer) => signedBy(network, signer, statement)),
  });

  it('counts with the own signatures, whoever sends it', () => {
    expect(isValid(0, recall(OWN, OWN))).toBe(true);
  });

  it('does not count where one statement was signed by somebody else', () => {
    expect(isValid(0, recall(0))).toBe(false);
    expect(isValid(0, recall(OWN, 0))).toBe(false);
    const abroad = { statement, signature: signStatement(elsewhere, OWN, statement) };
    expect(isValid(0, { type: 'recall', epoch: 0, token: '0123456789abcdef', statements: [abroad] })).toBe(
      false,
    );
  });
});

describe('evidence', () => {
  const evidence = makeEvidence(network, 1);

  it('counts with two signatures of the one it accuses', () => {
    expect(isValid(2, { type: 'evidence', evidence })).toBe(true);
  });

  it('does not count against another, nor with one signature of somebody else', () => {
    expect(isValid(2, { type: 'evidence', evidence: { ...evidence, replica: 0 } })).toBe(false);
    expect(isValid(2, { type: 'evidence', evidence: { ...evidence, replica: 4 } })).toBe(false);
    const [one, other] = contradictingPair('localCommit');
    const half = evidenceOf(1, signedBy(network, 1, one), signedBy(network, 2, other))!;
    expect(isValid(2, { type: 'evidence', evidence: half })).toBe(false);
    expect(isValid(2, { type: 'evidence', evidence: makeEvidence(elsewhere, 1) })).toBe(false);
  });

  it('is verified in orders and blocks too', () => {
    const proof = (replica: number) =>
      new TestChain(network).append([], 0, 1_000, [{ ...evidence, replica }]);
    expect(isValid(2, orderMessage(proof(1)))).toBe(true);
    expect(isValid(2, orderMessage(proof(2)))).toBe(false);
    expect(isValid(2, { type: 'orders', orders: [orderMessage(proof(1)), orderMessage(proof(2))] })).toBe(
      false,
    );
    expect(isValid(2, blockMessage(proof(1).block))).toBe(true);
    expect(isValid(2, blockMessage(proof(2).block))).toBe(false);
  });
});

describe('what is signed by its sender or its primary', () => {
  it('counts for nobody else', () => {
    const message = localCommit(network, 2, header);
    expect(isValid(2, message)).toBe(true);
    expect(isValid(1, message)).toBe(false);
    expect(isValid(2, { ...message, view: 1 })).toBe(false);
    const { height, hash } = header;
    const vote: Statement = {
      type: 'checkpointVote',
      epoch: 0,
      view: 0,
      height,
      hash,
      stateDigest: header.stateDigest,
    };
    const voted = { ...vote, signature: signStatement(network, 2, vote) };
    expect(isValid(2, voted)).toBe(true);
    expect(isValid(2, { ...voted, signature: message.signature })).toBe(false);
    const order = orderMessage(blocks[1]!);
    expect(isValid(2, order)).toBe(true);
    expect(isValid(2, { ...order, view: 1 })).toBe(false);
  });

  it.each(badStables)('does not count with a checkpoint certificate %s', (_how, bad) => {
    expect(isValid(2, { type: 'stable', certificate: bad })).toBe(false);
    expect(isValid(2, { ...headersMessage(network, blocks), certificate: bad })).toBe(false);
    expect(isValid(2, { type: 'stable', certificate: stable })).toBe(true);
  });

  it('asks for no signature where nothing is claimed', () => {
    expect(messageChecks(membership, 2, { type: 'suspect', epoch: 0, view: 0 })).toEqual([]);
    expect(messageChecks(membership, 2, { type: 'getNewView', view: 1 })).toEqual([]);
  });
});
