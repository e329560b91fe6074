/**
 * Makes drafts of what a page asks for: a proposal, an approval, a withdrawal. From there they go the way of every
 * request: reviewed, signed, sent, followed.
 * @module
 */
import type { ProposalInput } from '../../../shared/contract/registry.ts';
import type { ItemView } from '../../../shared/contract/model.ts';
import type { RegistryAction, RegistryChange, RegistryPayload } from '../../../shared/domain/registry.ts';
import { encode } from '../../../shared/encoding/codec.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { tidyName } from '../../../shared/text/name.ts';
import { contentHashOf } from '../../ledger/contentHash.ts';
import { admissionProof } from '../../ledger/card.ts';
import { payloadCodec } from '../../ledger/payload.ts';
import { possessionDigest } from '../../ledger/registry/codec.ts';
import type { SignatureVerifier } from '../../replica/inbox.ts';
import type { Drafts } from '../items/drafts.ts';
import type { ItemBook } from '../items/itemBook.ts';
import type { Keyring } from '../keyring.ts';
import type { KeyStore } from '../keys/keyStore.ts';
import type { RegistryBook } from './registryBook.ts';
import { cardOf, readCards } from './registryCards.ts';
import { checkAction } from './registryChecks.ts';

export interface RegistryDraftsOptions {
  readonly registry: RegistryBook;
  readonly book: ItemBook;
  readonly drafts: Drafts;
  readonly keys: KeyStore;
  readonly keyring: Keyring;
  readonly verifier: SignatureVerifier;
  readonly networkId: Hex;
}

export class RegistryDrafts {
  readonly #options: RegistryDraftsOptions;

  constructor(options: RegistryDraftsOptions) {
    this.#options = options;
  }

  /** The draft of a proposal. Throws what `checkAction` throws, `card.*`, `key.*`, `vault.*`. */
  async propose(input: ProposalInput): Promise<ItemView> {
    return await this.#draft({ type: 'propose', change: await this.#changeOf(input) });
  }

  /** The draft of an approval or a withdrawal. Throws what `checkAction` throws. */
  async act(type: 'approve' | 'withdraw', proposalId: Hex): Promise<ItemView> {
    return await this.#draft({ type, proposalId });
  }

  async #draft(action: RegistryAction): Promise<ItemView> {
    const { registry, book, drafts } = this.#options;
    checkAction(registry, this.#signer(), action);
    const payload: RegistryPayload = { kind: 'registry', remark: '', action };
    // Asked for twice, it is the one that is there.
    const same = book.withContent(contentHashOf(encode(payloadCodec, payload)));
    const open = same.find(({ state }) => state === 'draft' || state === 'needsUnlock');
    return open === undefined ? await drafts.createFrom(payload) : book.view(open.id);
  }

  /** The supervisor of this machine; `null` where others will sign. */
  #signer(): Hex | null {
    const view = this.#options.keyring.view();
    return view?.registered === true ? view.publicKey : null;
  }

  async #changeOf(input: ProposalInput): Promise<RegistryChange> {
    const { verifier, networkId } = this.#options;
    switch (input.kind) {
      case 'addSupervisor': {
        const card = cardOf(await readCards(input.cardText, verifier), input.cardKey, 'supervisor');
        const { name, organisation, publicKey } = card;
        const supervisor = { name, organisation, publicKey };
        return { kind: input.kind, supervisor, proof: admissionProof(card, networkId) };
      }
      case 'addReplica': {
        const card = cardOf(await readCards(input.cardText, verifier), input.cardKey, 'replica');
        const { name, organisation, publicKey, host, port } = card;
        const replica = { name, organisation, publicKey, host, port };
        return { kind: input.kind, replica, proof: admissionProof(card, networkId) };
      }
      case 'rotateReplica': {
        const card = cardOf(await readCards(input.cardText, verifier), input.cardKey, 'replica');
        const { publicKey } = input;
        const proof = admissionProof(card, networkId);
        return { kind: input.kind, publicKey, newPublicKey: card.publicKey, proof };
      }
      case 'rotateSupervisor':
        return await this.#rotateOwn(input.passphrase);
      case 'renameSupervisor': {
        const { kind, publicKey, name, organisation } = input;
        return { kind, publicKey, name: tidyName(name), organisation: tidyName(organisation) };
      }
      case 'updateReplica': {
        const { publicKey, name, organisation, host, port } = input;
        const replica = {
          publicKey,
          name: tidyName(name),
          organisation: tidyName(organisation),
          host: host.trim(),
          port,
        };
        return { kind: input.kind, replica };
      }
      default:
        return input;
    }
  }

  /** A new key of the own supervisor, kept in the vault: the old one signs the request that registers it. */
  async #rotateOwn(passphrase: string): Promise<RegistryChange> {
    const { keys, networkId, keyring } = this.#options;
    const publicKey = this.#signer();
    if (publicKey === null) {
      throw new CountersignError('request.unknownSupervisor', { supervisor: keyring.publicKey });
    }
    const label = keyring.view()?.name ?? '';
    const newPublicKey = this.#unusedKey(label) ?? (await keys.makeKey(label, passphrase));
    // The new key takes over as soon as the change is final: then it must be at hand.
    await keyring.unlock(passphrase);
    const proof = await keys.withSigner(newPublicKey, passphrase, (signer) =>
      signer.sign(possessionDigest(networkId, newPublicKey)),
    );
    return { kind: 'rotateSupervisor', publicKey, newPublicKey, proof };
  }

  /** A key that was made for this before, and never got into the registry: not a new one at each try. */
  #unusedKey(label: string): Hex | undefined {
    const { keys, registry } = this.#options;
    return keys.keys.find(
      (key) =>
        key.purpose === 'supervisor' &&
        key.label === label &&
        registry.supervisor(key.publicKey) === undefined,
    )?.publicKey;
  }
}
