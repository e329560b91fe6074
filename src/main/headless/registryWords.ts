/**
 * The registry and its changes in words for a terminal. Nothing of the ledger reaches it as it stands: what does not
 * show is named.
 * @module
 */
import type { RegistryView } from '../../shared/contract/registry.ts';
import type { RegistryAction, RegistryChange, RegistryPolicy } from '../../shared/domain/registry.ts';
import { visibleText } from '../../shared/text/visible.ts';
import { fingerprintOf } from '../ledger/fingerprint.ts';

/** What an action does, as a sentence begins after “you”. */
export function actionWords(action: RegistryAction): string {
  if (action.type !== 'propose') return `${action.type} the change of the registry ${action.proposalId}`;
  const words: Readonly<Record<RegistryChange['kind'], string>> = {
    addSupervisor: 'that a supervisor be added',
    revokeSupervisor: 'that a supervisor be revoked',
    renameSupervisor: 'that a supervisor be renamed',
    rotateSupervisor: 'that a supervisor get a new key',
    addReplica: 'that a replica be added',
    removeReplica: 'that a replica be removed',
    updateReplica: 'that a replica get another name or address',
    rotateReplica: 'that a replica get a new key',
    setPolicy: 'that the policy of the registry be changed',
  };
  return `propose ${words[action.change.kind]}`;
}

/** Everything that a change says, line by line. */
export function changeLines(change: RegistryChange): string[] {
  switch (change.kind) {
    case 'addSupervisor':
      return [...named(change.supervisor), ...keyed('Key', change.supervisor.publicKey)];
    case 'addReplica':
    case 'updateReplica': {
      const { host, port, publicKey } = change.replica;
      const address = `Address: ${visibleText(host)} port ${String(port)}`;
      return [...named(change.replica), address, ...keyed('Key', publicKey)];
    }
    case 'renameSupervisor':
      return [...named(change), ...keyed('Key', change.publicKey)];
    case 'rotateSupervisor':
    case 'rotateReplica':
      return [...keyed('Key', change.publicKey), ...keyed('New key', change.newPublicKey)];
    case 'revokeSupervisor':
    case 'removeReplica':
      return keyed('Key', change.publicKey);
    case 'setPolicy':
      return [`Policy: ${policyWords(change.policy)}`];
  }
}

/** The registry as a whole: who counts, who did, and what waits. */
export function registryLines({
  height,
  policy,
  approvalsNeeded,
  supervisors,
  replicas,
  proposals,
}: RegistryView): string[] {
  const member = ({ name, organisation, publicKey, until }: RegistryView['supervisors'][number]): string =>
    `  ${publicKey}  ${visibleText(name)} (${visibleText(organisation)})${until === null ? '' : `, until block ${String(until.height)}`}`;
  return [
    `Registry at height ${String(height)}: ${policyWords(policy)}; ${String(approvalsNeeded)} now`,
    'Supervisors:',
    ...supervisors.map(member),
    'Replicas:',
    ...replicas.map(
      (replica) => `${member(replica)}, ${visibleText(replica.host)} port ${String(replica.port)}`,
    ),
    proposals.length === 0 ? 'No change waits for approval.' : 'Pending changes:',
    ...proposals.flatMap(({ id, proposer, change, approvals, missing, lastHeight }) => [
      `  ${id}  ${change.kind}, proposed by ${visibleText(proposer.name)}`,
      `    ${String(approvals.length)} approvals, ${String(missing)} missing, until block ${String(lastHeight)}`,
      ...changeLines(change).map((line) => `    ${line}`),
    ]),
  ];
}

function policyWords({ threshold, proposalBlocks }: RegistryPolicy): string {
  const approvals = threshold === null ? 'a majority' : String(threshold);
  return `${approvals} of the supervisors approve a change, within ${String(proposalBlocks)} blocks`;
}

function named({ name, organisation }: { readonly name: string; readonly organisation: string }): string[] {
  return [`Name: ${visibleText(name)}`, `Organisation: ${visibleText(organisation)}`];
}

function keyed(what: string, publicKey: string): string[] {
  return [`${what}: ${publicKey}`, `  in words: ${fingerprintOf(publicKey)}`];
}
