/**
 * What leaves for signing elsewhere, and what comes back: draft files out and in, and requests that others signed. A
 * request's source does not matter, only its signature (seed note "Sending" 2), so it is sent like one's own: reviewed
 * first, durable before it leaves, and followed until it is final.
 * @module
 */
import type { ItemView, Member } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { SupervisorClient } from '../../client/supervisorClient.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { decodeRequest } from '../../ledger/request.ts';
import { signatureCheckOf } from '../../ledger/signerChecklist.ts';
import type { SignatureVerifier } from '../../replica/inbox.ts';
import type { LedgerStore } from '../../storage/index.ts';
import type { AsideDesk } from '../aside/asideDesk.ts';
import { badInput, type HandlerInput } from '../dispatch.ts';
import type { Heights } from '../ledger/reads.ts';
import type { ItemBook } from './itemBook.ts';
import { requireShown, type ItemRecord } from './itemRecord.ts';
import { newItem, type Description } from './newItem.ts';
import type { RequestContents } from './offlineFiles.ts';
import type { UploadedExport } from './uploads.ts';

export interface OfflineOptions {
  readonly book: ItemBook;
  /** Reads and writes the files. */
  readonly aside: AsideDesk;
  readonly client: Pick<SupervisorClient, 'track'>;
  readonly genesis: Genesis;
  /** The supervisor with a key, if the registry has it. */
  readonly supervisor: (publicKey: Hex) => Member | undefined;
  readonly store: Pick<LedgerStore, 'request'>;
  readonly verifier: SignatureVerifier;
  readonly heights: () => Heights;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

/** Digits of the content hash in the name of a draft's file: enough to find it by. */
const NAME_DIGITS = 16;

export class OfflineItems {
  readonly #options: OfflineOptions;

  constructor(options: OfflineOptions) {
    this.#options = options;
  }

  /**
   * Takes in a draft file or the file of a signed request. Throws `import.alreadyThere` for what is in the inbox;
   * `draftFile.*`; `request.*` and `encoding.invalid` for a request that this network would not take,
   * `request.alreadyFinal`, and what `AsideDesk.run` throws. The upload's bytes are gone, whatever comes of it.
   */
  async take(upload: UploadedExport): Promise<ItemView> {
    return upload.purpose === 'draft' ? await this.#takeDraft(upload) : await this.#takeRequest(upload);
  }

  /** Sends an imported request. Throws `draft.wrongState`, or `draft.changed` for another content than was shown. */
  async submit({ id, shownHash }: HandlerInput<'item.submit'>): Promise<ItemView> {
    const { book, client, genesis, now } = this.#options;
    return await book.exclusively(async () => {
      const record = book.inState(id, 'imported');
      requireShown(record, shownHash);
      const { payload, signed } = await book.stored(id);
      if (signed === null) throw new CountersignError('draft.wrongState', { id, state: record.state });
      const request = decodeRequest(signed, genesis.limits.maxRequestBytes);
      const view = await book.write({ ...record, state: 'sent', updatedAtMs: now() }, payload, signed);
      client.track(request);
      return view;
    });
  }

  /**
   * The file of an item's content. A draft remembers whom it waits for. Throws `draft.notFound`, `draft.changed`,
   * `draftFile.invalid`, and what `AsideDesk.run` throws.
   */
  async exportDraft(input: HandlerInput<'item.exportDraft'>): Promise<{ fileName: string; text: string }> {
    const { id, shownHash, signers, note } = input;
    const { book, aside, genesis, supervisor: known } = this.#options;
    const expectedSigners = signers.map((publicKey, index) => {
      const supervisor = known(publicKey);
      if (supervisor !== undefined) return { publicKey, name: supervisor.name };
      throw badInput('item.exportDraft', `signers[${String(index)}]`, 'is the key of no supervisor');
    });
    const content = await book.exclusively(async () => {
      requireShown(book.get(id), shownHash);
      return (await book.stored(id)).payload;
    });
    const envelope = { networkId: networkIdOf(genesis), networkName: genesis.name, expectedSigners, note };
    const text = await aside.run('writeDraft', { content, envelope });
    await book.exclusively(async () => {
      const record = book.get(id);
      // Changed while its file was written.
      requireShown(record, shownHash);
      if (record.state !== 'draft' || record.origin !== 'here') return;
      await book.write({ ...record, expectedSigners, note }, content);
    });
    return { fileName: `draft-${shownHash.slice(0, NAME_DIGITS)}.csdraft`, text };
  }

  async #takeDraft({ name, bytes: file }: UploadedExport): Promise<ItemView> {
    const { book, aside, genesis } = this.#options;
    const draft = await aside.run('readDraft', { genesis, file }, [file.buffer]);
    const { description, bytes, expectedSigners, note } = draft;
    return await book.exclusively(async () => {
      const same = book.withContent(description.contentHash).find(isOwnAndOpen);
      if (same !== undefined) throw new CountersignError('import.alreadyThere', { name, existing: same.id });
      const record: ItemRecord = {
        ...this.#record(description, name),
        origin: 'draftFile',
        expectedSigners: [...expectedSigners],
        note,
      };
      return await book.write(record, bytes);
    });
  }

  async #takeRequest({ name, bytes: file }: UploadedExport): Promise<ItemView> {
    const { book, aside, genesis } = this.#options;
    const { description, bytes, request } = await aside.run('readRequest', { genesis, file }, [file.buffer]);
    await this.#checkRequest(request);
    return await book.exclusively(async () => {
      const same = book.ofRequest(request.id);
      if (same !== undefined) throw new CountersignError('import.alreadyThere', { name, existing: same.id });
      const record: ItemRecord = {
        ...this.#record(description, name),
        origin: 'requestFile',
        state: 'imported',
        requestId: request.id,
        signedAtMs: request.timestampMs,
        signer: request.supervisor,
      };
      return await book.write(record, bytes, request.bytes);
    });
  }

  /** Throws unless a supervisor signed the request, and it is not final yet. */
  async #checkRequest(request: RequestContents['request']): Promise<void> {
    const { verifier, store, heights } = this.#options;
    const { id, supervisor } = request;
    if (this.#options.supervisor(supervisor) === undefined) {
      throw new CountersignError('request.unknownSupervisor', { supervisor });
    }
    const { signature, digest, publicKey } = signatureCheckOf(request);
    if (!(await verifier.verify(signature, digest, publicKey))) {
      throw new CountersignError('request.badSignature', { id });
    }
    const located = await store.request(id);
    if (located !== null && located.height <= heights().stable) {
      throw new CountersignError('request.alreadyFinal', { id, height: located.height });
    }
  }

  #record(description: Description, source: string): ItemRecord {
    const { genesis, now } = this.#options;
    return newItem(description, { source, replicas: genesis.replicas.length, nowMs: now() });
  }
}

/** Whether an item can still be signed here or was: then a draft of the same content would only be a double. */
function isOwnAndOpen({ origin, state }: ItemRecord): boolean {
  return origin !== 'requestFile' && state !== 'refused' && state !== 'expired';
}
