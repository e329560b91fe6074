/**
 * The changes that `countersign registry propose …` can make, from what is typed and the files that are named.
 * @module
 */
import type { RegistryChange, ReplicaEntry } from '../../shared/domain/registry.ts';
import { isHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import { tidyName } from '../../shared/text/name.ts';
import { cardOf, readCards } from '../console/registry/registryCards.ts';
import { loadSigner } from '../keys/loadSigner.ts';
import { CARD_FILE_CHARS_MAX, admissionProof, type Card } from '../ledger/card.ts';
import { networkIdOf, type Genesis } from '../ledger/genesis.ts';
import { PUBLIC_KEY_BYTES } from '../ledger/hash.ts';
import { possessionDigest } from '../ledger/registry/codec.ts';
import { checkChangeNames } from '../ledger/registry/naming.ts';
import { Registry } from '../ledger/registry/registry.ts';
import { readPassphraseFile } from '../replica/childReplica.ts';
import { readTextFile } from '../storage/index.ts';
import { withVerifier } from './session.ts';

/** Adds the supervisor or the replica of the one card of this kind in a file. Throws `card.*`, `name.*`. */
export async function addition(
  genesis: Genesis,
  kind: 'supervisor' | 'replica',
  path: string,
): Promise<RegistryChange> {
  const card = await onlyCard(path, kind);
  const proof = admissionProof(card, networkIdOf(genesis));
  const { name, organisation, publicKey } = card;
  const who = { name, organisation, publicKey };
  return named(
    genesis,
    card.kind === 'supervisor'
      ? { kind: 'addSupervisor', supervisor: who, proof }
      : { kind: 'addReplica', replica: { ...who, host: card.host, port: card.port }, proof },
  );
}

/** Gives a replica the key of a card. */
export async function replicaRotation(genesis: Genesis, who: string, path: string): Promise<RegistryChange> {
  const { publicKey: newPublicKey, ...card } = await onlyCard(path, 'replica');
  const proof = admissionProof({ ...card, publicKey: newPublicKey }, networkIdOf(genesis));
  return { kind: 'rotateReplica', publicKey: keyOf(genesis.replicas, who), newPublicKey, proof };
}

/** Gives the signing supervisor the key in a file. */
export async function supervisorRotation(
  genesis: Genesis,
  publicKey: Hex,
  keyFile: string,
  passphraseFile: string,
): Promise<RegistryChange> {
  const signer = await loadSigner(keyFile, await readPassphraseFile(passphraseFile));
  try {
    const { publicKey: newPublicKey } = signer;
    const proof = signer.sign(possessionDigest(networkIdOf(genesis), newPublicKey));
    return { kind: 'rotateSupervisor', publicKey, newPublicKey, proof };
  } finally {
    signer.dispose();
  }
}

/** Another name or organisation of a supervisor. */
export function renaming(genesis: Genesis, who: string, name: string, organisation: string): RegistryChange {
  const publicKey = keyOf(genesis.supervisors, who);
  return named(genesis, {
    kind: 'renameSupervisor',
    publicKey,
    name: tidyName(name),
    organisation: tidyName(organisation),
  });
}

/** Another name, organisation or address of a replica: what is not given is as in the genesis. */
export function replicaUpdate(
  genesis: Genesis,
  who: string,
  given: { readonly [K in Exclude<keyof ReplicaEntry, 'publicKey'>]?: ReplicaEntry[K] | undefined },
): RegistryChange {
  const publicKey = keyOf(genesis.replicas, who);
  const known = genesis.replicas.find((replica) => replica.publicKey === publicKey);
  const name = given.name ?? known?.name;
  const organisation = given.organisation ?? known?.organisation;
  const host = given.host ?? known?.host;
  const port = given.port ?? known?.port;
  if (name === undefined || organisation === undefined || host === undefined || port === undefined) {
    throw usage('the genesis does not name this replica: give --name, --organisation, --host and --port');
  }
  const replica = { publicKey, name: tidyName(name), organisation: tidyName(organisation), host, port };
  return named(genesis, { kind: 'updateReplica', replica });
}

/** A key as it is, or the key of the member of the genesis with this name. Throws `cli.usage`. */
export function keyOf(
  members: readonly { readonly name: string; readonly publicKey: Hex }[],
  who: string,
): Hex {
  if (isHex(who, PUBLIC_KEY_BYTES)) return who;
  const found = members.filter(({ name }) => name === who);
  const [member] = found;
  if (member !== undefined && found.length === 1) return member.publicKey;
  throw usage(`the genesis has ${String(found.length)} of the name ${who}: give the public key`);
}

async function onlyCard<K extends Card['kind']>(path: string, kind: K): Promise<Extract<Card, { kind: K }>> {
  const text = await readTextFile(path, 4 * CARD_FILE_CHARS_MAX);
  const cards = await withVerifier(async (verifier) => await readCards(text, verifier));
  const fitting = cards.filter((card) => card.kind === kind);
  if (fitting.length > 1) throw usage(`${path} has ${String(fitting.length)} cards of a ${kind}`);
  const [card] = fitting.length === 1 ? fitting : cards;
  return cardOf(cards, card?.publicKey ?? '', kind);
}

/** The command line knows the genesis alone; the replicas and the console judge by the registry as it is. */
function named(genesis: Genesis, change: RegistryChange): RegistryChange {
  checkChangeNames(Registry.ofGenesis(genesis).members, change);
  return change;
}

function usage(problem: string): CountersignError<'cli.usage'> {
  return new CountersignError('cli.usage', { problem });
}
