/**
 * Signing and sending. What is signed is the main process's own copy, named by the hash that the page showed
 * (SECURITY.md 8); the signed request is durable before it leaves, so it is never forgotten and never doubled.
 * @module
 */
import type { ConsoleError } from '../../../shared/contract/model.ts';
import type { Payload } from '../../../shared/domain/payload.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { SupervisorClient } from '../../client/supervisorClient.ts';
import { contentHashOf } from '../../ledger/contentHash.ts';
import {
  decodeRequest,
  requestId,
  requestSigningDigest,
  signedRequest,
  type Draft,
  type SignedRequest,
} from '../../ledger/request.ts';
import { PENDING_PAGE_MAX } from '../../storage/index.ts';
import type { HandlerInput } from '../dispatch.ts';
import { toConsoleError } from '../errors.ts';
import { requireKeyring, type Keyring } from '../keyring.ts';
import type { ItemBook } from './itemBook.ts';
import { payloadBytes, payloadOf } from './payloadBytes.ts';

export interface SigningOptions {
  readonly book: ItemBook;
  /** `null` where no supervisor's key is kept here: then nothing can be signed. */
  readonly keyring: Keyring | null;
  readonly client: Pick<SupervisorClient, 'track'>;
  readonly networkId: Hex;
  /** Throws why a supervisor must not sign this now. */
  readonly check: (supervisor: Hex, payload: Payload) => void;
  /** Largest signed request, in bytes. */
  readonly maxRequestBytes: number;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** Told where an item that waited for the key could not be signed, and could not be told so either. */
  readonly onFailure: (error: unknown) => void;
}

/** The outcome of one item of a batch. */
export interface SignResult {
  readonly id: string;
  readonly error: ConsoleError | null;
}

/** How far ahead of the clock a timestamp may be moved to keep two of them apart, in milliseconds. */
const AHEAD_MAX_MS = 1_000;

