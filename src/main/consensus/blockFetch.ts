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

/** How often the wait for one block doubles: half a second becomes half a minute. */
const WAIT_DOUBLINGS_MAX = 6;

/** One question to one replica. */
export interface Question {
  readonly to: number;
  readonly header: HashedHeader;
}

export class BlockFetch {
  /** The chain, lowest first. */
  readonly headers: readonly HashedHeader[];
  readonly #blocks = new Map<Hex, Block>();
  /** Who has been asked for a block and has not answered, and for how many rings of the timer. */
  readonly #asked = new Map<Hex, { readonly to: number; rings: number }>();
  /** How often each block has been asked for in vain: each time it is the next source's turn, for twice as long. */
  readonly #vain = new Map<Hex, number>();
  readonly #liars = new Set<number>();

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
      const inTurn = header.height - (this.headers[0]?.height ?? 0) + this.#timesInVain(header.hash);
      const to = candidates[inTurn % candidates.length];
      if (this.#asked.has(header.hash) || to === undefined) continue;
      this.#asked.set(header.hash, { to, rings: 0 });
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
    const wasAsked = this.#asked.get(hash)?.to === from;
    if (isRight || wasAsked) this.#asked.delete(hash);
    if (isRight) {
      this.#blocks.set(hash, { header, requests, evidence });
      return 'taken';
    }
    if (!wasAsked) return 'unasked';
    this.#liars.add(from);
    return 'wrong';
  }

  /**
   * The timer has rung. What has not come in time is asked of the next source: the first wait is one ring, and each
   * further one twice as long, so that a slow line is not choked by questions.
   */
  giveUpWaiting(): void {
    for (const [hash, question] of this.#asked) {
      question.rings++;
      const vain = this.#timesInVain(hash);
      if (question.rings < 2 ** Math.min(vain, WAIT_DOUBLINGS_MAX)) continue;
      this.#asked.delete(hash);
      this.#vain.set(hash, vain + 1);
    }
  }

  #timesInVain(hash: Hex): number {
    return this.#vain.get(hash) ?? 0;
  }
}
