/**
 * `countersign sign FILE…`: makes signed requests, without any network: of tables and documents, or of draft files that
 * somebody else made. `countersign submit REQUEST…` sends them.
 * @module
 */
import { basename, join } from 'node:path';
import { CountersignError } from '../../../shared/errors.ts';
import { titleOf, type Payload } from '../../../shared/domain/payload.ts';
import { signPayload } from '../../client/signRequest.ts';
import type { Signer } from '../../keys/signer.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import { confirmed, isTerminal, type Terminal } from '../confirm.ts';
import { REQUEST_SUFFIX, isDraftFile, readDraftFile } from '../draftFiles.ts';
import { draftWords } from '../draftWords.ts';
import type { Output } from '../output.ts';
import { payloadsOf, type PayloadOptions } from '../payloads.ts';
import { genesisOf, signerOf, type Places } from '../session.ts';

export interface SignOptions extends Places, PayloadOptions {
  /** Directory for the signed requests. */
  readonly outDir: string;
  /** Signs drafts without asking. */
  readonly yes: boolean;
  /** The options given that say what a request says: a draft says that by itself. */
  readonly contentOptions: readonly string[];
}

export async function sign(
  files: readonly string[],
  options: SignOptions,
  output: Output,
  terminal: Terminal,
): Promise<void> {
  const genesis = await genesisOf(options);
  if (files.some(isDraftFile)) {
    await signDrafts(files, genesis, options, output, terminal);
    return;
  }
  const payloads = await payloadsOf(files, options, output);
  const signer = await signerOf(options);
  try {
    await signAll(payloads, genesis, signer, options, output);
  } finally {
    signer.dispose();
  }
}

/** What others ask to be signed is shown first, and signed once a person has said so. */
async function signDrafts(
  files: readonly string[],
  genesis: Genesis,
  options: SignOptions,
  output: Output,
  terminal: Terminal,
): Promise<void> {
  if (!files.every(isDraftFile)) {
    throw usage('drafts and other files are not signed together: run the command once for each');
  }
  if (options.contentOptions.length > 0) {
    throw usage(`a draft says by itself what is signed: leave ${options.contentOptions.join(', ')} out`);
  }
  if (!options.yes && !isTerminal(terminal)) {
    throw usage('there is no terminal to ask whether to sign: look at the draft, then pass --yes');
  }
  const drafts = [];
  for (const file of files) drafts.push(await readDraftFile(file, genesis));
  const signer = await signerOf(options);
  try {
    for (const draft of drafts) output.note(`${draftWords(draft, genesis, signer.publicKey)}\n`);
    const question = drafts.length === 1 ? 'Sign this?' : `Sign these ${String(drafts.length)} drafts?`;
    if (!options.yes && !(await confirmed(question, terminal))) {
      throw new CountersignError('cli.notConfirmed', {});
    }
    const payloads = drafts.map(({ payload }) => payload);
    await signAll(payloads, genesis, signer, options, output);
  } finally {
    signer.dispose();
  }
}

async function signAll(
  payloads: readonly Payload[],
  genesis: Genesis,
  signer: Signer,
  { outDir }: SignOptions,
  output: Output,
): Promise<void> {
  const networkId = networkIdOf(genesis);
  const requests = payloads.map((payload) => signPayload(payload, networkId, Date.now(), signer));
  const { maxRequestBytes } = genesis.limits;
  for (const { bytes } of requests) {
    if (bytes.length <= maxRequestBytes) continue;
    throw new CountersignError('request.tooLarge', { sizeBytes: bytes.length, maxBytes: maxRequestBytes });
  }
  const written = [];
  for (const request of requests) {
    const file = join(outDir, `${request.id.slice(0, 16)}${REQUEST_SUFFIX}`);
    await writeFileAtomic(file, request.bytes);
    written.push({ id: request.id, file, kind: request.payload.kind, title: titleOf(request.payload) });
  }
  const text = written.map(({ id, file, title }) => `${basename(file)}: ${title}, request ${id}`).join('\n');
  output.result(text, { requests: written });
}

function usage(problem: string): CountersignError<'cli.usage'> {
  return new CountersignError('cli.usage', { problem });
}
