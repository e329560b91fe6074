/** Names that deceive get into no change, whoever makes it. */
import { describe, expect, it } from 'vitest';
import { caught } from '../../../support/errors.ts';
import { makeGenesis } from '../../../support/ledger.ts';
import { newKey } from '../../../support/registry.ts';
import { checkChangeNames } from '../../../../src/main/ledger/registry/naming.ts';
import { Registry } from '../../../../src/main/ledger/registry/registry.ts';
import type { RegistryChange } from '../../../../src/shared/domain/registry.ts';

const { genesis } = makeGenesis();
const { members } = Registry.ofGenesis(genesis);
const [supervisor, second] = genesis.supervisors;
const [replica] = genesis.replicas;
const { publicKey } = newKey(5);
const proof = 'ab'.repeat(64);
const add = (name: string, organisation = 'House'): RegistryChange => ({
  kind: 'addSupervisor',
  supervisor: { name, organisation, publicKey },
  proof,
});
const host = (value: string): RegistryChange => ({
  kind: 'addReplica',
  replica: { name: 'Fifth', organisation: 'House', publicKey, host: value, port: 1 },
  proof,
});

describe('names in changes', () => {
  it.each([
    ['name.empty', add('')],
    ['name.hidden', add('Be\u202Ea')],
    ['name.hidden', add('Bea', 'Ho\u200Buse')],
    ['name.scripts', add('Be\u0430')],
    ['name.spaces', add(' Bea')],
    ['name.tooLong', add('B'.repeat(256))],
    ['name.alike', add(supervisor!.name.toUpperCase(), supervisor!.organisation)],
    [
      'name.alike',
      { kind: 'renameSupervisor', ...supervisor!, name: second!.name, organisation: second!.organisation },
    ],
    ['address.invalid', host('not a host')],
  ] as const)('%s', (code, change) => {
    expect(caught(() => checkChangeNames(members, change)).code).toBe(code);
  });

  it('may be one’s own again, and the same in another organisation', () => {
    checkChangeNames(members, add('Bea'));
    checkChangeNames(members, { kind: 'renameSupervisor', ...supervisor! });
    checkChangeNames(members, add(supervisor!.name, 'Quite another'));
    checkChangeNames(members, { kind: 'updateReplica', replica: { ...replica!, port: 9 } });
    checkChangeNames(members, { kind: 'revokeSupervisor', publicKey });
  });
});
