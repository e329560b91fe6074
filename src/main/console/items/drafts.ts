/**
 * Drafts: made from uploads, edited, declined and taken back. Each change is durable before its channel answers.
 * @module
 */
import type { ItemDetail, ItemState, ItemView } from '../../../shared/contract/model.ts';
import type { Payload } from '../../../shared/domain/payload.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { NAME_CHARS_MAX } from '../../ledger/limits.ts';
import { payloadCodec } from '../../ledger/payload.ts';
import { badInput, type HandlerInput } from '../dispatch.ts';
import type { AsideDesk } from '../aside/asideDesk.ts';
import { bytesHex, canonicalText } from './canonicalText.ts';
import { contentView, type RecordsPage, type RegistryContents } from './content.ts';
import type { ItemBook } from './itemBook.ts';
import { requireShown, type ItemRecord } from './itemRecord.ts';
import { cut, describe, newItem, type Description } from './newItem.ts';
import { payloadBytes, payloadOf } from './payloadBytes.ts';
import type { UploadedContent } from './uploads.ts';

/** Contents kept decoded, so that scrolling through a table does not decode it for each page. */
const DECODED_MAX = 2;

export interface DraftsOptions {
  readonly book: ItemBook;
  /** Reads tables. */
  readonly aside: AsideDesk;
  /** Replicas of the network. */
  readonly replicas: number;
  /** What the registry says of a change. */
  readonly registry: RegistryContents;
  /** Largest signed request, in bytes. */
  readonly maxRequestBytes: number;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

export class Drafts {
  readonly #options: DraftsOptions;
  /** By content hash, the last used last. */
  readonly #decoded = new Map<string, { readonly payload: Payload; readonly bytes: Uint8Array }>();

  constructor(options: DraftsOptions) {
    this.#options = options;
  }

  /**
   * One draft of one table or of some documents. Throws `import.*`, `encoding.invalid`, `request.tooLarge`, and what
   * `AsideDesk.run` throws.
   */
  async create(uploads: readonly UploadedContent[]): Promise<ItemView> {
    const [first] = uploads;
    if (first?.purpose !== 'assessments') {
      const { payload, source } = documentsOf(uploads);
      return await this.createFrom(payload, source);
    }
    if (uploads.length > 1) throw badInput('upload.finish', 'uploadIds', 'may name one table only');
    const { aside, maxRequestBytes } = this.#options;
    const { name, mediaType, bytes } = first;
    const input = { file: { name, mediaType, bytes }, maxRequestBytes };
    // The upload is gone, whatever comes of it.
    const table = await aside.run('table', input, [bytes.buffer]);
    return await this.#add(table.description, table.bytes, name);
  }

