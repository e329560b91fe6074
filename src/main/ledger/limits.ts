/**
 * Limits that every ledger shares: what exceeds one is invalid everywhere (docs/LIMITS.md).
 * @module
 */

/** Longest title, name or file name, in UTF-16 code units. */
export const NAME_CHARS_MAX = 255;
/** Longest remark, in UTF-16 code units. */
export const REMARK_CHARS_MAX = 10_000;

/** Fewest replicas: n = 3f+1 with f = 1. */
export const REPLICAS_MIN = 4;
/** Most replicas. Each block costs messages in the square of it. */
export const REPLICAS_MAX = 31;
/** Most supervisors of a genesis or a registry. */
export const SUPERVISORS_MAX = 10_000;

/** Most changes of the registry that wait for approvals at a time. */
export const PROPOSALS_MAX = 64;
/** Most of them that one supervisor has proposed: nobody can keep the others from proposing. */
export const PROPOSALS_PER_SUPERVISOR_MAX = 8;
/** Most blocks during which a proposal can be approved. */
export const PROPOSAL_BLOCKS_MAX = 10_000_000;
