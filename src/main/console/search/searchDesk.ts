/**
 * Answers the searches of pages.
 * @module
 */
import type { Member } from '../../../shared/contract/model.ts';
import type { Found, FoundRequest } from '../../../shared/contract/search.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError } from '../../../shared/errors.ts';
import { PREFIX_HITS_MAX, type LedgerStore, type SearchHit, type SearchIndex } from '../../storage/index.ts';
import type { HandlerInput } from '../dispatch.ts';
import type { Heights } from '../ledger/reads.ts';
import { blockSummary } from '../live/recentChain.ts';
import type { SearchKeeper } from './searchKeeper.ts';
import { parseSearch, type ParsedSearch } from './searchQuery.ts';

export interface SearchDeskOptions {
  readonly keeper: Pick<SearchKeeper, 'fresh' | 'index' | 'progress'>;
  readonly store: Pick<LedgerStore, 'headers'>;
  readonly heights: () => Heights;
  /** Who holds a key, or held it. */
  readonly member: (publicKey: Hex) => Member;
}

export class SearchDesk {
  readonly #options: SearchDeskOptions;

  constructor(options: SearchDeskOptions) {
    this.#options = options;
  }

  /** Throws `search.*` for what cannot be asked, and why the index is not there while it is not. */
  async query(input: HandlerInput<'search.query'>): Promise<Found> {
    const parsed = parseSearch(input);
    const { keeper } = this.#options;
    await keeper.fresh();
    const { index, progress } = keeper;
    if (index === null) {
      if (progress.error !== null) throw fromPlainError(progress.error);
      throw new CountersignError('search.opening', {});
    }
    const isFirstPage = input.before === null;
    const [page, named] = await Promise.all([
      index.search(parsed.query),
      isFirstPage ? this.#named(index, parsed) : { blocks: [], requests: [] },
    ]);
    const { height, tipHeight } = keeper.progress;
    return {
      blocks: named.blocks,
      named: named.requests,
      requests: page.hits.map((hit) => this.#found(hit)),
      next: page.next,
      cutShort: page.isCutShort,
      indexedHeight: height,
      tipHeight,
    };
  }

  /** Blocks and requests that the text names by number, hash or id. Filters do not concern them. */
  async #named(
    index: SearchIndex,
    { height, digits }: ParsedSearch,
  ): Promise<{ blocks: Found['blocks']; requests: FoundRequest[] }> {
    const byDigits = digits === null ? { blocks: [], requests: [] } : await index.byPrefix(digits);
    const heights = new Set([
      ...(height === null ? [] : [height]),
      ...byDigits.blocks.map((block) => block.height),
    ]);
    const blocks: Found['blocks'] = [];
    for (const at of [...heights].slice(0, PREFIX_HITS_MAX + 1)) {
      const [header] = await this.#options.store.headers(at, at);
      if (header !== undefined) blocks.push(blockSummary(header, this.#options.heights().stable));
    }
    return { blocks, requests: byDigits.requests.map((hit) => this.#found(hit)) };
  }

  #found(hit: SearchHit): FoundRequest {
    const { id, kind, title, count, timestampMs, height, index, sizeBytes } = hit;
    const { supervisor, titleMarks, snippet, blockTimeMs } = hit;
    return {
      request: {
        id,
        kind,
        title,
        count,
        timestampMs,
        supervisor: this.#options.member(supervisor),
        height,
        index,
        sizeBytes,
      },
      blockTimeMs,
      stable: height <= this.#options.heights().stable,
      titleMarks: [...titleMarks],
      snippet:
        snippet === null
          ? null
          : {
              field: snippet.field,
              text: snippet.text,
              marks: [...snippet.marks],
              cutBefore: snippet.isCut.before,
              cutAfter: snippet.isCut.after,
            },
    };
  }
}