  /** A draft of a payload that was made here. Throws `encoding.invalid` or `request.tooLarge`. */
  async createFrom(payload: Payload, source = ''): Promise<ItemView> {
    const bytes = payloadBytes(payload, this.#options.maxRequestBytes);
    return await this.#add(describe(payload, bytes), bytes, source);
  }

  /** An item with one page of its records. */
  async detail(id: string, page: RecordsPage): Promise<ItemDetail> {
    const { book, registry } = this.#options;
    // Read together: the content must be that of the item shown with it.
    const { item, payload, bytes } = await book.exclusively(async () => {
      const record = book.get(id);
      return { item: book.view(id), ...(await this.#content(record)) };
    });
    const { text, cut: canonicalCut } = canonicalText(payloadCodec.toItem(payload, ''));
    return {
      item,
      content: contentView(payload, page, registry, item.requestId),
      canonicalText: text,
      canonicalCut,
      bytesHex: bytesHex(bytes),
    };
  }

  /**
   * Throws `draft.wrongState`, `draft.imported`, `draft.changed`, `encoding.invalid`, `request.tooLarge`, or
   * `console.badInput`.
   */
  async edit({ id, shownHash, title, remark, decision }: HandlerInput<'item.edit'>): Promise<ItemView> {
    const { book, maxRequestBytes, now } = this.#options;
    return await book.exclusively(async () => {
      const record = book.inState(id, 'draft');
      if (shownHash !== undefined) requireShown(record, shownHash);
      // Others sign exactly what the file says.
      if (record.origin !== 'here') throw new CountersignError('draft.imported', { id });
      const { payload } = await this.#content(record);
      if (decision !== undefined && payload.kind !== 'document') {
        throw badInput('item.edit', 'decision', 'is for documents only');
      }
      if (title !== undefined && payload.kind === 'registry') {
        throw badInput('item.edit', 'title', 'is given by the change of the registry');
      }
      const edited: Payload = {
        ...payload,
        ...(title === undefined ? {} : { title }),
        ...(remark === undefined ? {} : { remark }),
        ...(decision === undefined ? {} : { decision }),
      };
      const bytes = payloadBytes(edited, maxRequestBytes);
      return await book.write({ ...record, ...describe(edited, bytes), updatedAtMs: now() }, bytes);
    });
  }

  async decline(id: string): Promise<ItemView> {
    return await this.#move(id, 'declined', 'draft');
  }

  /** Takes back a decline, or the order to sign as soon as the key is unlocked. */
  async restore(id: string): Promise<ItemView> {
    return await this.#move(id, 'draft', 'declined', 'needsUnlock');
  }

  /** See `item.again`. Throws `draft.wrongState`. */
  async again(id: string): Promise<ItemView> {
    const { book } = this.#options;
    return await book.exclusively(async () => {
      const { contentHash, source } = book.inState(id, 'refused', 'expired');
      const there = book
        .withContent(contentHash)
        .find(({ origin, state }) => origin === 'here' && state === 'draft');
      if (there !== undefined) return book.view(there.id);
      const { payload } = await book.stored(id);
      return await book.write(this.#newDraft(describe(payloadOf(payload), payload), source), payload);
    });
  }

  async remove(id: string): Promise<void> {
    const { book } = this.#options;
    await book.exclusively(async () => {
      book.inState(id, 'draft', 'declined', 'imported', 'refused', 'expired', 'final');
      await book.remove(id);
    });
  }

  async #add(description: Description, bytes: Uint8Array, source: string): Promise<ItemView> {
    const record = this.#newDraft(description, source);
    return await this.#options.book.exclusively(async () => await this.#options.book.write(record, bytes));
  }

  #newDraft(description: Description, source: string): ItemRecord {
    const { replicas, now } = this.#options;
    return newItem(description, { source, replicas, nowMs: now() });
  }

  async #move(id: string, to: ItemState, ...from: readonly ItemState[]): Promise<ItemView> {
    const { book, now } = this.#options;
    return await book.exclusively(async () => {
      const record = book.inState(id, ...from);
      const { payload } = await book.stored(id);
      return await book.write({ ...record, state: to, error: null, updatedAtMs: now() }, payload);
    });
  }

  async #content({ id, contentHash }: ItemRecord): Promise<{ payload: Payload; bytes: Uint8Array }> {
    const known = this.#decoded.get(contentHash);
    this.#decoded.delete(contentHash);
    const { payload: bytes } =
      known === undefined ? await this.#options.book.stored(id) : { payload: known.bytes };
    const content = known ?? { payload: payloadOf(bytes), bytes };
    this.#decoded.set(contentHash, content);
    const [oldest] = this.#decoded.keys();
    if (this.#decoded.size > DECODED_MAX && oldest !== undefined) this.#decoded.delete(oldest);
    return content;
  }
}

function documentsOf(uploads: readonly UploadedContent[]): { payload: Payload; source: string } {
  const files = uploads.map((upload) => {
    if (upload.purpose === 'document') return upload.file;
    throw badInput('upload.finish', 'uploadIds', 'mixes a table with documents');
  });
  const names = files.map(({ name }) => name);
  const more = names.length > 1 ? ` (+${String(names.length - 1)})` : '';
  const title = `${cut(names[0] ?? '', NAME_CHARS_MAX - more.length)}${more}`;
  // The weakest decision: anything more is the supervisor's to choose.
  const payload: Payload = { kind: 'document', title, decision: 'acknowledged', remark: '', files };
  return { payload, source: names.join(', ') };
}
