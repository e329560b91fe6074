/**
 * A disk under the sign guard that loses and tears what was not made durable. What a process sees and what a crash
 * leaves are two things here: `crash` makes the second the first.
 */
import type { GuardFile } from '../../src/main/keys/guard/guardFile.ts';

/** One durable write, and where in it the power fails. */
export interface PowerFailure {
  /** Counts appends that were made durable, and whole replacements, from 0. */
  readonly write: number;
  /** `torn`: a part of it is there, or garbage in its place; `lost`: it was written and never made durable. */
  readonly moment: 'before' | 'torn' | 'lost' | 'after';
}

/** The power has failed: nothing that the guard does any more happens. */
export class PowerFailed extends Error {}

export class GuardDisk implements GuardFile {
  readonly path = 'memory/signed.log';
  /** Durable writes that were begun. */
  writes = 0;
  failure: PowerFailure | null = null;
  readonly #chance: () => number;
  #durable: Uint8Array | null = null;
  #visible: Uint8Array | null = null;
  #isOff = false;

  /** `chance`: from 0 to 1, below 1. */
  constructor(chance: () => number = () => 0.5) {
    this.#chance = chance;
  }

  /** What is on the disk for certain. */
  get durable(): Uint8Array | null {
    return this.#durable;
  }

  /** Puts something else there, as a restored copy or a damaged disk would. */
  put(bytes: Uint8Array | null): void {
    this.#durable = bytes;
    this.#visible = bytes;
  }

  /** The machine is on again. What was not durable may be there as a whole, in parts, or not at all. */
  crash(): void {
    const base = this.#durable ?? new Uint8Array();
    const written = (this.#visible ?? base).subarray(base.length);
    if (written.length > 0 && this.#durable !== null)
      this.#durable = Buffer.concat([base, this.#leftOf(written)]);
    this.#visible = this.#durable;
    this.#isOff = false;
    this.failure = null;
  }

  async read(): Promise<Uint8Array | null> {
    return await Promise.resolve(this.#visible);
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#power();
    if (this.#at('before')) this.#fail();
    this.#visible = Buffer.concat([this.#visible ?? new Uint8Array(), bytes]);
    if (this.#at('torn')) this.#fail();
  }

  async sync(): Promise<void> {
    await this.#power();
    if (this.#at('lost')) this.#fail();
    this.#durable = this.#visible;
    if (this.#at('after')) this.#fail();
    this.writes++;
  }

  async replace(bytes: Uint8Array): Promise<void> {
    await this.#power();
    // Beside the old one until it is renamed: what is torn or lost is the new one alone.
    if (this.#at('before') || this.#at('torn') || this.#at('lost')) {
      this.#visible = this.#durable;
      this.#fail();
    }
    this.#durable = bytes;
    this.#visible = bytes;
    if (this.#at('after')) this.#fail();
    this.writes++;
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  async #power(): Promise<void> {
    await Promise.resolve();
    if (this.#isOff) throw new PowerFailed();
  }

  #at(moment: PowerFailure['moment']): boolean {
    return this.failure?.write === this.writes && this.failure.moment === moment;
  }

  #fail(): never {
    this.#isOff = true;
    throw new PowerFailed();
  }

  /** A disk writes sectors in any order: each is there, is not, or holds something else. */
  #leftOf(written: Uint8Array): Uint8Array {
    const SECTOR_BYTES = 32;
    const kept = Uint8Array.from(written.subarray(0, Math.ceil(this.#chance() * written.length)));
    for (let at = 0; at < kept.length; at += SECTOR_BYTES) {
      const fate = this.#chance();
      if (fate < 0.2) kept.fill(0, at, at + SECTOR_BYTES);
      else if (fate < 0.3) kept.fill(0xa5, at, at + SECTOR_BYTES);
    }
    return kept;
  }
}
