/**
 * Five projects: `unit` (examples and properties, no processes), `scenarios` (simulator and golden transcripts),
 * `cluster` (real processes), `e2e` (the console in a browser), `desktop` (the program in a window, and the packages).
 * The last three run one file at a time.
 *
 * @module
 */
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

const minute_ms = 60_000;
/** What a test waits for by itself comes within this time on the busiest machine. */
const patience = { poll: { timeout: minute_ms / 2 } };

export default defineConfig({
  test: {
    maxWorkers: 2,
    passWithNoTests: true,
    projects: [
      {
        plugins: [vue()],
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/{shared,main,preload,renderer,house,vectors,independent}/**/*.test.ts'],
          // Key derivation is slow on purpose, and a test may need dozens of them on a busy machine.
          testTimeout: 2 * minute_ms,
          hookTimeout: minute_ms,
        },
      },
      {
        test: {
          name: 'scenarios',
          environment: 'node',
          include: ['test/{scenarios,sim}/**/*.test.ts'],
          testTimeout: 2 * minute_ms,
          hookTimeout: minute_ms,
        },
      },
      {
        test: {
          name: 'cluster',
          environment: 'node',
          expect: patience,
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 5 * minute_ms,
          hookTimeout: 2 * minute_ms,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          expect: patience,
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/desktop/**'],
          testTimeout: 3 * minute_ms,
          hookTimeout: 2 * minute_ms,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'desktop',
          environment: 'node',
          expect: patience,
          include: ['test/e2e/desktop/**/*.test.ts', 'test/packages/**/*.test.ts'],
          testTimeout: 3 * minute_ms,
          hookTimeout: 3 * minute_ms,
          fileParallelism: false,
        },
      },
    ],
  },
});
