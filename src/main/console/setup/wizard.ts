/**
 * Makes a network or joins one, step by step: own cards, the cards of others, a genesis, its fingerprint, the start.
 * Each step is durable before it shows. Pages see public things alone.
 * @module
 */
import {
  COLLECTED_CARDS_MAX,
  type SetupCard,
  type SetupPath,
  type SetupView,
} from '../../../shared/contract/setup.ts';
import type { RegistryPolicy } from '../../../shared/domain/registry.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { isStrongPublicKey } from '../../keys/ed25519.ts';
import type { Signer } from '../../keys/signer.ts';
import {
  CARD_FILE_ENDING,
  parseCardFile,
  renderCardFile,
  verifyCards,
  type Card,
  type CardContent,
} from '../../ledger/card.ts';
import { checkTogether, composeGenesis } from '../../ledger/composeGenesis.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import { DEFAULT_POLICY, networkIdOf, quorumSizes, type Genesis } from '../../ledger/genesis.ts';
import { REPLICAS_MIN } from '../../ledger/limits.ts';
import { renderGenesisFile } from '../../ledger/genesisFile.ts';
import { readGenesisText, renderInvitation } from '../../ledger/invitation.ts';
import { addressText } from '../../network/index.ts';
import type { SignatureVerifier } from '../../replica/inbox.ts';
import { checkOwnCard, joinNetwork } from '../../replica/joinNetwork.ts';
import { contentsOf } from '../../replica/memberLayout.ts';
import { makeOwnCards, readOwnCards } from '../../replica/ownCards.ts';
import { tidyName } from '../../../shared/text/name.ts';
import {
  NOTHING_YET,
  readSetupState,
  removeSetupState,
  writeSetupState,
  type SetupState,
} from './setupState.ts';

export interface WizardOptions {
  readonly directory: string;
  readonly verifier: SignatureVerifier;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** The supervisor's key that the vault holds already, as after a backup was restored; `null` where there is none. */
  readonly supervisorSigner: (passphrase: string) => Promise<Signer | null>;
  /** Told whenever the view has changed. */
  readonly onChange: (view: SetupView) => void;
}

/** What a page enters to make the cards of this data directory. */
export interface OwnCardsInput {
  readonly replicaName: string;
  readonly organisation: string;
  readonly host: string;
  readonly port: number;
  /** `null`: nobody signs here. */
  readonly supervisorName: string | null;
  readonly passphrase: string;
}

/** A file for a page to save. */
export interface FileText {
  readonly fileName: string;
  readonly text: string;
}

export class SetupWizard {
  readonly #options: WizardOptions;
  #state: SetupState = NOTHING_YET;
  #ownCards: readonly Card[] = [];

  private constructor(options: WizardOptions) {
    this.#options = options;
  }

  /** The wizard of a data directory that has joined nothing, where it was left. Throws `storage.corrupt`, `file.*`. */
  static async open(options: WizardOptions): Promise<SetupWizard> {
    const wizard = new SetupWizard(options);
    wizard.#state = await readSetupState(options.directory);
    if ((await contentsOf(options.directory)) === 'keys') {
      wizard.#ownCards = await readOwnCards(options.directory);
    }
    return wizard;
  }

