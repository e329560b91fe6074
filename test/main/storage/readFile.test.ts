import { mkdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory, readBinaryFile, readTextFile } from '../../../src/main/storage/index.ts';
import { rejected } from '../../support/errors.ts';
import { makeDirectory as makeTemporary } from '../../support/stores.ts';

let directory: { path: string; remove: () => Promise<void> };
const at = (name: string): string => join(directory.path, name);

beforeEach(async () => {
  directory = await makeTemporary();
});
afterEach(async () => {
  await directory.remove();
});

describe('reading a file up to a limit', () => {
  it('gives all its bytes, also at the very limit, and of none', async () => {
    const sizeBytes = 2 * 1024 * 1024 + 17;
    const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251);
    await writeFile(at('file'), bytes);
    expect(Buffer.compare(await readBinaryFile(at('file'), sizeBytes), bytes)).toBe(0);
    await writeFile(at('empty'), '');
    expect(await readBinaryFile(at('empty'), 0)).toHaveLength(0);
  });

  it('refuses a larger one, unread: this one would not fit into memory', async () => {
    const sizeBytes = 2 ** 40;
    await writeFile(at('file'), '');
    await truncate(at('file'), sizeBytes);
    const error = await rejected(readBinaryFile(at('file'), 100));
    expect(error).toMatchObject({ code: 'encoding.tooLarge', data: { sizeBytes, maxBytes: 100 } });
  });

  it('refuses what has no size and no end', async () => {
    const error = await rejected(readBinaryFile('/dev/zero', 3_000_000));
    expect(error).toMatchObject({ code: 'encoding.tooLarge', data: { maxBytes: 3_000_000 } });
  });

  it('reads what has no size beforehand', async () => {
    expect(await readTextFile('/proc/self/comm', 1_000)).not.toBe('');
  });

  it('says what is not there, and what is no file', async () => {
    expect(await rejected(readBinaryFile(at('nowhere'), 1))).toMatchObject({
      code: 'file.notFound',
      data: { path: at('nowhere') },
    });
    expect((await rejected(readBinaryFile(directory.path, 2 ** 20))).code).toBe('file.unreadable');
  });

  it('text is UTF-8 and nothing is replaced in it', async () => {
    await writeFile(at('text'), '\ufeff你好\n');
    expect(await readTextFile(at('text'), 100)).toBe('\ufeff你好\n');
    await writeFile(at('text'), new Uint8Array([0x61, 0xff]));
    expect((await rejected(readTextFile(at('text'), 100))).code).toBe('file.unreadable');
  });
});

describe('making a directory', () => {
  it('with those above it, once', async () => {
    expect(await makeDirectory(at('a/b/c'), 0o700)).toBe(true);
    expect(await makeDirectory(at('a/b/c'), 0o700)).toBe(false);
    expect((await stat(at('a/b'))).mode & 0o777).toBe(0o700);
  });

  it('not where a file is, nor below one', async () => {
    await writeFile(at('file'), '');
    expect((await rejected(makeDirectory(at('file')))).code).toBe('file.unwritable');
    expect((await rejected(makeDirectory(at('file/below')))).code).toBe('file.unwritable');
    await mkdir(at('there'));
    expect(await makeDirectory(at('there'))).toBe(false);
  });

  it('ends on a file system that refuses every attempt', async () => {
    expect((await rejected(makeDirectory('/proc/countersign/below'))).code).toBe('file.unwritable');
  });
});
