/**
 * The packages of a release as files: fetched, or brought by a person, and in each case the one that was signed or none.
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { CountersignError } from '../../../shared/errors.ts';
import { readError, writeError } from '../../storage/fileErrors.ts';
import { syncDirectory } from '../../storage/writeFileAtomic.ts';
import { HTTPS_SILENCE_MAX_MS } from './httpsGet.ts';
import type { ReleasePackage } from './manifest.ts';

/** Most files of the same name that are kept beside each other. */
export const NAMESAKES_MAX = 100;
const SUFFIX_BYTES = 8;
/** What stands behind the name of a package that is not whole. */
const PARTIAL_END = new RegExp(`^\\.[0-9a-f]{${String(2 * SUFFIX_BYTES)}}\\.part$`);
/** An AppImage is a program. */
const PROGRAM_MODE = 0o755;
const FILE_MODE = 0o644;

/**
 * Checks that the file at `path` is the package `stated`. Throws `update.wrongSize`, `update.wrongPackage`, the errors of
 * reading files, or the reason of the signal.
 */
export async function checkPackage(path: string, stated: ReleasePackage, signal: AbortSignal): Promise<void> {
  const check = new PackageCheck(stated);
  try {
    for await (const piece of createReadStream(path, { signal })) check.add(piece as Uint8Array);
  } catch (error) {
    signal.throwIfAborted();
    throw readError(path, error);
  }
  check.end();
}

/**
 * Writes `pieces`, which are the package `stated` or nothing, into `folder`, and gives its path. Nothing that is there is
 * written over: a namesake gets a number. While it is not whole it has another name, and what fails leaves nothing; what
 * an end by force has left of the same package is removed.
 *
 * Throws `update.wrongSize`, `update.wrongPackage`, what `pieces` throw, and the errors of writing files.
 */
export async function writePackage(
  folder: string,
  stated: ReleasePackage,
  pieces: AsyncIterable<Uint8Array>,
  onReceived: (receivedBytes: number) => void,
): Promise<string> {
  await removeLeftovers(folder, stated.name);
  const partial = join(folder, `.${stated.name}.${randomBytes(SUFFIX_BYTES).toString('hex')}.part`);
  try {
    await writeChecked(partial, stated, pieces, onReceived);
    const path = await freeName(folder, stated.name);
    await rename(partial, path);
    await syncDirectory(folder);
    return path;
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw writeError(folder, error);
  }
}

/** Never rejects: what cannot be removed keeps nobody from fetching. */
async function removeLeftovers(folder: string, fileName: string): Promise<void> {
  const start = `.${fileName}`;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const { name } = entry;
    if (!entry.isFile() || !name.startsWith(start) || !PARTIAL_END.test(name.slice(start.length))) continue;
    await removeOld(join(folder, name)).catch(() => undefined);
  }
}

/** What has grown just now is fetched by another program of the same person. */
async function removeOld(path: string): Promise<void> {
  const { mtimeMs } = await stat(path);
  if (Math.abs(Date.now() - mtimeMs) > HTTPS_SILENCE_MAX_MS) await rm(path, { force: true });
}

async function writeChecked(
  path: string,
  stated: ReleasePackage,
  pieces: AsyncIterable<Uint8Array>,
  onReceived: (receivedBytes: number) => void,
): Promise<void> {
  const check = new PackageCheck(stated);
  const file = await open(path, 'wx', stated.kind === 'AppImage' ? PROGRAM_MODE : FILE_MODE);
  try {
    for await (const piece of pieces) {
      check.add(piece);
      await file.writeFile(piece);
      onReceived(check.sizeBytes);
    }
    check.end();
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The path of a file that is not there yet. Throws `file.unwritable`. */
async function freeName(folder: string, fileName: string): Promise<string> {
  const { name, ext } = parse(fileName);
  for (let number = 1; number <= NAMESAKES_MAX; number++) {
    const path = join(folder, number === 1 ? fileName : `${name} (${String(number)})${ext}`);
    const isTaken = await access(path).then(
      () => true,
      () => false,
    );
    if (!isTaken) return path;
  }
  throw new CountersignError('file.unwritable', {
    path: join(folder, fileName),
    problem: `there are ${String(NAMESAKES_MAX)} files of that name`,
  });
}

/** Holds the bytes of a file against what was signed. */
class PackageCheck {
  sizeBytes = 0;
  readonly #hash = createHash('sha256');
  readonly #stated: ReleasePackage;

  constructor(stated: ReleasePackage) {
    this.#stated = stated;
  }

  /** Throws `update.wrongSize` as soon as there are too many. */
  add(piece: Uint8Array): void {
    this.sizeBytes += piece.length;
    if (this.sizeBytes > this.#stated.size_bytes) throw this.#wrongSize();
    this.#hash.update(piece);
  }

  /** Throws `update.wrongSize` or `update.wrongPackage`. */
  end(): void {
    const { name: fileName, size_bytes: size, sha256: expected } = this.#stated;
    if (this.sizeBytes !== size) throw this.#wrongSize();
    const actual = this.#hash.digest('hex');
    if (actual !== expected)
      throw new CountersignError('update.wrongPackage', { fileName, expected, actual });
  }

  #wrongSize(): CountersignError<'update.wrongSize'> {
    const { name: fileName, size_bytes: expectedBytes } = this.#stated;
    return new CountersignError('update.wrongSize', { fileName, expectedBytes, actualBytes: this.sizeBytes });
  }
}
