/** A data directory that another process has. */
import { describe, expect, it } from 'vitest';
import { waitForDirectory } from '../../../../src/main/console/start/waitForDirectory.ts';
import { openDataDirectory } from '../../../../src/main/storage/index.ts';
import { makeDirectory } from '../../../support/stores.ts';

const PATIENCE_MS = 20_000;

describe('waiting for the data directory', () => {
  it('says who has it, and takes it as soon as it is let go', async () => {
    const { path, remove } = await makeDirectory();
    const other = await openDataDirectory(path);
    const held: number[] = [];
    const lock = await waitForDirectory(path, {
      patienceMs: PATIENCE_MS,
      onHeld: (pid) => {
        held.push(pid);
        void other.release();
      },
      signal: new AbortController().signal,
    });
    expect(held).toEqual([process.pid]);
    await lock.release();
    await remove();
  });

  it('gives up when patience ends', async () => {
    const { path, remove } = await makeDirectory();
    const other = await openDataDirectory(path);
    const options = { patienceMs: 0, onHeld: () => undefined, signal: new AbortController().signal };
    await expect(waitForDirectory(path, options)).rejects.toMatchObject({
      code: 'storage.locked',
      data: { pid: process.pid },
    });
    await other.release();
    await remove();
  });

  it('ends with the program', async () => {
    const { path, remove } = await makeDirectory();
    const other = await openDataDirectory(path);
    const ending = new AbortController();
    const options = { patienceMs: PATIENCE_MS, onHeld: () => ending.abort(), signal: ending.signal };
    await expect(waitForDirectory(path, options)).rejects.toMatchObject({ code: 'storage.locked' });
    await other.release();
    await remove();
  });
});
