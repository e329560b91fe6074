/**
 * Who has signed one content: the requests with its hash, in the inbox and among the newest blocks of the local ledger.
 * The ledger has no index by content, so the search is bounded, and says how far it went.
 * @module
 */
import type { Checklist, Member } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { contentHashOfRequest } from '../../ledger/signerChecklist.ts';
import type { LedgerStore } from '../../storage/index.ts';
import type { Heights } from '../ledger/reads.ts';
import type { ItemBook } from './itemBook.ts';

/** Most blocks that one search reads. */
export const SEARCH_BLOCKS_MAX = 512;
/** Most bytes of requests that one search reads before it stops: a fraction of a second of hashing. */
export const SEARCH_BYTES_MAX = 16 * 1024 * 1024;

export interface SignaturesOptions {
  readonly book: ItemBook;
  /** Who holds a key, or held it. */
  readonly member: (publicKey: Hex) => Member;
  readonly store: Pick<LedgerStore, 'block'>;
  readonly heights: () => Heights;
}

type KnownRequest = Checklist['signers'][number]['requests'][number];

interface Found {
  readonly signer: Hex;
  readonly request: KnownRequest;
}

export class Signatures {
  readonly #options: SignaturesOptions;

  constructor(options: SignaturesOptions) {
    this.#options = options;
  }

  /** The checklist of an item's content. Throws `draft.notFound`. */
  async checklist(id: string): Promise<Checklist> {
    const { book, member } = this.#options;
    const { contentHash, expectedSigners } = book.get(id);
    const { found, searchedFromHeight } = await this.#search(contentHash);
    // After the search: what the inbox says of a request is newer than what the search saw.
    for (const record of book.withContent(contentHash)) {
      const { requestId, signedAtMs, signer, height, state } = record;
      if (requestId === null || signedAtMs === null || signer === null) continue;
      const before = found.get(requestId)?.request;
      const request = { requestId, signedAtMs, itemId: record.id, height: before?.height ?? height, state };
      found.set(requestId, { signer, request });
    }
    const bySigner = new Map<Hex, KnownRequest[]>();
    for (const { signer, request } of found.values()) {
      bySigner.set(signer, [...(bySigner.get(signer) ?? []), request]);
    }
    const expected = new Set(expectedSigners.map(({ publicKey }) => publicKey));
    const signers = [...bySigner].map(([publicKey, requests]) => ({
      signer: member(publicKey),
      expected: expected.has(publicKey),
      requests: requests.toSorted((left, right) => left.signedAtMs - right.signedAtMs),
    }));
    const missing = expectedSigners
      .filter(({ publicKey }) => !(bySigner.get(publicKey) ?? []).some(counts))
      .map(({ publicKey, name }) => ({ ...member(publicKey), name }));
    return { contentHash, signers, missing, searchedFromHeight };
  }

  async #search(contentHash: Hex): Promise<{ found: Map<Hex, Found>; searchedFromHeight: number }> {
    const { store, heights } = this.#options;
    const { tip, stable } = heights();
    const lowest = Math.max(1, tip - SEARCH_BLOCKS_MAX + 1);
    const found = new Map<Hex, Found>();
    let bytes = 0;
    let searchedFromHeight = tip + 1;
    for (let height = tip; height >= lowest && bytes < SEARCH_BYTES_MAX; height -= 1) {
      const accepted = await store.block(height);
      searchedFromHeight = height;
      for (const request of accepted?.block.requests ?? []) {
        bytes += request.bytes.length;
        if (contentHashOfRequest(request) !== contentHash) continue;
        const state = height <= stable ? 'final' : 'accepted';
        const { id: requestId, timestampMs: signedAtMs, supervisor: signer } = request;
        found.set(requestId, { signer, request: { requestId, signedAtMs, itemId: null, height, state } });
      }
    }
    return { found, searchedFromHeight };
  }
}

/** Whether a request is a signature that can still count. */
function counts({ state }: KnownRequest): boolean {
  return state !== 'refused' && state !== 'expired';
}
