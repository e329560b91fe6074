/**
 * A running hash over all that happens in a run, cheap enough to be always on: equal runs have equal ones.
 * @module
 */
import type { Hex } from '../../../src/shared/encoding/hex.ts';

const FIRST_SEED = 0x811c_9dc5;
const SECOND_SEED = 0x9e37_79b9;
const FIRST_PRIME = 0x0100_0193;
const SECOND_PRIME = 0x85eb_ca6b;
/** Digits of a hash that are mixed in: enough to tell two blocks apart. */
const HASH_DIGITS = 8;
const HEX = 16;

export class Trace {
  #first = FIRST_SEED;
  #second = SECOND_SEED;

  get hash(): Hex {
    return [this.#first, this.#second]
      .map((part) => (part >>> 0).toString(HEX).padStart(HASH_DIGITS, '0'))
      .join('');
  }

  number(value: number): void {
    // Times have fractions: both parts count.
    const low = Math.floor(value) | 0;
    const high = Math.floor((value % 1) * 0x7fff_ffff);
    this.#first = Math.imul(this.#first ^ low, FIRST_PRIME);
    this.#second = Math.imul(this.#second ^ high ^ (low << 7) ^ (this.#second >>> 13), SECOND_PRIME);
  }

  text(value: string): void {
    let mixed = value.length;
    for (let index = 0; index < value.length; index++) {
      mixed = Math.imul(mixed, 31) + value.charCodeAt(index);
    }
    this.number(mixed | 0);
  }

  hashValue(value: Hex): void {
    this.number(Number.parseInt(value.slice(0, HASH_DIGITS), HEX));
  }
}