  view(): SetupView {
    const { path, cards, genesis } = this.#state;
    return {
      path,
      ownCards: this.#ownCards.map((card) => this.#cardView(card)),
      cards: cards.map((card) => this.#cardView(card)),
      replicasMin: REPLICAS_MIN,
      defaultProposalBlocks: DEFAULT_POLICY.proposalBlocks,
      genesis: genesis === null ? null : this.#genesisView(genesis),
    };
  }

  /** Turns to another way. Cards and keys stay; a genesis is dropped, because each way comes to one of its own. */
  async choose(path: SetupPath | null): Promise<void> {
    await this.#become({ ...this.#state, path, genesis: null });
  }

  /** Throws `setup.alreadyDone`, `name.*`, `address.invalid`, `key.*` and the errors of files. */
  async makeOwnCards(input: OwnCardsInput): Promise<void> {
    const { replicaName, organisation, host, port, supervisorName, passphrase } = input;
    const signer = supervisorName === null ? null : await this.#options.supervisorSigner(passphrase);
    try {
      this.#ownCards = await makeOwnCards({
        directory: this.#options.directory,
        organisation: tidyName(organisation),
        passphrase,
        replica: { name: tidyName(replicaName), host: host.trim(), port },
        supervisor:
          supervisorName === null
            ? null
            : { name: tidyName(supervisorName), ...(signer === null ? {} : { signer }) },
      });
    } finally {
      signer?.dispose();
    }
    this.#publish();
  }

  /** The card file to give away. Throws `setup.required`. */
  ownCardFile(): FileText {
    const [first] = this.#ownCards;
    if (first === undefined) throw new CountersignError('setup.required', {});
    return {
      fileName: `${fileNameOf(first.organisation)}${CARD_FILE_ENDING}`,
      text: renderCardFile(this.#ownCards),
    };
  }

  /** Takes the cards of a file: all or none. Throws `card.*`, `name.*`, `address.invalid`. */
  async addCards(text: string): Promise<void> {
    const added = parseCardFile(text);
    const { verifier } = this.#options;
    await verifyCards(added, {
      isStrongKey: isStrongPublicKey,
      verify: async ({ signature, digest, publicKey }) => await verifier.verify(signature, digest, publicKey),
    });
    const cards = [...this.#state.cards, ...added];
    if (cards.length > COLLECTED_CARDS_MAX) {
      const [{ kind } = { kind: 'replica' }] = added;
      throw new CountersignError('card.tooMany', {
        kind,
        found: cards.length,
        maxCards: COLLECTED_CARDS_MAX,
      });
    }
    checkTogether([...this.#ownCards, ...cards]);
    await this.#become({ ...this.#state, cards });
  }

  async removeCard(publicKey: string): Promise<void> {
    const cards = this.#state.cards.filter((card) => card.publicKey !== publicKey);
    await this.#become({ ...this.#state, cards });
  }

  /** Makes the genesis of the own and the collected cards. Throws what `composeGenesis` throws. */
  async makeGenesis(networkName: string, policy: RegistryPolicy): Promise<void> {
    const cards = [...this.#ownCards, ...this.#state.cards];
    const createdAtMs = this.#options.now();
    const genesis = composeGenesis({ name: tidyName(networkName), createdAtMs, cards, policy });
    await this.#become({ ...this.#state, genesis });
  }

  /** Takes a genesis file or an invitation. Throws `genesis.*`, `invitation.invalid`, `name.*`, `setup.required`. */
  async importGenesis(text: string): Promise<void> {
    const genesis = readGenesisText(text, { isStrongKey: isStrongPublicKey });
    await checkOwnCard(this.#options.directory, genesis);
    await this.#become({ ...this.#state, genesis });
  }

  /** Back to before there was a genesis. */
  async dropGenesis(): Promise<void> {
    await this.#become({ ...this.#state, genesis: null });
  }

  genesisFile(): FileText {
    const genesis = this.#genesis();
    return { fileName: `${fileNameOf(genesis.name)}-genesis.json`, text: renderGenesisFile(genesis) };
  }

  /** Throws `encoding.tooLarge` for a genesis that has to travel as a file. */
  invitation(): string {
    return renderInvitation(this.#genesis());
  }

  /**
   * Joins the network whose fingerprint the page showed. Throws `genesis.mismatch` where that was another one, and what
   * `joinNetwork` throws.
   */
  async join(networkId: string, passphrase: string): Promise<void> {
    const { directory } = this.#options;
    const genesis = this.#genesis();
    const actual = networkIdOf(genesis);
    if (networkId !== actual) throw new CountersignError('genesis.mismatch', { expected: networkId, actual });
    await joinNetwork({ directory, genesis, passphrase });
    await removeSetupState(directory);
  }

  #genesis(): Genesis {
    const { genesis } = this.#state;
    if (genesis === null) throw new CountersignError('setup.required', {});
    return genesis;
  }

  async #become(state: SetupState): Promise<void> {
    await writeSetupState(this.#options.directory, state);
    this.#state = state;
    this.#publish();
  }

  #publish(): void {
    this.#options.onChange(this.view());
  }

  #genesisView(genesis: Genesis): SetupView['genesis'] {
    const networkId = networkIdOf(genesis);
    const contents: readonly CardContent[] = [
      ...genesis.replicas.map((replica) => ({ kind: 'replica' as const, ...replica })),
      ...genesis.supervisors.map((supervisor) => ({ kind: 'supervisor' as const, ...supervisor })),
    ];
    return {
      networkId,
      name: genesis.name,
      fingerprint: fingerprintOf(networkId),
      ...quorumSizes(genesis.replicas.length),
      threshold: genesis.policy.threshold,
      proposalBlocks: genesis.policy.proposalBlocks,
      members: contents.map((content) => this.#cardView(content)),
    };
  }

  #cardView(content: CardContent): SetupCard {
    const { kind, name, organisation, publicKey } = content;
    return {
      kind,
      name,
      organisation,
      publicKey,
      address: content.kind === 'replica' ? addressText(content) : null,
      own: this.#ownCards.some((card) => card.publicKey === publicKey),
    };
  }
}

/** A name as the name of a file on any system. */
function fileNameOf(name: string): string {
  const LENGTH_MAX = 60;
  const plain = name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return plain === '' ? 'countersign' : Array.from(plain).slice(0, LENGTH_MAX).join('');
}
