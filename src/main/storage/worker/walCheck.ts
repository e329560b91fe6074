/**
 * Tells a write-ahead log that a crash has cut off from one that has rotted.
 *
 * SQLite reads its log up to the first frame whose checksum is wrong and forgets the rest without a word, because a
 * crash leaves exactly that. But each commit is synced before the next begins. So where frames of a later commit
 * stand behind a bad frame, the bad one had been synced, and what it held was promised: that is damage.
 *
 * Damage within the very last commit looks as a crash does and cannot be told from one here.
 * Format: https://sqlite.org/fileformat2.html#walformat
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { OnProgress } from '../progress.ts';
import { corrupt } from './sqlite.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The lowest bit says whether checksums read words in big-endian order. */
const MAGIC = 0x377f0682;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;

/**
 * Throws `storage.corrupt` where the log of the file at `path` has lost a commit that had been synced. `report` is told
 * of the frames that are checked.
 */
export function checkWriteAheadLog(path: string, report?: OnProgress): void {
  const file = openIfThere(`${path}-wal`);
  if (file === undefined) return;
  try {
    const problem = problemOf(file, report);
    if (problem !== undefined) throw corrupt(`${path}-wal`, problem);
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function problemOf(file: number, report?: OnProgress): string | undefined {
  const sizeBytes = fstatSync(file).size;
  // The header is synced before the first frame: a log without frames promises nothing.
  if (sizeBytes <= HEADER_BYTES) return undefined;

  const header = read(file, 0, HEADER_BYTES);
  const magic = header.getUint32(0);
  const littleEndian = magic === MAGIC;
  let sum = checksum(header, 0, 24, littleEndian, [0, 0]);
  const pageBytes = header.getUint32(8);
  const sound =
    (littleEndian || magic === MAGIC + 1) &&
    pageBytes >= PAGE_BYTES_MIN &&
    pageBytes <= PAGE_BYTES_MAX &&
    equalSums(sum, header, 24);
  if (!sound) return 'the header of the write-ahead log is damaged';

  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frames = Math.floor((sizeBytes - HEADER_BYTES) / frameBytes);
  let bad: number | undefined;
  let committedAfterBad = false;
  for (let index = 0; index < frames; index++) {
    report?.({ step: 'log', done: index, total: frames });
    const offset = HEADER_BYTES + index * frameBytes;
    const frame = read(file, offset, bad === undefined ? frameBytes : FRAME_HEADER_BYTES);
    const salts = [frame.getUint32(8) === header.getUint32(16), frame.getUint32(12) === header.getUint32(20)];
    // Frames of an earlier log differ in both salts, and count for nothing: rot seldom strikes twice.
    const ofThisLog = salts.includes(true);
    if (bad === undefined) {
      sum = checksum(frame, 0, 8, littleEndian, sum);
      sum = checksum(frame, FRAME_HEADER_BYTES, pageBytes, littleEndian, sum);
      if (salts.includes(false) || !equalSums(sum, frame, 16)) bad = index;
    } else if (ofThisLog && committedAfterBad) {
      return `frame ${bad} of the write-ahead log is damaged`;
    }
    // A frame that ends a commit holds the size of the file after it.
    if (bad !== undefined && ofThisLog && frame.getUint32(4) !== 0) committedAfterBad = true;
  }
  return undefined;
}

function read(file: number, offset: number, lengthBytes: number): DataView {
  const bytes = new Uint8Array(lengthBytes);
  readSync(file, bytes, 0, lengthBytes, offset);
  return new DataView(bytes.buffer);
}

type Sum = readonly [number, number];

function equalSums([first, second]: Sum, view: DataView, offset: number): boolean {
  return first === view.getUint32(offset) && second === view.getUint32(offset + 4);
}

function checksum(
  view: DataView,
  offset: number,
  lengthBytes: number,
  littleEndian: boolean,
  start: Sum,
): Sum {
  let [first, second] = start;
  for (let at = offset; at < offset + lengthBytes; at += 8) {
    first = (first + view.getUint32(at, littleEndian) + second) >>> 0;
    second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0;
  }
  return [first, second];
}
