/**
 * The whole check: types, lint, build, then every test. Stops at the first failure. The last line is always
 * `N passed, N failed`, with `, N skipped` where some were.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { checkNode } from './check-node.mjs';

const root = join(import.meta.dirname, '..');
const results = join(root, 'test-results');
const bin = join(root, 'node_modules');

/** A phase that takes longer than this hangs. */
const PHASE_TIMEOUT_MS = 45 * 60_000;

const tools = {
  tsc: join(bin, 'typescript/bin/tsc'),
  vueTsc: join(bin, 'vue-tsc/bin/vue-tsc.js'),
  eslint: join(bin, 'eslint/bin/eslint.js'),
  prettier: join(bin, 'prettier/bin/prettier.cjs'),
  electronVite: join(bin, 'electron-vite/bin/electron-vite.js'),
  vitest: join(bin, 'vitest/vitest.mjs'),
};

const total = { passed: 0, failed: 0, skipped: 0 };
const env = {
  ...process.env,
  CI: process.env.CI ?? '1',
  PATH: [join(bin, '.bin'), process.env.PATH ?? ''].join(delimiter),
  // Hundreds of processes are started from the same sources: half of each start is reading them.
  NODE_COMPILE_CACHE: join(bin, '.cache', 'node'),
};
const started_ms = performance.now();

const seconds = (since_ms) => `${((performance.now() - since_ms) / 1000).toFixed(1)} s`;

/** Runs a script of node_modules with this same Node. */
async function run(script, ...args) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: PHASE_TIMEOUT_MS,
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal !== null)
        console.log(`ended by ${signal} (the limit is ${PHASE_TIMEOUT_MS / 60_000} minutes)`);
      resolve(code === 0);
    });
  });
}

/** Runs one project of vitest.config.ts and adds its counts to the total. */
async function vitest(project) {
  const file = join(results, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ok = await run(tools.vitest, 'run', '--project', project, '--passWithNoTests', ...reporters);
  const report = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
  total.passed += report?.numPassedTests ?? 0;
  total.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A file that cannot be loaded, or a stray error, fails a run without failing a test.
  const failed = report?.numFailedTests ?? 0;
  total.failed += ok ? failed : Math.max(failed, 1);
  return ok && failed === 0;
}

const tests = (project) => async () => await vitest(project);
const tool =
  (...command) =>
  async () => {
    const ok = await run(...command);
    if (!ok) total.failed += 1;
    return ok;
  };

const phases = [
  {
    name: 'browser',
    run: async () => {
      try {
        env.COUNTERSIGN_CHROMIUM = await ensureBrowser();
        return true;
      } catch (error) {
        console.log(error instanceof Error ? error.message : error);
        total.failed += 1;
        return false;
      }
    },
  },
  { name: 'types', run: tool(tools.tsc, '-p', 'tsconfig.json') },
  { name: 'types (renderer)', run: tool(tools.vueTsc, '-p', 'tsconfig.web.json') },
  { name: 'types (renderer tests)', run: tool(tools.vueTsc, '-p', 'tsconfig.browser.json') },
  { name: 'lint', run: tool(tools.eslint, '.', '--max-warnings', '0') },
  { name: 'format', run: tool(tools.prettier, '--check', '--log-level', 'warn', '.') },
  { name: 'build', run: tool(tools.electronVite, 'build', '--logLevel', 'warn') },
  { name: 'unit', run: tests('unit') },
  { name: 'scenarios', run: tests('scenarios') },
  { name: 'cluster', run: tests('cluster') },
  { name: 'e2e', run: tests('e2e') },
  { name: 'desktop', run: tests('desktop') },
];

await checkNode();
await rm(results, { recursive: true, force: true });
await mkdir(results, { recursive: true });

for (const phase of phases) {
  const since_ms = performance.now();
  console.log(`== ${phase.name}`);
  const ok = await phase.run();
  console.log(`== ${phase.name}: ${ok ? 'ok' : 'FAILED'} in ${seconds(since_ms)}`);
  if (!ok) {
    process.exitCode = 1;
    break;
  }
}

console.log(`in ${seconds(started_ms)}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