export class Signing {
  readonly #options: SigningOptions;
  #lastTimestampMs = 0;
  #waiting: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SigningOptions) {
    this.#options = options;
  }

  /**
   * Signs and sends each item by itself; while the key is locked, each waits for it. Throws `key.*` where there is no key,
   * or the passphrase does not open it. Once `signal` is aborted nothing more is signed: its reason is the outcome of what
   * is left.
   */
  async sign({ items, passphrase }: HandlerInput<'item.sign'>, signal?: AbortSignal): Promise<SignResult[]> {
    const { book } = this.#options;
    const keyring = requireKeyring(this.#options.keyring);
    if (passphrase !== null) await keyring.unlock(passphrase, signal);
    const results: SignResult[] = [];
    for (const { id, shownHash } of items) {
      try {
        await book.exclusively(async () => {
          signal?.throwIfAborted();
          if (keyring.isUnlocked) await this.#signOne(id, shownHash);
          else await this.#waitForKey(id, shownHash);
        });
        results.push({ id, error: null });
      } catch (error) {
        results.push({ id, error: toConsoleError(error) });
      }
    }
    return results;
  }

  /**
   * Makes the canonical bytes of a draft anew from what is kept of it, and throws unless they are what a page names by
   * `shownHash`: `draft.*`, or `encoding.*` for what this version cannot read, and so can neither show nor sign.
   */
  async requireShown(id: string, shownHash: Hex): Promise<void> {
    const { book, maxRequestBytes } = this.#options;
    await book.exclusively(async () => {
      book.inState(id, 'draft');
      const bytes = await this.#shown(id, shownHash);
      const actualHash = contentHashOf(payloadBytes(payloadOf(bytes), maxRequestBytes));
      if (actualHash !== shownHash)
        throw new CountersignError('draft.changed', { id, shownHash, actualHash });
    });
  }

  /** Sends again what was signed and not settled when the program ended, in whatever way it ended. */
  async resume(): Promise<number> {
    const { book, client, maxRequestBytes } = this.#options;
    let count = 0;
    let page = await book.store.pendingSent({ limit: PENDING_PAGE_MAX });
    while (page.length > 0) {
      for (const { signed } of page) {
        if (signed === null) continue;
        client.track(decodeRequest(signed, maxRequestBytes));
        count += 1;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PENDING_PAGE_MAX) break;
      page = await book.store.pendingSent({ limit: PENDING_PAGE_MAX, after: last });
    }
    return count;
  }

  /** Signs and sends what waited for the key, in the order in which it was to be signed. Never rejects. */
  async signWaiting(): Promise<void> {
    this.#waiting = this.#waiting.then(async () => await this.#signWaiting());
    await this.#waiting;
  }

  /** Waits for what is being signed; nothing more is. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#waiting;
  }

  async #signWaiting(): Promise<void> {
    const { book, keyring, onFailure } = this.#options;
    const waiting = book
      .withState('needsUnlock')
      .sort((left, right) => left.updatedAtMs - right.updatedAtMs || left.createdAtMs - right.createdAtMs);
    for (const { id } of waiting) {
      try {
        await book.exclusively(async () => {
          const record = book.get(id);
          // Taken back, or locked again, meanwhile.
          if (this.#closed || record.state !== 'needsUnlock' || keyring?.isUnlocked !== true) return;
          await this.#signOne(id, record.contentHash).catch(async (error: unknown) => {
            await this.#giveBack(id, error);
          });
        });
      } catch (error) {
        onFailure(error);
      }
    }
  }

  /** What cannot be signed becomes a draft again, and says why. */
  async #giveBack(id: string, error: unknown): Promise<void> {
    const { book, now } = this.#options;
    const record = book.get(id);
    if (record.state !== 'needsUnlock') throw error;
    const { payload } = await book.stored(id);
    await book.write(
      { ...record, state: 'draft', error: toConsoleError(error), updatedAtMs: now() },
      payload,
    );
  }

  /** The order to sign is durable; it names the content by its hash, which cannot be changed while it stands. */
  async #waitForKey(id: string, shownHash: Hex): Promise<void> {
    const { book, now } = this.#options;
    const record = book.inState(id, 'draft');
    const bytes = await this.#shown(id, shownHash);
    await book.write({ ...record, state: 'needsUnlock', error: null, updatedAtMs: now() }, bytes);
  }

  /** The content of an item, if it is what was shown. Throws `draft.changed`. */
  async #shown(id: string, shownHash: Hex): Promise<Uint8Array> {
    const { payload } = await this.#options.book.stored(id);
    const actualHash = contentHashOf(payload);
    if (actualHash !== shownHash) throw new CountersignError('draft.changed', { id, shownHash, actualHash });
    return payload;
  }

  async #signOne(id: string, shownHash: Hex): Promise<void> {
    const { book, client } = this.#options;
    const record = book.inState(id, 'draft', 'needsUnlock');
    const bytes = await this.#shown(id, shownHash);
    const request = this.#signed(bytes);
    const signedAtMs = request.timestampMs;
    const signer = request.supervisor;
    const sent = { requestId: request.id, signedAtMs, signer, updatedAtMs: signedAtMs, error: null };
    await book.write({ ...record, ...sent, state: 'signing' }, bytes, request.bytes);
    client.track(request);
  }

  #signed(bytes: Uint8Array): SignedRequest {
    const { networkId, maxRequestBytes, check } = this.#options;
    const keyring = requireKeyring(this.#options.keyring);
    const { publicKey: supervisor } = keyring;
    const payload = payloadOf(bytes);
    check(supervisor, payload);
    const draft: Draft = { networkId, timestampMs: this.#timestamp(), supervisor, payload };
    const signature = keyring.sign(requestSigningDigest(networkId, requestId(draft)));
    const request = signedRequest(draft, signature);
    if (request.bytes.length > maxRequestBytes) {
      throw new CountersignError('request.tooLarge', {
        sizeBytes: request.bytes.length,
        maxBytes: maxRequestBytes,
      });
    }
    return request;
  }

  /** Equal content signed twice within a millisecond would be one request: then a millisecond is added. */
  #timestamp(): number {
    const nowMs = this.#options.now();
    const lastMs = this.#lastTimestampMs;
    // A clock that was set back counts for what it is.
    const isTaken = nowMs <= lastMs && lastMs - nowMs < AHEAD_MAX_MS;
    this.#lastTimestampMs = isTaken ? lastMs + 1 : nowMs;
    return this.#lastTimestampMs;
  }
}
