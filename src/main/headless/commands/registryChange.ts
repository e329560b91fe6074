/**
 * `countersign registry propose|approve|withdraw`: shows exactly what would be signed, signs it once a person has said
 * so, and sends it; or makes a draft of it, to be signed elsewhere.
 * @module
 */
import { resolve } from 'node:path';
import type { RegistryAction, RegistryChange, RegistryPayload } from '../../../shared/domain/registry.ts';
import { isHex, type Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { signPayload } from '../../client/signRequest.ts';
import { payloadBytes } from '../../console/items/payloadBytes.ts';
import { draftFileOf, renderDraftFile } from '../../ledger/draftFile.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { DIGEST_BYTES } from '../../ledger/hash.ts';
import { verifyReceipt } from '../../ledger/receiptCheck.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import { confirmed, isTerminal, type Terminal } from '../confirm.ts';
import { draftWords } from '../draftWords.ts';
import { EXIT, type ExitCode, type Output } from '../output.ts';
import { changeLines } from '../registryWords.ts';
import { checkWith, genesisOf, signerOf, withClient, type Places } from '../session.ts';
import { Follower } from './submit.ts';

export interface RegistryChangeOptions extends Places {
  readonly remark: string;
  /** Where to write a draft instead of signing. */
  readonly draft?: string;
  /** Signs without asking. */
  readonly yes: boolean;
  readonly timeoutMs: number;
}

/** Proposes what `changeOf` makes of the genesis. */
export async function proposeChange(
  changeOf: (genesis: Genesis) => Promise<RegistryChange>,
  options: RegistryChangeOptions,
  output: Output,
  terminal: Terminal,
): Promise<ExitCode> {
  const genesis = await genesisOf(options);
  const change = await changeOf(genesis);
  return await carryOut({ type: 'propose', change }, change, genesis, options, output, terminal);
}

/** Approves or withdraws the proposal `id`. What it says comes from the network, proven by its receipt. */
export async function actOnProposal(
  type: 'approve' | 'withdraw',
  id: string,
  options: RegistryChangeOptions,
  output: Output,
  terminal: Terminal,
): Promise<ExitCode> {
  if (!isHex(id, DIGEST_BYTES)) {
    throw usage('the id of a proposal has 64 lowercase hexadecimal digits');
  }
  const genesis = await genesisOf(options);
  const change = await proposedChange(genesis, id);
  return await carryOut({ type, proposalId: id }, change, genesis, options, output, terminal);
}

async function carryOut(
  action: RegistryAction,
  change: RegistryChange,
  genesis: Genesis,
  options: RegistryChangeOptions,
  output: Output,
  terminal: Terminal,
): Promise<ExitCode> {
  const payload: RegistryPayload = { kind: 'registry', remark: options.remark, action };
  payloadBytes(payload, genesis.limits.maxRequestBytes);
  const lines = [`Change: ${change.kind}`, ...changeLines(change)];
  // An approval names its proposal alone: what that says goes along for the signer to read.
  const note = action.type === 'propose' ? '' : lines.join('\n');
  const networkId = networkIdOf(genesis);
  const draft = draftFileOf(payload, { networkId, networkName: genesis.name, expectedSigners: [], note });
  const { contentHash } = draft;
  if (options.draft !== undefined) {
    await writeFileAtomic(resolve(options.draft), renderDraftFile(draft));
    output.result([`${options.draft}: draft, content ${contentHash}`, ...lines].join('\n'), {
      file: options.draft,
      contentHash,
      action: action.type,
      change: change.kind,
    });
    return EXIT.done;
  }
  if (!options.yes && !isTerminal(terminal)) {
    throw usage('there is no terminal to ask whether to sign: pass --yes, or make a --draft');
  }
  const signer = await signerOf(options);
  try {
    output.note([draftWords({ ...draft, note: '' }, genesis, signer.publicKey), ...lines, ''].join('\n'));
    if (!options.yes && !(await confirmed('Sign this?', terminal))) {
      throw new CountersignError('cli.notConfirmed', {});
    }
    const request = signPayload(payload, networkId, Date.now(), signer);
    const followed = new Follower(output);
    const [progress] = await withClient(
      genesis,
      'quorum',
      { onProgress: (one) => followed.progress(one) },
      async (client) => await followed.untilCovered(client, [request], options.timeoutMs),
    );
    const { id } = request;
    output.result(`${id}: final at height ${String(progress?.height)} (${String(progress?.finality)})`, {
      action: action.type,
      change: change.kind,
      ...progress,
      requestId: id,
    });
    return EXIT.done;
  } finally {
    signer.dispose();
  }
}

/** What the request `id` proposes, by its receipt. Throws `request.*`, `registry.unknownProposal`. */
async function proposedChange(genesis: Genesis, id: Hex): Promise<RegistryChange> {
  const request = await withClient(genesis, 1, {}, async (client, verifier) => {
    const verify = checkWith(verifier);
    const receipt = await client.receipt(id, async (one) => await verifyReceipt(one, genesis, verify));
    return (await verifyReceipt(receipt, genesis, verify)).request;
  });
  const { payload } = request;
  if (payload.kind === 'registry' && payload.action.type === 'propose') return payload.action.change;
  throw new CountersignError('registry.unknownProposal', { proposalId: id });
}

function usage(problem: string): CountersignError<'cli.usage'> {
  return new CountersignError('cli.usage', { problem });
}
