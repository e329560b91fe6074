/**
 * `countersign invite`: makes a genesis of the cards of all who take part.
 * @module
 */
import { access } from 'node:fs/promises';
import { CountersignError } from '../../../shared/errors.ts';
import { tidyName } from '../../../shared/text/name.ts';
import { isStrongPublicKey } from '../../keys/ed25519.ts';
import { CARD_FILE_CHARS_MAX, parseCardFile, verifyCards, type Card } from '../../ledger/card.ts';
import { composeGenesis } from '../../ledger/composeGenesis.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import { networkIdOf, quorumSizes } from '../../ledger/genesis.ts';
import { renderGenesisFile } from '../../ledger/genesisFile.ts';
import { renderInvitation } from '../../ledger/invitation.ts';
import { readTextFile, writeFileAtomic } from '../../storage/index.ts';
import type { Output } from '../output.ts';
import { checkWith, withVerifier } from '../session.ts';

export interface InviteOptions {
  readonly name: string;
  /** Where to write the genesis. */
  readonly out: string;
  /** Where to write it once more, as text to paste. */
  readonly invitation?: string;
  /** Supervisors that must approve a change of the registry; a majority unless given. */
  readonly threshold?: number;
  /** Blocks that a proposal lasts. */
  readonly proposalBlocks: number;
}

const PUBLIC_MODE = 0o644;

export async function invite(
  files: readonly string[],
  options: InviteOptions,
  output: Output,
): Promise<void> {
  const { out, invitation } = options;
  for (const path of [out, ...(invitation === undefined ? [] : [invitation])]) await requireNone(path);
  const cards = await readCards(files);
  const policy = { threshold: options.threshold ?? null, proposalBlocks: options.proposalBlocks };
  const genesis = composeGenesis({ name: tidyName(options.name), createdAtMs: Date.now(), cards, policy });
  const networkId = networkIdOf(genesis);
  const fingerprint = fingerprintOf(networkId);
  if (invitation !== undefined) {
    await writeFileAtomic(invitation, `${renderInvitation(genesis)}\n`, PUBLIC_MODE);
  }
  await writeFileAtomic(out, renderGenesisFile(genesis), PUBLIC_MODE);
  const { n, f, q } = quorumSizes(genesis.replicas.length);
  output.result(
    [
      `${out}: ${genesis.name}, ${String(n)} replicas, bears ${String(f)} faulty, needs ${String(q)}`,
      ...genesis.replicas.map(
        ({ name, organisation, host, port }) =>
          `  replica     ${name} (${organisation}), ${host} port ${String(port)}`,
      ),
      ...genesis.supervisors.map(({ name, organisation }) => `  supervisor  ${name} (${organisation})`),
      `Registry: changes need ${approvals(policy.threshold)} of the supervisors, and last ${String(policy.proposalBlocks)} blocks`,
      `Network id   ${networkId}`,
      `Fingerprint  ${fingerprint}`,
      'Give the file to all who take part, and tell them the fingerprint in another way.',
    ].join('\n'),
    { genesis: out, networkId, fingerprint, replicas: n, faulty: f, quorum: q, ...policy },
  );
}

/** The cards in these files, their proofs verified. */
async function readCards(files: readonly string[]): Promise<readonly Card[]> {
  const cards: Card[] = [];
  for (const file of files) cards.push(...parseCardFile(await readTextFile(file, 4 * CARD_FILE_CHARS_MAX)));
  await withVerifier(
    async (verifier) =>
      await verifyCards(cards, { isStrongKey: isStrongPublicKey, verify: checkWith(verifier) }),
  );
  return cards;
}

function approvals(threshold: number | null): string {
  return threshold === null ? 'a majority' : String(threshold);
}

async function requireNone(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new CountersignError('file.exists', { path });
}
