/**
 * When a run has failed.
 * @module
 */
import type { Outcome } from './run.ts';

/** What kind of failure it is: equal where the same rule is broken; `null` where all went well. */
export function failureOf({ violation, converged }: Outcome): string | null {
  if (violation !== null) return violation.rule;
  return converged ? null : 'does not converge';
}
