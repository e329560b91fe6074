/**
 * How late the main thread of the program is (issue of the desktop app, point 4): four replicas on this machine, one of
 * them in the program, idle and then at ten times a busy day's load, as the program's own Diagnostics measure it.
 *
 * `node test/bench/mainThread.ts [seconds]`, after `npm run build`.
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { callConsole } from '../../src/main/headless/consoleCall.ts';
import { supervisorSigner } from '../../src/main/headless/session.ts';
import { parseGenesisFile } from '../../src/main/ledger/genesisFile.ts';
import type { DiagnosticsView } from '../../src/shared/contract/diagnostics.ts';
import { LoadClient } from '../cluster/support/processes.ts';

const SECOND_MS = 1_000;
/** A busy day: a request in every second, all organisations together. */
const USUAL_PER_SECOND = 1;
const TIMES_USUAL = 10;
const PASSPHRASE = 'a passphrase for the bench';
const HEADLESS = join(import.meta.dirname, '../../out/main/headless.js');

const durationMs = Number(process.argv[2] ?? 70) * SECOND_MS;

const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
const child = spawn(process.execPath, [HEADLESS, 'serve', '--data', directory, '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await addressOf(child.stdout);
  await callConsole(url, 'setup.try', {
    supervisorName: 'Ada',
    organisation: 'A',
    networkName: 'Bench',
    passphrase: PASSPHRASE,
  });
  console.info(describe('idle', await delayAfter(url, durationMs)));
  const client = new LoadClient({
    genesis: parseGenesisFile(await readFile(join(directory, 'network/genesis.json'), 'utf8')),
    signer: await supervisorSigner(directory, PASSPHRASE),
  });
  await client.start(0);
  // Nothing follows by itself: the pace is that of the load.
  await client.finish(SECOND_MS);
  const timer = setInterval(() => client.sendOneMore(), SECOND_MS / (USUAL_PER_SECOND * TIMES_USUAL));
  console.info(describe(`${String(TIMES_USUAL)} x the usual load`, await delayAfter(url, durationMs)));
  clearInterval(timer);
  console.info(`requests final meanwhile  ${String(client.finals.size)} of ${String(client.sent.length)}`);
  await client.close();
} finally {
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  await rm(directory, { recursive: true });
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output }))
    return (JSON.parse(line) as { url: string }).url;
  throw new Error('the console did not start');
}

/** What the program says of its event loop once nothing before this call counts any more. */
async function delayAfter(url: string, afterMs: number): Promise<DiagnosticsView['loop']> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const { loop } = await callConsole(url, 'diagnostics.get', {});
  return loop;
}

function describe(what: string, { p50Ms, p99Ms, maxMs, spanMs }: DiagnosticsView['loop']): string {
  const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map((value) => value.toFixed(1));
  return `${what.padEnd(26)}late by p50 ${p50 ?? ''} ms, p99 ${p99 ?? ''} ms, at most ${max ?? ''} ms (over ${String(Math.round(spanMs / SECOND_MS))} s)`;
}
