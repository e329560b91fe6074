/**
 * `countersign merge DRAFT REQUEST…`: the checklist of a draft: who has signed it, who has not, and which files do not
 * belong to it. Sends nothing and changes nothing.
 * @module
 */
import { titleOf } from '../../../shared/domain/payload.ts';
import { basename } from 'node:path';
import { hasCode, toPlainError } from '../../../shared/errors.ts';
import { visibleText } from '../../../shared/text/visible.ts';
import type { DraftFile } from '../../ledger/draftFile.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { isoTime } from '../../ledger/isoTime.ts';
import {
  signerChecklist,
  type DraftSignature,
  type Misfit,
  type NamedRequest,
  type SignerChecklist,
} from '../../ledger/signerChecklist.ts';
import { readDraftFile, readRequestFile } from '../draftFiles.ts';
import { EXIT, describeError, type ExitCode, type Output } from '../output.ts';
import { checkWith, genesisOf, withVerifier, type Places } from '../session.ts';

/** Prints the checklist. 0: complete; 1: somebody is missing; 3: a file does not belong. Throws `file.*`, `draftFile.*`. */
export async function merge(
  draftPath: string,
  paths: readonly string[],
  options: Places,
  output: Output,
): Promise<ExitCode> {
  const genesis = await genesisOf(options);
  const draft = await readDraftFile(draftPath, genesis);
  const { requests, unreadable } = await readAll(paths, genesis);
  const checklist = await withVerifier(
    async (verifier) => await signerChecklist(draft, genesis, requests, checkWith(verifier)),
  );
  const misfits = [...unreadable, ...checklist.misfits];
  const complete = checklist.missing.length === 0 && misfits.length === 0;
  const all = { ...checklist, misfits };
  output.result(wordsOf(draft, all), { ...objectOf(draft, all), complete });
  if (misfits.length > 0) return EXIT.refused;
  return complete ? EXIT.done : EXIT.failed;
}

/** Files that are no requests do not belong either; one that cannot be read at all ends the command. */
async function readAll(
  paths: readonly string[],
  { limits }: Genesis,
): Promise<{ requests: NamedRequest[]; unreadable: Misfit[] }> {
  const requests: NamedRequest[] = [];
  const unreadable: Misfit[] = [];
  for (const name of paths) {
    try {
      requests.push({ name, request: await readRequestFile(name, limits.maxRequestBytes) });
    } catch (error) {
      if (!hasCode(error, 'encoding.invalid') && !hasCode(error, 'request.tooLarge')) throw error;
      unreadable.push({ name, error: toPlainError(error) });
    }
  }
  return { requests, unreadable };
}

function wordsOf(draft: DraftFile, { signed, missing, misfits }: SignerChecklist): string {
  const { expectedSigners, payload, contentHash } = draft;
  const arrived = expectedSigners.length - missing.length;
  return [
    `${visibleText(titleOf(payload))}, content ${contentHash}`,
    ...signed.map((signature) => `  signed   ${signatureWords(signature)}`),
    ...missing.map(({ name, publicKey }) => `  missing  ${visibleText(name)} (${publicKey})`),
    ...misfits.map(
      ({ name, error }) => `  not part ${basename(name)}: ${describeError(error).split('\n')[0] ?? ''}`,
    ),
    expectedSigners.length === 0
      ? `${String(signed.length)} signed; the draft does not say whose signatures it waits for.`
      : `${String(arrived)} of ${String(expectedSigners.length)} expected signers have signed.`,
  ].join('\n');
}

function signatureWords({ name, request, signerName, expected, registered }: DraftSignature): string {
  const asides = [
    ...(expected ? [] : ['not expected']),
    ...(registered ? [] : ['not in the genesis: the ledger decides']),
  ];
  const aside = asides.length === 0 ? '' : ` [${asides.join('; ')}]`;
  return `${visibleText(signerName)} (${request.supervisor}), ${isoTime(request.timestampMs)}, ${basename(name)}${aside}`;
}

function objectOf(draft: DraftFile, { signed, missing, misfits }: SignerChecklist): Record<string, unknown> {
  const { networkId, contentHash, payload } = draft;
  return {
    networkId,
    contentHash,
    kind: payload.kind,
    title: titleOf(payload),
    signed: signed.map(({ name, request, signerName, expected, registered }) => ({
      file: name,
      requestId: request.id,
      signedAtMs: request.timestampMs,
      publicKey: request.supervisor,
      name: signerName,
      expected,
      registered,
    })),
    missing,
    misfits: misfits.map(({ name, error }) => ({ file: name, error })),
  };
}
