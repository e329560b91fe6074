/**
 * Fetching the blocks of a chain whose headers are known: from several replicas at once, each block from another one
 * where the first did not send it, and whoever sends something else is not asked again. Pure book-keeping: the
 * handlers send.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { Block, HashedHeader } from '../ledger/block.ts';
import { evidenceDigest, type Evidence } from '../ledger/evidence.ts';
import { merkleRoot } from '../ledger/merkle.ts';
import type { SignedRequest } from '../ledger/request.ts';

/** Most blocks that are asked for at once: enough to keep several sources busy. */
export const FETCH_AHEAD_BLOCKS = 16;

/** One question to one replica. */
export interface Question {
  readonly to: number;
  readonly header: HashedHeader;
}

export class BlockFetch {
  /** The chain, lowest first. */
  readonly headers: readonly HashedHeader[];
  readonly #blocks = new Map<Hex, Block>();
  /** Who has been asked for a block, and has not answered. */
  readonly #asked = new Map<Hex, number>();
  readonly #liars = new Set<number>();
  #turn = 0;

  #tookSome = false;

  /** `before`: another fetch, whose blocks need not be fetched again. */
  constructor(headers: readonly HashedHeader[], before: BlockFetch | null = null) {
    this.headers = headers;
    for (const { hash } of headers) {
      const block = before?.block(hash);
      if (block !== undefined) this.#blocks.set(hash, block);
    }
  }

  /** A block that has arrived. */
  block(hash: Hex): Block | undefined {
    return this.#blocks.get(hash);
  }

  /** The next questions, to `sources` in turn. `isHere` says which blocks need not be fetched. */
  questions(sources: readonly number[], isHere: (header: HashedHeader) => boolean): readonly Question[] {
    const honest = sources.filter((source) => !this.#liars.has(source));
    const candidates = honest.length > 0 ? honest : sources;
    const questions: Question[] = [];
    for (const header of this.missing(isHere)) {
      if (this.#asked.size >= FETCH_AHEAD_BLOCKS) break;
      const to = candidates[this.#turn % candidates.length];
      if (this.#asked.has(header.hash) || to === undefined) continue;
      this.#turn++;
      this.#asked.set(header.hash, to);
      questions.push({ to, header });
    }
    return questions;
  }

  /** Headers whose blocks are not here. */
  missing(isHere: (header: HashedHeader) => boolean): readonly HashedHeader[] {
    return this.headers.filter((header) => !this.#blocks.has(header.hash) && !isHere(header));
  }

  /**
   * Takes the content of a block, whoever sends it. `unasked`: nobody waits for it; `wrong`: it is not what the header
   * binds, from the very one that was asked.
   */
  take(
    from: number,
    hash: Hex,
    requests: readonly SignedRequest[],
    evidence: readonly Evidence[],
  ): 'taken' | 'unasked' | 'wrong' {
    const header = this.headers.find((candidate) => candidate.hash === hash);
    if (header === undefined || this.#blocks.has(hash)) return 'unasked';
    const isRight =
      requests.length === header.requestCount &&
      merkleRoot(requests.map(({ id }) => id)) === header.requestsRoot &&
      evidenceDigest(evidence) === header.evidenceDigest;
    const wasAsked = this.#asked.get(hash) === from;
    if (isRight || wasAsked) this.#asked.delete(hash);
    if (isRight) {
      this.#tookSome = true;
      this.#blocks.set(hash, { header, requests, evidence });
      return 'taken';
    }
    if (!wasAsked) return 'unasked';
    this.#liars.add(from);
    return 'wrong';
  }

  /** Called now and then: where nothing has arrived since, what is missing is asked for anew, of others. */
  giveUpWaiting(): void {
    if (!this.#tookSome) {
      this.#asked.clear();
      this.#turn++;
    }
    this.#tookSome = false;
  }
}
