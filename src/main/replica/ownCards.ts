/**
 * The first step into a real network: the keys of a replica and of a supervisor, and the cards that prove them.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { CountersignError } from '../../shared/errors.ts';
import { makeCardAndKey, type CardKey } from '../keys/cardKey.ts';
import { CARD_FILE_CHARS_MAX, makeCard, parseCardFile, renderCardFile, type Card } from '../ledger/card.ts';
import { readTextFile, writeFileAtomic } from '../storage/index.ts';
import { buildAside } from './buildAside.ts';
import { vaultPath } from './embeddedLayout.ts';
import { MEMBER_SUPERVISOR_KEY_FILE, OWN_CARDS_FILE, memberPaths, requireContents } from './memberLayout.ts';
import { REPLICA_KEY_FILE } from './node.ts';

/** The supervisor of this data directory. A new key is made unless there is one. */
export interface OwnSupervisor {
  readonly name: string;
  /** A key that the supervisor has already, to be kept here; the caller erases it. */
  readonly seed?: Uint8Array;
  /** Of a key that the vault keeps; the caller disposes of it. */
  readonly signer?: CardKey;
}

export interface OwnCardsOptions {
  readonly directory: string;
  readonly organisation: string;
  /** Encrypts the keys that are made. */
  readonly passphrase: string;
  readonly replica: { readonly name: string; readonly host: string; readonly port: number };
  /** `null`: nobody signs here. */
  readonly supervisor: OwnSupervisor | null;
}

/**
 * Makes the keys and cards of a data directory: all of them or none. Throws `setup.alreadyDone`, `name.*`,
 * `address.invalid`, `key.*`, `vault.exists` for a key beside those of a vault, and the errors of writing files.
 */
export async function makeOwnCards(options: OwnCardsOptions): Promise<readonly Card[]> {
  const { directory, organisation, passphrase, supervisor } = options;
  await requireContents(directory, 'nothing');
  if (supervisor !== null && supervisor.signer === undefined) await requireNoVault(directory);
  const replica = await makeCardAndKey(undefined, passphrase, (signer) =>
    makeCard({ kind: 'replica', ...options.replica, organisation, publicKey: signer.publicKey }, (digest) =>
      signer.sign(digest),
    ),
  );
  const supervisorCard = (signer: CardKey): Card =>
    makeCard(
      { kind: 'supervisor', name: supervisor?.name ?? '', organisation, publicKey: signer.publicKey },
      (digest) => signer.sign(digest),
    );
  const kept =
    supervisor === null || supervisor.signer !== undefined
      ? null
      : await makeCardAndKey(supervisor.seed, passphrase, supervisorCard);
  const second = supervisor?.signer === undefined ? kept?.card : supervisorCard(supervisor.signer);
  const cards = [replica.card, ...(second === undefined ? [] : [second])];
  await buildAside(memberPaths.keys(directory), async (keys) => {
    await writeFileAtomic(join(keys, REPLICA_KEY_FILE), replica.pem);
    if (kept !== null) await writeFileAtomic(join(keys, MEMBER_SUPERVISOR_KEY_FILE), kept.pem);
    await writeFileAtomic(join(keys, OWN_CARDS_FILE), renderCardFile(cards));
  });
  return cards;
}

/** The cards that `makeOwnCards` made. Throws `file.*`, `card.invalid`. */
export async function readOwnCards(directory: string): Promise<readonly Card[]> {
  return parseCardFile(await readTextFile(memberPaths.ownCards(directory), CARD_FILE_CHARS_MAX));
}

/** A vault has one passphrase and one place: a key in a file beside it would never get into it. */
async function requireNoVault(directory: string): Promise<void> {
  const path = vaultPath(directory);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new CountersignError('vault.exists', { path });
}
