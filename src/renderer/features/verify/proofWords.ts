/**
 * What each link of a proof says: a fact where the receipt is valid, why it breaks and what to do where it is not.
 * @module
 */
import type { Verification } from '../../../shared/contract/model.ts';
import type { ProofLink } from '../../../shared/domain/proof.ts';
import { visibleText } from '../../../shared/text/visible.ts';
import type { Words } from '../../ui/useWords.ts';

type Speaker = Pick<Words, 'language' | 't' | 'number' | 'plural' | 'time'>;

/** What a link says, and what to do about it. */
export interface LinkWords {
  readonly says: string;
  /** The verifier's own words, for who has to find the fault. */
  readonly detail: string | null;
  readonly todo: string | null;
}

/** The words for the link number `index` of a verification. */
export function linkWords(words: Speaker, result: Verification, index: number): LinkWords {
  const one = result.links[index];
  if (one === undefined || one.state === 'notReached') return saying(words.t('proof.notReached'));
  if (one.state === 'ok') return saying(factOf(words, result, one.link) ?? words.t(`proof.held.${one.link}`));
  const named = {
    name: visibleText(result.network.name),
    expected: result.network.fingerprint,
    actual: result.ofNetwork?.fingerprint ?? '',
  };
  const { at, problem } = one.error?.data ?? {};
  return {
    says: words.t(`proof.broken.${one.link}`, named),
    detail:
      problem === undefined ? null : words.t('proof.detail', { at: String(at), problem: String(problem) }),
    todo: words.t(`proof.todo.${one.link}`, named),
  };
}

/** What a valid receipt proves with this link; `null` where there is nothing to add. */
function factOf({ t, number, plural, time }: Speaker, result: Verification, link: ProofLink): string | null {
  const { network, supervisor, timestampMs, title, height, blockTimeMs, checkpointHeight } = result;
  if (link === 'network') {
    return t('proof.fact.network', { name: visibleText(network.name), fingerprint: network.fingerprint });
  }
  if (supervisor === null || timestampMs === null || height === null || checkpointHeight === null)
    return null;
  const name = visibleText(supervisor.name);
  switch (link) {
    case 'file':
      return null;
    case 'epochs': {
      const epoch = result.epoch ?? 0;
      return epoch === 0
        ? t('proof.fact.firstEpoch', { n: number(result.replicas ?? 0) })
        : plural('verified.epoch', epoch, { epoch: number(epoch) });
    }
    case 'supervisor':
      return t('proof.fact.supervisor', { name, organisation: visibleText(supervisor.organisation) });
    case 'request':
      return t('proof.fact.request', { name, title: visibleText(title ?? ''), time: time(timestampMs) });
    case 'block':
      return t('proof.fact.block', { height: number(height), time: time(blockTimeMs ?? timestampMs) });
    case 'headers': {
      const at = { height: number(checkpointHeight) };
      const count = checkpointHeight - height;
      return count === 0 ? t('proof.fact.sameBlock', at) : plural('proof.fact.headers', count, at);
    }
    case 'certificate':
      return t('proof.fact.certificate', {
        count: number(result.signers.length),
        n: number(result.replicas ?? 0),
        q: number(result.quorum ?? 0),
      });
  }
}

function saying(says: string): LinkWords {
  return { says, detail: null, todo: null };
}
