/**
 * Where the page of a piece of evidence is.
 * @module
 */
import type { EvidenceView } from '../../../shared/contract/model.ts';

/** The address of its page: the accused's place in its epoch, which is named where it is not the first. */
export function evidencePath({ epoch, accused }: Pick<EvidenceView, 'epoch' | 'accused'>): string {
  const path = `/evidence/${String(accused.index)}`;
  return epoch === 0 ? path : `${path}?epoch=${String(epoch)}`;
}
