/**
 * What the tests of the vault share: a cost that a test can pay a thousand times, keys, and a disk that loses power.
 * @module
 */
import { hash } from 'node:crypto';
import { dirname } from 'node:path';
import { publicKeyOf } from '../../../../src/main/keys/ed25519.ts';
import type { CostPolicy } from '../../../../src/main/keys/vault/cost.ts';
import type { Disk } from '../../../../src/main/keys/vault/disk.ts';
import type { OuterWrap } from '../../../../src/main/keys/vault/outerWrap.ts';
import type { OpenKey } from '../../../../src/main/keys/vault/seal.ts';

/** The least that scrypt can do. Only tests have such a floor. */
export const CHEAP: CostPolicy = { write: { N: 4, r: 1, p: 1 }, floor: { N: 4, r: 1, p: 1 } };
export const PASSPHRASE = 'correct horse battery staple';

export function key(number: number, label = `Key ${String(number)}`): OpenKey {
  const seed = new Uint8Array(32).fill(number);
  return { publicKey: publicKeyOf(seed), label, purpose: 'supervisor', createdAtMs: 1_000 + number, seed };
}

/** `file` with its checksum computed anew: what somebody leaves who alters a vault on purpose. */
export function withChecksum(file: Uint8Array): Uint8Array {
  const body = file.subarray(0, -32);
  return new Uint8Array(Buffer.concat([body, hash('sha256', body, 'buffer')]));
}

/** `file` with one bit flipped. */
export function flipped(file: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(file);
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
  return copy;
}

/** A keychain that adds a byte, and knows what it wrapped. */
export function keychain(name: string): OuterWrap & { lost: boolean } {
  const mark = name.length;
  return {
    keychain: name,
    lost: false,
    wrap: async (bytes) => await Promise.resolve(Uint8Array.of(mark, ...bytes)),
    async unwrap(bytes) {
      await Promise.resolve();
      if (this.lost || bytes[0] !== mark) throw new Error('the keychain does not know this');
      return bytes.subarray(1);
    },
  };
}

/** Power fails: everything after it would happen on a machine that is off. */
export class PowerLoss extends Error {}

interface SimFile {
  bytes: Uint8Array;
  /** What survives a loss of power. */
  durable: Uint8Array | null;
}

export type CrashMode = 'before' | 'after' | 'torn';

/**
 * A disk in memory. Content that was not synchronised survives in part or not at all, and a name that was not may be
 * the old one or the new one: `restart` says which, so that a test can try both.
 */
export class SimDisk implements Disk {
  files = new Map<string, SimFile>();
  /** Names as they would be after a loss of power. */
  durableNames = new Map<string, SimFile>();
  steps = 0;
  crashAt: number | null = null;
  mode: CrashMode = 'before';

  async read(path: string): Promise<Uint8Array | null> {
    await Promise.resolve();
    return this.files.get(path)?.bytes ?? null;
  }
  async writeNew(path: string, bytes: Uint8Array): Promise<void> {
    await this.#step(
      () => {
        if (this.files.has(path)) throw new Error('EEXIST');
        this.files.set(path, { bytes: Uint8Array.from(bytes), durable: null });
      },
      () =>
        this.files.set(path, {
          bytes: bytes.slice(0, bytes.length / 2),
          durable: bytes.slice(0, bytes.length / 2),
        }),
    );
  }
  async sync(path: string): Promise<void> {
    const file = this.files.get(path);
    if (file === undefined) throw new Error('ENOENT');
    await this.#step(
      () => (file.durable = file.bytes),
      () => (file.durable = file.bytes.slice(0, file.bytes.length / 3)),
    );
  }
  async rename(from: string, to: string): Promise<void> {
    await this.#step(() => {
      const file = this.files.get(from);
      if (file === undefined) throw new Error('ENOENT');
      this.files.delete(from);
      this.files.set(to, file);
    });
  }
  async remove(path: string): Promise<void> {
    await this.#step(() => this.files.delete(path));
  }
  async syncDirectory(path: string): Promise<void> {
    await this.#step(() => {
      for (const name of [...this.durableNames.keys()])
        if (dirname(name) === path) this.durableNames.delete(name);
      for (const [name, file] of this.files) if (dirname(name) === path) this.durableNames.set(name, file);
    });
  }

  /** The disk after power came back: with the names that were made durable, or with those last seen. */
  restart(names: 'durable' | 'seen'): SimDisk {
    const disk = new SimDisk();
    const seen = names === 'durable' ? this.durableNames : this.files;
    for (const [name, file] of seen) {
      const bytes = file.durable ?? new Uint8Array();
      const kept = { bytes, durable: bytes };
      disk.files.set(name, kept);
      disk.durableNames.set(name, kept);
    }
    return disk;
  }

  async #step(act: () => unknown, torn: () => unknown = act): Promise<void> {
    await Promise.resolve();
    const crashes = this.steps === this.crashAt;
    if (this.crashAt !== null && this.steps > this.crashAt) throw new PowerLoss();
    this.steps += 1;
    if (!crashes) {
      act();
      return;
    }
    if (this.mode === 'after') act();
    if (this.mode === 'torn') torn();
    throw new PowerLoss();
  }
}
