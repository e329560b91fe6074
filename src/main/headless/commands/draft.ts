/**
 * `countersign draft FILE…`: makes a draft file that others sign on machines of their own, without any network.
 * @module
 */
import { titleOf } from '../../../shared/domain/payload.ts';
import { resolve } from 'node:path';
import { isHex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { payloadBytes } from '../../console/items/payloadBytes.ts';
import { draftFileOf, renderDraftFile, type ExpectedSigner } from '../../ledger/draftFile.ts';
import { PUBLIC_KEY_BYTES } from '../../ledger/hash.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import type { Output } from '../output.ts';
import { payloadsOf, type PayloadOptions } from '../payloads.ts';
import { genesisOf, type Places } from '../session.ts';

export interface DraftOptions extends Places, PayloadOptions {
  readonly out: string;
  /** Names or public keys of supervisors whose signatures are waited for. */
  readonly signer: readonly string[];
  readonly note: string;
}

export async function draft(files: readonly string[], options: DraftOptions, output: Output): Promise<void> {
  const genesis = await genesisOf(options);
  const expectedSigners = options.signer.map((who) => signerNamed(genesis, who));
  const [payload, ...others] = await payloadsOf(files, options, output);
  if (payload === undefined || others.length > 0) {
    throw new CountersignError('cli.usage', {
      problem: `one draft says one thing, and these files make ${String(others.length + 1)}: make each by itself`,
    });
  }
  payloadBytes(payload, genesis.limits.maxRequestBytes);
  const { out, note } = options;
  const made = draftFileOf(payload, {
    networkId: networkIdOf(genesis),
    networkName: genesis.name,
    expectedSigners,
    note,
  });
  await writeFileAtomic(resolve(out), renderDraftFile(made));
  const { contentHash } = made;
  const { kind } = payload;
  const title = titleOf(payload);
  output.result(`${out}: ${title}, content ${contentHash}`, {
    file: out,
    contentHash,
    kind,
    title,
    expectedSigners,
  });
}

/**
 * The supervisor of the genesis with this name or key, or any key: the registry may have come to know it since. Throws
 * `cli.usage` for a name of none, and of several.
 */
function signerNamed({ supervisors }: Genesis, who: string): ExpectedSigner {
  const found = supervisors.filter(({ publicKey, name }) => publicKey === who || name === who);
  const [signer] = found;
  if (signer === undefined && isHex(who, PUBLIC_KEY_BYTES)) return { publicKey: who, name: who };
  if (signer === undefined) {
    throw new CountersignError('cli.usage', { problem: `the genesis has no supervisor ${who}` });
  }
  if (found.length > 1) {
    throw new CountersignError('cli.usage', {
      problem: `the genesis has ${String(found.length)} supervisors ${who}: give the public key`,
    });
  }
  return { publicKey: signer.publicKey, name: signer.name };
}
