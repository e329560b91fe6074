/**
 * What a receipt's proof is made of.
 * @module
 */

/**
 * The links in the order in which they hang together: the file is a receipt, of this network; certified changes lead
 * from the genesis to the replicas of the epoch; the supervisor was registered there, and signed the request; the
 * request is in the block; headers lead from the block to the checkpoint; a quorum of the replicas certified it.
 */
export const PROOF_LINKS = [
  'file',
  'network',
  'epochs',
  'supervisor',
  'request',
  'block',
  'headers',
  'certificate',
] as const;
export type ProofLink = (typeof PROOF_LINKS)[number];
