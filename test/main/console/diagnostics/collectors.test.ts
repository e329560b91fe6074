import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDirectory } from '../../../support/stores.ts';
import { directorySizes } from '../../../../src/main/console/diagnostics/directorySizes.ts';
import { LoopDelayWatch } from '../../../../src/main/console/diagnostics/loopDelay.ts';
import { FILES_LISTED_MAX, diagnosticsSchema } from '../../../../src/shared/contract/diagnostics.ts';

const storageSchema = diagnosticsSchema.shape.storage;

async function sized(path: string, bytes: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, bytes);
}

describe('what lies in a data directory', () => {
  it('is listed by size, with databases and what was written ahead of them', async () => {
    const directory = (await makeDirectory()).path;
    await mkdir(join(directory, 'replica'));
    await sized(join(directory, 'replica', 'ledger.sqlite'), 5_000);
    await sized(join(directory, 'replica', 'ledger.sqlite-wal'), 700);
    await sized(join(directory, 'vault'), 30);
    await symlink('/', join(directory, 'elsewhere'));
    const { freeBytes, ...storage } = storageSchema.parse(await directorySizes(directory));
    expect(storage).toEqual({
      directory,
      files: [
        { path: 'replica/ledger.sqlite', sizeBytes: 5_000 },
        { path: 'replica/ledger.sqlite-wal', sizeBytes: 700 },
        { path: 'vault', sizeBytes: 30 },
      ],
      more: 0,
      totalBytes: 5_730,
      databaseBytes: 5_000,
      writeAheadBytes: 700,
    });
    expect(freeBytes).toBeGreaterThan(0);
  });

  it('is the largest of many', async () => {
    const directory = (await makeDirectory()).path;
    await Promise.all(
      Array.from({ length: FILES_LISTED_MAX + 3 }, async (_, index) => {
        await sized(join(directory, `file-${String(index)}`), index);
      }),
    );
    const storage = storageSchema.parse(await directorySizes(directory));
    expect(storage.files[0]).toEqual({
      path: `file-${String(FILES_LISTED_MAX + 2)}`,
      sizeBytes: FILES_LISTED_MAX + 2,
    });
    expect(storage.more).toBe(3);
  });

  it('is nothing where there is no directory', async () => {
    const missing = join((await makeDirectory()).path, 'missing');
    expect(await directorySizes(missing)).toMatchObject({ files: [], totalBytes: 0, freeBytes: null });
  });
});

describe('the delay of the event loop', () => {
  it('shows how long it was kept busy', async () => {
    const watch = new LoopDelayWatch();
    const tick = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));
    try {
      await tick(100);
      const busyUntilMs = performance.now() + 150;
      while (performance.now() < busyUntilMs);
      await expect.poll(() => watch.delay.maxMs, { timeout: 5_000 }).toBeGreaterThan(100);
      const { p50Ms, p99Ms, maxMs, spanMs } = watch.delay;
      expect(p50Ms).toBeLessThanOrEqual(p99Ms);
      expect(p99Ms).toBeLessThanOrEqual(maxMs + 1);
      expect(spanMs).toBeGreaterThan(200);
    } finally {
      watch.close();
    }
  });
});
