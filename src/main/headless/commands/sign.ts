/**
 * `countersign sign FILE…`: makes signed requests, without any network. `countersign submit REQUEST…` sends them.
 * @module
 */
import { basename, join } from 'node:path';
import { CountersignError } from '../../../shared/errors.ts';
import { signPayload } from '../../client/signRequest.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import type { Output } from '../output.ts';
import { payloadsOf, type PayloadOptions } from '../payloads.ts';
import { genesisOf, signerOf, type Places } from '../session.ts';

export interface SignOptions extends Places, PayloadOptions {
  /** Directory for the signed requests. */
  readonly outDir: string;
}

/** Suffix of files that hold the canonical bytes of a signed request. */
export const REQUEST_SUFFIX = '.csreq';

export async function sign(files: readonly string[], options: SignOptions, output: Output): Promise<void> {
  const genesis = await genesisOf(options);
  const payloads = await payloadsOf(files, options, output);
  const signer = await signerOf(options);
  try {
    const networkId = networkIdOf(genesis);
    const requests = payloads.map((payload) => signPayload(payload, networkId, Date.now(), signer));
    const { maxRequestBytes } = genesis.limits;
    for (const { bytes } of requests) {
      if (bytes.length <= maxRequestBytes) continue;
      throw new CountersignError('request.tooLarge', { sizeBytes: bytes.length, maxBytes: maxRequestBytes });
    }
    const written = [];
    for (const request of requests) {
      const file = join(options.outDir, `${request.id.slice(0, 16)}${REQUEST_SUFFIX}`);
      await writeFileAtomic(file, request.bytes);
      written.push({ id: request.id, file, kind: request.payload.kind, title: request.payload.title });
    }
    const text = written
      .map(({ id, file, title }) => `${basename(file)}: ${title}, request ${id}`)
      .join('\n');
    output.result(text, { requests: written });
  } finally {
    signer.dispose();
  }
}
