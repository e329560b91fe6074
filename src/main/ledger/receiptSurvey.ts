/**
 * A receipt as a chain of proof, link by link: which links hold, which one breaks and why, and which could not be
 * looked at. The verdict is that of `verifyReceipt` alone; where it says no, each link is looked at by itself, so that
 * people see what is wrong, and what is not.
 * @module
 */
import { PROOF_LINKS, type ProofLink } from '../../shared/domain/proof.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { hasCode, type CountersignError } from '../../shared/errors.ts';
import { networkIdOf, type Genesis } from './genesis.ts';
import type { Receipt } from './receipt.ts';
import { receiptSteps, verifyReceipt, type Verify, type VerifiedReceipt } from './receiptCheck.ts';
import { LedgerState } from './state.ts';

/** What became of one link. `notReached`: what it hangs on does not hold. */
export type LinkState =
  | { readonly link: ProofLink; readonly state: 'ok' | 'notReached' }
  | { readonly link: ProofLink; readonly state: 'failed'; readonly error: CountersignError };

export interface ReceiptSurvey {
  /** All links, in order. */
  readonly links: readonly LinkState[];
  /** What the receipt proves; `null` where it proves nothing. */
  readonly proven: VerifiedReceipt | null;
  /** Why it proves nothing: what `verifyReceipt` says. */
  readonly error: CountersignError | null;
  /** The network that the receipt says it is of; `null` where it is no receipt. */
  readonly networkId: Hex | null;
}

/**
 * Verifies the receipt in a file's text, and says of each link whether it holds. Throws nothing but what `verify` throws
 * and what is no verdict, such as a broken invariant.
 */
export async function surveyReceipt(text: string, genesis: Genesis, verify: Verify): Promise<ReceiptSurvey> {
  try {
    const proven = await verifyReceipt(text, genesis, verify);
    const links = PROOF_LINKS.map((link) => ({ link, state: 'ok' }) as const);
    return { links, proven, error: null, networkId: proven.request.networkId };
  } catch (error) {
    if (!isVerdict(error)) throw error;
    const links = new Map<ProofLink, LinkState>();
    const receipt = await surveyLinks(text, genesis, verify, links);
    return {
      links: PROOF_LINKS.map((link) => links.get(link) ?? { link, state: 'notReached' }),
      proven: null,
      error,
      networkId: receipt?.request.networkId ?? null,
    };
  }
}

/** Looks at each link, as far as those that it hangs on hold. */
async function surveyLinks(
  text: string,
  genesis: Genesis,
  verify: Verify,
  links: Map<ProofLink, LinkState>,
): Promise<Receipt | null> {
  /** What `check` gives, or `undefined` where it fails. */
  const look = async <T>(link: ProofLink, check: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      const value = await check();
      links.set(link, { link, state: 'ok' });
      return value;
    } catch (error) {
      if (!isVerdict(error)) throw error;
      links.set(link, { link, state: 'failed', error });
      return undefined;
    }
  };
  const steps = receiptSteps;
  const networkId = networkIdOf(genesis);
  const receipt = await look('file', () => steps.freshly(text));
  if (receipt === undefined) return null;
  const { request, header } = receipt;
  await look('network', () => steps.checkNetwork(request, networkId));
  // Of another network nothing can be said with this genesis.
  if (links.get('network')?.state !== 'ok') return receipt;
  const set = await look('epochs', async () => await steps.checkEpoch(receipt, genesis, verify));
  await look('supervisor', () => steps.checkRegistration(receipt, networkId));
  await look('request', async () => {
    steps.checkRequest(request, header, new LedgerState(genesis));
    await steps.checkRequestSignatures(request, verify);
  });
  await look('block', () => steps.checkPath(receipt, genesis));
  const checkpoint = await look('headers', () => steps.checkHeaders(receipt, genesis));
  if (set === undefined || checkpoint === undefined) return receipt;
  await look('certificate', async () => {
    const quorum = steps.checkCertificate(receipt, checkpoint, networkId, set);
    await steps.checkQuorumSignatures(receipt, quorum, verify);
  });
  return receipt;
}

function isVerdict(error: unknown): error is CountersignError {
  return hasCode(error, 'receipt.invalid') || hasCode(error, 'receipt.wrongNetwork');
}
