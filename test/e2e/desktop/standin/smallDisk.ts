/**
 * A disk of a few MiB, for tests of what happens when it is full, read-only or gone: a file system in memory that is
 * mounted in a namespace of its own, which nobody but the programs that are started in it (`StandInOptions.namespaceOf`)
 * sees, and which ends with the process that holds it.
 * @module
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FILLER = 'filler';
/** From large pieces to those of one byte: what is left in between would let a small file in. */
const PIECES_BYTES = [1024 * 1024, 4_096, 1];
/** Who is not the superuser is that of a namespace of its own. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ['--map-root-user'];

export class SmallDisk {
  /** Where it is mounted, for programs in the namespace. */
  readonly path: string;
  /** The process that holds the namespace. */
  readonly pid: number;
  readonly #holder: ChildProcess;

  private constructor(path: string, holder: ChildProcess) {
    this.path = path;
    this.pid = holder.pid ?? 0;
    this.#holder = holder;
  }

  /** Why this machine can have no such disk; `null` where it can. */
  static async whyNot(): Promise<string | null> {
    if (process.platform !== 'linux') return 'mount namespaces are Linux’s';
    try {
      const script = 'mount -t tmpfs tmpfs /tmp && exec nsenter --version';
      await run('unshare', [...AS_ROOT, '--mount', 'sh', '-c', script]);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Mounts one at `path`, a folder that is made where there is none. */
  static async mount(path: string, sizeMiB: number): Promise<SmallDisk> {
    await mkdir(path, { recursive: true });
    const script = 'mount -t tmpfs -o "size=$2" tmpfs "$1" && echo ready && exec cat';
    const holder = spawn(
      'unshare',
      [...AS_ROOT, '--mount', 'sh', '-c', script, 'sh', path, `${String(sizeMiB)}m`],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    return new SmallDisk(path, holder);
  }

  /** The same folder as this process sees it. */
  get outside(): string {
    return join(`/proc/${String(this.pid)}/root`, this.path);
  }

  /** Takes every byte that is left. */
  async fill(): Promise<void> {
    const file = await open(join(this.outside, FILLER), 'a');
    try {
      for (const sizeBytes of PIECES_BYTES) {
        const piece = Buffer.alloc(sizeBytes, 1);
        while ((await file.write(piece).then(({ bytesWritten }) => bytesWritten, noSpace)) === sizeBytes);
      }
    } finally {
      await file.close();
    }
  }

  /** Gives the space back. */
  async free(): Promise<void> {
    await rm(join(this.outside, FILLER));
  }

  /** Nothing can be written to it any more, or it can again. Fails while a file is open for writing. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    await this.#inside('mount', '-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.path);
  }

  /** Pulls it out, with its files open: an empty folder is left. */
  async pullOut(): Promise<void> {
    await this.#inside('mkdir', '-p', `${this.path}.aside`);
    await this.#inside('mount', '--bind', this.path, `${this.path}.aside`);
    await this.#inside('umount', '--lazy', this.path);
  }

  /** Puts it back, as it was. */
  async putBack(): Promise<void> {
    await this.#inside('mount', '--move', `${this.path}.aside`, this.path);
  }

  /** Ends the namespace, when no program is left in it. */
  async end(): Promise<void> {
    const ended = once(this.#holder, 'close');
    this.#holder.stdin?.end();
    await ended;
  }

  async #inside(...command: string[]): Promise<void> {
    await run('nsenter', [...enter(this.pid), ...command]);
  }
}

/** Arguments of `nsenter` for the namespace that `pid` holds. */
export function enter(pid: number): string[] {
  const ofUser = AS_ROOT.length === 0 ? [] : ['--user', '--preserve-credentials'];
  return [`--target=${String(pid)}`, '--mount', ...ofUser];
}

function noSpace(error: unknown): number {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return 0;
  throw error;
}
