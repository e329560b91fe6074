/**
 * `countersign card`: a card of a key that is there, for a network that is there: what its registry needs to take a new
 * supervisor or replica.
 * @module
 */
import { tidyName } from '../../../shared/text/name.ts';
import { makeCard, renderCardFile, type CardContent } from '../../ledger/card.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import type { Output } from '../output.ts';
import { genesisOf, signerOf, type Places } from '../session.ts';

export interface CardOptions extends Places {
  readonly name: string;
  readonly organisation: string;
  /** Of a replica: where the others reach it. */
  readonly host?: string;
  readonly port?: number;
  readonly out: string;
}

/** Readable by everybody: a card is made to be handed on. */
const CARD_FILE_MODE = 0o644;

export async function card(options: CardOptions, output: Output): Promise<void> {
  const { host, port, out } = options;
  if ((host === undefined) !== (port === undefined)) {
    throw new CountersignError('cli.usage', { problem: 'a replica has both --host and --port' });
  }
  const genesis = await genesisOf(options);
  const signer = await signerOf(options);
  try {
    const { publicKey } = signer;
    const who = { name: tidyName(options.name), organisation: tidyName(options.organisation), publicKey };
    const content: CardContent =
      host === undefined || port === undefined
        ? { kind: 'supervisor', ...who }
        : { kind: 'replica', ...who, host, port };
    const made = makeCard(content, (digest) => signer.sign(digest), networkIdOf(genesis));
    await writeFileAtomic(out, renderCardFile([made]), CARD_FILE_MODE);
    const { kind, name, organisation } = content;
    output.result(`${out}: card of the ${kind} ${name}, key ${publicKey}`, {
      file: out,
      kind,
      name,
      organisation,
      publicKey,
    });
  } finally {
    signer.dispose();
  }
}
