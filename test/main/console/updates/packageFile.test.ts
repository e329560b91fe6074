/** A package is the one that was signed, whole and under its own name, or there is nothing. */
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPackage, writePackage } from '../../../../src/main/console/updates/packageFile.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { rejected } from '../../../support/errors.ts';
import { PACKAGE, packageAt } from '../../../support/releases.ts';

const stated = packageAt('https://releases.example/package');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-package-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

async function* pieces(bytes: Uint8Array, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  if (failure !== undefined) throw failure;
}
const unstopped = new AbortController().signal;
const nothing = (): undefined => undefined;

describe('a package that comes', () => {
  it('is written whole, can be started where it is a program, and says how far it is', async () => {
    const received: number[] = [];
    const path = await writePackage(folder, stated, pieces(PACKAGE), (bytes) => received.push(bytes));
    expect(path).toBe(join(folder, stated.name));
    expect(await readFile(path)).toEqual(PACKAGE);
    expect(((await stat(path)).mode & 0o111) !== 0).toBe(true);
    expect(received).toEqual([100_000, 200_000, 300_000]);
    expect(await readdir(folder)).toEqual([stated.name]);
  });

  it('writes over nothing', async () => {
    await writeFile(join(folder, stated.name), 'mine');
    const path = await writePackage(folder, stated, pieces(PACKAGE), nothing);
    expect(path).toBe(join(folder, 'countersign-1.3.0-linux-x86_64 (2).AppImage'));
    expect(await readFile(join(folder, stated.name), 'utf8')).toBe('mine');
  });

  it.each([
    ['is another one of the same size', Buffer.alloc(PACKAGE.length, 'x'), 'update.wrongPackage'],
    ['is cut off', PACKAGE.subarray(0, 200_000), 'update.wrongSize'],
    ['never ends', Buffer.concat([PACKAGE, PACKAGE]), 'update.wrongSize'],
  ])('and %s leaves nothing', async (_name, bytes, code) => {
    expect((await rejected(writePackage(folder, stated, pieces(bytes), nothing))).code).toBe(code);
    expect(await readdir(folder)).toEqual([]);
  });

  it('and stops on its way leaves nothing', async () => {
    const failing = writePackage(
      folder,
      stated,
      pieces(PACKAGE, new CountersignError('stopped', { what: 'the update' })),
      nothing,
    );
    expect((await rejected(failing)).code).toBe('stopped');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes the place of what an end by force has left of it, and of nothing else', async () => {
    const part = (name: string): string => join(folder, `.${name}.part`);
    const mine = [
      `.${stated.name}.0123456789abcde.part`,
      `.${stated.name}.0123456789abcdeg.part`,
      `.${stated.name}.0123456789ABCDEF.part`,
      `.${stated.name}.more.0123456789abcdef.part`,
      `.${stated.name}.0123456789abcdef.part.txt`,
      `${stated.name}.0123456789abcdef.part`,
      '.countersign-1.2.9-linux-x86_64.AppImage.0123456789abcdef.part',
    ];
    for (const name of mine) await writeFile(join(folder, name), 'mine');
    await mkdir(part(`${stated.name}.1111111111111111`));
    await symlink(mine[0]!, part(`${stated.name}.2222222222222222`));
    // Another program of the same person fetches it just now.
    await writeFile(part(`${stated.name}.3333333333333333`), 'growing');
    const before = await readdir(folder);
    for (const random of ['0123456789abcdef', 'fedcba9876543210']) {
      const left = part(`${stated.name}.${random}`);
      await writeFile(left, 'left');
      await utimes(left, 1, 1);
    }
    await writePackage(folder, stated, pieces(PACKAGE), nothing);
    expect(await readdir(folder)).toEqual([...before, stated.name].sort());
  });

  it('is told of where the folder is not there', async () => {
    const missing = writePackage(join(folder, 'none'), stated, pieces(PACKAGE), nothing);
    expect(await rejected(missing)).toMatchObject({ code: 'file.unwritable' });
  });
});

describe('a package on the disk', () => {
  it('is the one that was signed, or another', async () => {
    const path = join(folder, 'package');
    await writeFile(path, PACKAGE);
    await checkPackage(path, stated, unstopped);
    await writeFile(path, Buffer.concat([PACKAGE, PACKAGE]));
    expect((await rejected(checkPackage(path, stated, unstopped))).code).toBe('update.wrongSize');
    expect((await rejected(checkPackage(join(folder, 'none'), stated, unstopped))).code).toBe(
      'file.notFound',
    );
  });

  it('is read no further when that is stopped', async () => {
    const path = join(folder, 'package');
    await writeFile(path, PACKAGE);
    const stopped = AbortSignal.abort(new CountersignError('stopped', { what: 'the update' }));
    expect((await rejected(checkPackage(path, stated, stopped))).code).toBe('stopped');
  });
});
