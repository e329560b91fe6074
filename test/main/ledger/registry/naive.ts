/**
 * A registry as plainly as it can be said, by somebody who does not care for speed: every question is answered by going
 * through everything that was ever signed.
 * @module
 */
import type { Genesis } from '../../../../src/main/ledger/genesis.ts';
import type { PlacedRegistryRequest } from '../../../../src/main/ledger/registry/replay.ts';
import type { RegistryChange, SupervisorEntry } from '../../../../src/shared/domain/registry.ts';

interface Waiting {
  readonly id: string;
  readonly proposer: string;
  readonly change: RegistryChange;
  readonly last: number;
  approvals: string[];
}

/** The supervisors after the block at `height`. */
export function naiveSupervisors(
  genesis: Genesis,
  requests: readonly PlacedRegistryRequest[],
  height: number,
): SupervisorEntry[] {
  let supervisors: SupervisorEntry[] = [...genesis.supervisors];
  let { policy } = genesis;
  let waiting: Waiting[] = [];
  const isOne = (key: string): boolean => supervisors.some(({ publicKey }) => publicKey === key);
  for (let block = 1; block <= height; block++) {
    const request = requests.find((candidate) => candidate.height === block);
    if (request?.action.type === 'propose') {
      const { id, supervisor, action } = request;
      const last = block + policy.proposalBlocks;
      waiting.push({ id, proposer: supervisor, change: action.change, last, approvals: [supervisor] });
    } else if (request !== undefined) {
      const { proposalId, type } = request.action;
      const found = waiting.find(({ id }) => id === proposalId)!;
      if (type === 'approve') found.approvals.push(request.supervisor);
      else if (found.proposer === request.supervisor) waiting = waiting.filter((one) => one !== found);
      else found.approvals = found.approvals.filter((key) => key !== request.supervisor);
    }
    for (let again = true; again;) {
      const needed = Math.max(
        policy.threshold ?? Math.floor(supervisors.length / 2) + 1,
        Math.min(2, supervisors.length),
      );
      const due = waiting.find(({ approvals }) => approvals.length >= needed);
      again = due !== undefined;
      if (due === undefined) continue;
      waiting = waiting.filter((one) => one !== due);
      const { change } = due;
      switch (change.kind) {
        case 'addSupervisor':
          if (!isOne(change.supervisor.publicKey)) supervisors.push(change.supervisor);
          break;
        case 'revokeSupervisor':
          if (supervisors.length > Math.max(policy.threshold ?? 1, 1))
            supervisors = supervisors.filter(({ publicKey }) => publicKey !== change.publicKey);
          break;
        case 'renameSupervisor':
          supervisors = supervisors.map((one) =>
            one.publicKey === change.publicKey
              ? { ...one, name: change.name, organisation: change.organisation }
              : one,
          );
          break;
        case 'rotateSupervisor':
          if (!isOne(change.newPublicKey))
            supervisors = supervisors.map((one) =>
              one.publicKey === change.publicKey ? { ...one, publicKey: change.newPublicKey } : one,
            );
          break;
        case 'setPolicy':
          policy = change.policy;
          break;
        default:
          throw new Error(`${change.kind} is not for supervisors`);
      }
      waiting = waiting
        .filter(({ proposer }) => isOne(proposer))
        .map((one) => ({ ...one, approvals: one.approvals.filter(isOne) }));
    }
    waiting = waiting.filter(({ last }) => last > block);
  }
  return supervisors;
}
