/**
 * Who voted for which checkpoint, and when this replica saw it: for the checkpoint under vote and for the last stable
 * ones.
 *
 * Nothing of it is stored: it begins when the program starts. What it holds is bounded whatever other replicas send:
 * only votes for blocks of the own chain count, and of those that come before their block the last one of each replica.
 * @module
 */
import type { CheckpointRound, CheckpointVote } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { primaryOf } from '../../consensus/config.ts';
import type { Announcement } from '../../consensus/effects.ts';
import type { HashedHeader } from '../../ledger/block.ts';

/** Blocks above the stable checkpoint whose acceptance is remembered: the window of the largest checkpoint distance. */
export const ACCEPTED_SEEN_MAX = 8_192;
/** Heights above the stable checkpoint whose votes are kept, the highest. */
export const ROUNDS_OPEN_MAX = 64;
/** Stable checkpoints whose votes are kept, the newest. */
export const ROUNDS_SEEN_MAX = 500;

type Block = Pick<HashedHeader, 'epoch' | 'height' | 'hash'>;
type Vote = Omit<Extract<Announcement, { type: 'vote' }>, 'type'>;

/** A block of the own chain that is not stable yet. */
interface Accepted {
  readonly epoch: number;
  readonly hash: Hex;
  /** `null` where a certificate brought it: then it was accepted by others before. */
  readonly atMs: number | null;
  /** Who ordered it. */
  readonly primary: number | null;
}

export class CheckpointBook {
  /** Number of replicas of the present epoch. */
  #n: number;
  /** Height of the own chain. */
  #tip: number;
  readonly #accepted = new Map<number, Accepted>();
  /** Votes by height, for blocks of the own chain above the stable one. */
  readonly #open = new Map<number, readonly CheckpointVote[]>();
  /** The last vote of each replica in each phase for a block that is not here yet. */
  readonly #early = new Map<string, Vote & { readonly atMs: number }>();
  /** Stable checkpoints by height, oldest first. */
  readonly #seen = new Map<number, CheckpointRound>();

  /** Of a network of `n` replicas, at the height `tip`. */
  constructor(n: number, tip: number) {
    this.#n = n;
    this.#tip = tip;
  }

  /** The newest checkpoint under vote, or the last one that became stable; `null` where neither was seen. */
  get round(): CheckpointRound | null {
    const height = Math.max(0, ...this.#open.keys());
    const accepted = this.#accepted.get(height);
    if (accepted !== undefined) return this.#roundOf(height, accepted, null);
    return [...this.#seen.values()].at(-1) ?? null;
  }

  /** How much it holds, by kind. */
  get holdings(): {
    readonly accepted: number;
    readonly open: number;
    readonly early: number;
    readonly seen: number;
  } {
    const { size: accepted } = this.#accepted;
    return { accepted, open: this.#open.size, early: this.#early.size, seen: this.#seen.size };
  }

  /** How the stable checkpoint of this block came about; `undefined` where that was not seen. */
  seen(height: number, hash: Hex): CheckpointRound | undefined {
    const round = this.#seen.get(height);
    return round?.hash === hash ? round : undefined;
  }

  /** A block above the others. `orderedIn`: the view in which it was ordered; `null` where that was not seen here. */
  accepted({ epoch, height, hash }: Block, orderedIn: number | null, atMs: number): void {
    const isSeen = orderedIn !== null;
    this.#accepted.set(height, {
      epoch,
      hash,
      atMs: isSeen ? atMs : null,
      primary: isSeen ? primaryOf(orderedIn, this.#n) : null,
    });
    this.#tip = height;
    dropOldest(this.#accepted, ACCEPTED_SEEN_MAX);
    for (const [key, early] of this.#early) {
      if (early.height > height) continue;
      this.#early.delete(key);
      this.vote(early, early.atMs);
    }
  }

  /** The blocks above `height` have been taken off the chain. */
  rolledBack(height: number): void {
    this.#tip = Math.min(this.#tip, height);
    for (const known of this.#accepted.keys()) if (known > height) this.#accepted.delete(known);
    for (const known of this.#open.keys()) if (known > height) this.#open.delete(known);
  }

  /** Another view: what was counted in the one before counts no more. */
  enteredView(): void {
    this.#open.clear();
    this.#early.clear();
  }

  /** Another epoch, with `n` replicas. */
  enteredEpoch(n: number): void {
    this.#n = n;
    this.#accepted.clear();
    this.enteredView();
  }

  /** A vote has come in; each counts once, from when it was first seen. */
  vote({ phase, replica, height, hash }: Vote, atMs: number): void {
    const stable = this.seen(height, hash);
    if (stable !== undefined) {
      const votes = withVote(stable.votes, { replica, phase, atMs });
      if (votes !== stable.votes) this.#seen.set(height, { ...stable, votes: [...votes] });
      return;
    }
    const accepted = this.#accepted.get(height);
    if (accepted === undefined) this.#keepEarly({ phase, replica, height, hash }, atMs);
    if (accepted?.hash !== hash) return;
    this.#open.set(height, withVote(this.#open.get(height) ?? [], { replica, phase, atMs }));
    if (this.#open.size > ROUNDS_OPEN_MAX) this.#open.delete(Math.min(...this.#open.keys()));
  }

  /** All blocks up to this checkpoint are stable. */
  stable({ height, hash }: { readonly height: number; readonly hash: Hex }, atMs: number): void {
    const accepted = this.#accepted.get(height);
    if (accepted?.hash === hash) this.#seen.set(height, this.#roundOf(height, accepted, atMs));
    dropOldest(this.#seen, ROUNDS_SEEN_MAX);
    for (const known of this.#accepted.keys()) if (known <= height) this.#accepted.delete(known);
    for (const known of this.#open.keys()) if (known <= height) this.#open.delete(known);
  }

  #keepEarly(vote: Vote, atMs: number): void {
    // What is at or below the tip is of no block that is still to come.
    if (vote.height > this.#tip) this.#early.set(`${String(vote.replica)} ${vote.phase}`, { ...vote, atMs });
  }

  #roundOf(
    height: number,
    { epoch, hash, atMs, primary }: Accepted,
    stableAtMs: number | null,
  ): CheckpointRound {
    const order: CheckpointVote[] =
      atMs === null || primary === null ? [] : [{ replica: primary, phase: 'order', atMs }];
    const votes = [...order, ...(this.#open.get(height) ?? [])];
    return { epoch, height, hash, acceptedAtMs: atMs, stableAtMs, votes };
  }
}

function withVote(votes: readonly CheckpointVote[], vote: CheckpointVote): readonly CheckpointVote[] {
  const isKnown = ({ replica, phase }: CheckpointVote): boolean =>
    replica === vote.replica && phase === vote.phase;
  return votes.some(isKnown) ? votes : [...votes, vote];
}

function dropOldest(map: Map<number, unknown>, most: number): void {
  for (const height of map.keys()) {
    if (map.size <= most) return;
    map.delete(height);
  }
}
