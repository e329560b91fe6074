/**
 * What a policy of the registry must keep, in a genesis and ever after.
 * @module
 */
import type { RegistryPolicy } from '../../../shared/domain/registry.ts';

/**
 * Why a policy cannot be that of so many supervisors; `undefined` where it can. With two or more of them no single one
 * decides, and nobody may need more than there are.
 */
export function policyProblem({ threshold }: RegistryPolicy, supervisors: number): string | undefined {
  if (threshold === null) return undefined;
  const fewest = Math.min(2, supervisors);
  if (threshold >= fewest && threshold <= supervisors) return undefined;
  return `must be from ${String(fewest)} to ${String(supervisors)}, the number of supervisors`;
}
