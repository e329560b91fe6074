/**
 * The modules of a QR code: where patterns, formats and data stand, and which mask reads best (ISO/IEC 18004, 7.3, 7.7
 * to 7.10).
 * @module
 */
const FORMAT_POLYNOMIAL = 0x537;
const FORMAT_MASK = 0x5412;
const VERSION_POLYNOMIAL = 0x1f25;
/** Error correction level M, as formats name it. */
const LEVEL_M = 0;
/** Versions from here on say which they are. */
const VERSIONED_FROM = 7;

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Rows of modules, dark where true. */
export type Modules = readonly (readonly boolean[])[];

/** The modules of a code of this version with these codewords, under the mask that reads best. */
export function modulesOf(version: number, codewords: Uint8Array): Modules {
  const candidates = MASKS.map((_, mask) => {
    const grid = new Grid(version);
    grid.fill(codewords, mask);
    return grid.dark;
  });
  return candidates.reduce((best, candidate) => (penaltyOf(candidate) < penaltyOf(best) ? candidate : best));
}

class Grid {
  readonly dark: boolean[][];
  readonly #taken: boolean[][];
  readonly #size: number;
  readonly #version: number;

  constructor(version: number) {
    this.#version = version;
    this.#size = 4 * version + 17;
    const rows = (): boolean[][] =>
      Array.from({ length: this.#size }, () => new Array<boolean>(this.#size).fill(false));
    this.dark = rows();
    this.#taken = rows();
    this.#patterns();
  }

  fill(codewords: Uint8Array, mask: number): void {
    this.#formats(mask);
    let bit = 0;
    for (const [x, y] of this.#free()) {
      const isSet = (((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
      this.#row(y)[x] = isSet !== (MASKS[mask]?.(x, y) ?? false);
      bit += 1;
    }
  }

  #patterns(): void {
    const last = this.#size - 1;
    for (let index = 0; index < this.#size; index++) {
      this.#set(6, index, index % 2 === 0);
      this.#set(index, 6, index % 2 === 0);
    }
    for (const [x, y] of [
      [3, 3],
      [last - 3, 3],
      [3, last - 3],
    ] as const)
      this.#square(x, y, 4, (distance) => distance !== 2 && distance !== 4);
    const places = alignmentOf(this.#version);
    const [low = 6, high = 6] = [places[0], places.at(-1)];
    for (const x of places) {
      for (const y of places) {
        const isFinder = (x === low && y === low) || (x === low && y === high) || (x === high && y === low);
        if (!isFinder) this.#square(x, y, 2, (distance) => distance !== 1);
      }
    }
    this.#versions();
    this.#formats(0);
  }

  #square(left: number, top: number, radius: number, isDark: (distance: number) => boolean): void {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        this.#set(left + dx, top + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  /** The format stands twice, beside the finders. */
  #formats(mask: number): void {
    const data = (LEVEL_M << 3) | mask;
    const bits = ((data << 10) | remainderOf(data, 10, FORMAT_POLYNOMIAL)) ^ FORMAT_MASK;
    const bit = (index: number): boolean => ((bits >> index) & 1) === 1;
    for (let index = 0; index <= 5; index++) this.#set(8, index, bit(index));
    this.#set(8, 7, bit(6));
    this.#set(8, 8, bit(7));
    this.#set(7, 8, bit(8));
    for (let index = 9; index < 15; index++) this.#set(14 - index, 8, bit(index));
    for (let index = 0; index < 8; index++) this.#set(this.#size - 1 - index, 8, bit(index));
    for (let index = 8; index < 15; index++) this.#set(8, this.#size - 15 + index, bit(index));
    this.#set(8, this.#size - 8, true);
  }

  #versions(): void {
    const version = this.#version;
    if (version < VERSIONED_FROM) return;
    const bits = (version << 12) | remainderOf(version, 12, VERSION_POLYNOMIAL);
    for (let index = 0; index < 18; index++) {
      const isDark = ((bits >> index) & 1) === 1;
      const along = this.#size - 11 + (index % 3);
      const across = Math.floor(index / 3);
      this.#set(along, across, isDark);
      this.#set(across, along, isDark);
    }
  }

  /** The places of data: pairs of columns from the right, up and down in turn. */
  *#free(): Generator<readonly [x: number, y: number]> {
    for (let right = this.#size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const isUpward = ((right + 1) & 2) === 0;
      for (let step = 0; step < this.#size; step++) {
        const y = isUpward ? this.#size - 1 - step : step;
        for (const x of [right, right - 1]) if (this.#taken[y]?.[x] === false) yield [x, y];
      }
    }
  }

  #set(x: number, y: number, isDark: boolean): void {
    if (x < 0 || y < 0 || x >= this.#size || y >= this.#size) return;
    this.#row(y)[x] = isDark;
    const taken = this.#taken[y];
    if (taken !== undefined) taken[x] = true;
  }

  #row(y: number): boolean[] {
    return this.dark[y] ?? [];
  }
}

/** Centres of the alignment patterns of versions up to 13. */
function alignmentOf(version: number): readonly number[] {
  if (version === 1) return [];
  const last = 4 * version + 10;
  return version < VERSIONED_FROM ? [6, last] : [6, Math.floor((last + 6) / 4) * 2, last];
}

function remainderOf(data: number, bits: number, polynomial: number): number {
  let rest = data;
  for (let index = 0; index < bits; index++) rest = (rest << 1) ^ ((rest >> (bits - 1)) * polynomial);
  return rest;
}

/** How badly a code reads: long runs, blocks, what looks like a finder, and much of one shade. */
function penaltyOf(dark: Modules): number {
  const size = dark.length;
  const columns = dark.map((_, x) => dark.map((row) => row[x] === true));
  let penalty = 0;
  let count = 0;
  for (const line of [...dark, ...columns]) penalty += penaltyOfLine(line);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const isDark = dark[y]?.[x] === true;
      if (isDark) count += 1;
      const isBlock =
        x + 1 < size &&
        y + 1 < size &&
        dark[y]?.[x + 1] === isDark &&
        dark[y + 1]?.[x] === isDark &&
        dark[y + 1]?.[x + 1] === isDark;
      if (isBlock) penalty += 3;
    }
  }
  const total = size * size;
  return penalty + 10 * (Math.ceil(Math.abs(20 * count - 10 * total) / total) - 1);
}

function penaltyOfLine(line: readonly boolean[]): number {
  let penalty = 0;
  for (const run of line
    .map((isDark) => (isDark ? '1' : '0'))
    .join('')
    .match(/0+|1+/g) ?? []) {
    if (run.length >= 5) penalty += run.length - 2;
  }
  // The quiet zone around the code is light.
  const text = `0000${line.map((isDark) => (isDark ? '1' : '0')).join('')}0000`;
  for (let at = 0; at + 11 <= text.length; at++) {
    const part = text.slice(at, at + 11);
    if (part === '10111010000' || part === '00001011101') penalty += 40;
  }
  return penalty;
}
