/** What a change makes different: the same as carrying it out shows. */
import { describe, expect, it } from 'vitest';
import { makeGenesis } from '../../../support/ledger.ts';
import { addSupervisor, newKey } from '../../../support/registry.ts';
import { applied, changeObjection, type Members } from '../../../../src/main/ledger/registry/change.ts';
import { registryDifference, type RegistryFacts } from '../../../../src/main/ledger/registry/difference.ts';
import { Registry } from '../../../../src/main/ledger/registry/registry.ts';
import type { RegistryChange } from '../../../../src/shared/domain/registry.ts';

const network = makeGenesis();
const { members } = Registry.ofGenesis(network.genesis);
const [supervisor] = network.genesis.supervisors;
const [replica] = network.genesis.replicas;
const fresh = newKey(1);
const proof = 'ab'.repeat(64);

const CHANGES: readonly RegistryChange[] = [
  addSupervisor(network, fresh),
  { kind: 'revokeSupervisor', publicKey: supervisor!.publicKey },
  { kind: 'renameSupervisor', publicKey: supervisor!.publicKey, name: 'Other', organisation: 'Else' },
  { kind: 'rotateSupervisor', publicKey: supervisor!.publicKey, newPublicKey: fresh.publicKey, proof },
  { kind: 'addReplica', replica: { ...replica!, publicKey: fresh.publicKey, port: 9 }, proof },
  { kind: 'removeReplica', publicKey: replica!.publicKey },
  { kind: 'updateReplica', replica: { ...replica!, host: 'b.example' } },
  { kind: 'rotateReplica', publicKey: replica!.publicKey, newPublicKey: fresh.publicKey, proof },
  { kind: 'setPolicy', policy: { threshold: null, proposalBlocks: 7 } },
];

/** Everything that somebody could see of members, one text for each. */
function facts({ supervisors, replicas, policy }: Members): Set<string> {
  const all: RegistryFacts[] = [
    ...[...supervisors.values()].map((one) => ({ kind: 'supervisor' as const, ...one })),
    ...replicas.map((one) => ({ kind: 'replica' as const, ...one })),
    { kind: 'policy', ...policy },
  ];
  return new Set(all.map(textOf));
}

function textOf(one: RegistryFacts): string {
  return JSON.stringify(Object.entries(one).sort());
}

describe.each(CHANGES.map((change) => [change.kind, change] as const))('%s', (_, change) => {
  it('differs by what was there and is no more, and by what is there now', () => {
    const { before, after } = registryDifference(members, change);
    const [was, is] = [facts(members), facts(applied(members, change))];
    expect([...was].filter((one) => !is.has(one))).toEqual(before === null ? [] : [textOf(before)]);
    expect([...is].filter((one) => !was.has(one))).toEqual(after === null ? [] : [textOf(after)]);
  });

  it('is shown as far as it can be where it cannot be carried out', () => {
    const none: Members = { ...members, supervisors: new Map(), replicas: [] };
    const { before } = registryDifference(none, change);
    expect(before === null || before.kind === 'policy').toBe(true);
    if (before === null && !change.kind.startsWith('add')) {
      expect(changeObjection(none, change)?.code).toBe('registry.unknownKey');
    }
  });
});
