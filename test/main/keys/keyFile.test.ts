import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_KEY_FILE_BYTES, readKeyFile, writeKeyFile } from '../../../src/main/keys/keyFile.ts';
import { rejectionCodeOf } from './helpers.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('key files', () => {
  it('are read as they were written, and nothing else is left in the folder', async () => {
    const path = join(folder, 'key.pem');
    await writeKeyFile(path, 'a key, \u00fc\n');
    expect(await readKeyFile(path)).toBe('a key, \u00fc\n');
    expect(await readdir(folder)).toEqual(['key.pem']);
  });

  it.runIf(process.platform !== 'win32')('belong to their owner alone', async () => {
    const path = join(folder, 'key.pem');
    await writeKeyFile(path, 'a key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('are never overwritten', async () => {
    const path = join(folder, 'key.pem');
    await writeFile(path, 'the first');
    expect(await rejectionCodeOf(writeKeyFile(path, 'the second'))).toBe('file.exists');
    expect(await readFile(path, 'utf8')).toBe('the first');
    expect(await rejectionCodeOf(writeKeyFile(folder, 'a key'))).toBe('file.exists');
    await symlink(join(folder, 'nowhere'), join(folder, 'link.pem'));
    expect(await rejectionCodeOf(writeKeyFile(join(folder, 'link.pem'), 'a key'))).toBe('file.exists');
    expect((await readdir(folder)).sort()).toEqual(['key.pem', 'link.pem']);
  });

  it('are written once by many who try at the same time', async () => {
    const path = join(folder, 'key.pem');
    const texts = Array.from({ length: 10 }, (_, index) => `key ${String(index)}`);
    const codes = await Promise.all(texts.map((text) => rejectionCodeOf(writeKeyFile(path, text))));
    expect(codes.filter((code) => code === undefined).length).toBe(1);
    expect(codes.filter((code) => code === 'file.exists').length).toBe(9);
    expect(await readKeyFile(path)).toBe(texts[codes.indexOf(undefined)]);
    expect(await readdir(folder)).toEqual(['key.pem']);
  });

  it('need a folder that exists', async () => {
    expect(await rejectionCodeOf(writeKeyFile(join(folder, 'no', 'key.pem'), 'a key'))).toBe(
      'file.unwritable',
    );
    expect(await rejectionCodeOf(readKeyFile(join(folder, 'no', 'key.pem')))).toBe('file.notFound');
  });

  it('leave nothing behind when they cannot be written', async () => {
    // The name of the temporary file is longer, and too long for the file system.
    const path = join(folder, 'k'.repeat(250));
    expect(await rejectionCodeOf(writeKeyFile(path, 'a key'))).toBe('file.unwritable');
    expect(await readdir(folder)).toEqual([]);
  });

  it('are files, of the size of a key', async () => {
    await mkdir(join(folder, 'folder.pem'));
    expect(await rejectionCodeOf(readKeyFile(join(folder, 'folder.pem')))).toBe('file.unreadable');
    await writeFile(join(folder, 'large.pem'), 'x'.repeat(MAX_KEY_FILE_BYTES + 1));
    expect(await rejectionCodeOf(readKeyFile(join(folder, 'large.pem')))).toBe('file.unreadable');
    await writeFile(join(folder, 'full.pem'), 'x'.repeat(MAX_KEY_FILE_BYTES));
    expect((await readKeyFile(join(folder, 'full.pem'))).length).toBe(MAX_KEY_FILE_BYTES);
  });

  it.runIf(process.platform !== 'win32')('that are pipes are refused, not waited for', async () => {
    const path = join(folder, 'pipe.pem');
    await promisify(execFile)('mkfifo', [path]);
    expect(await rejectionCodeOf(readKeyFile(path))).toBe('file.unreadable');
  });
});
