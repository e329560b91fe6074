/**
 * `npm run smoke`: the main job, as a user would do it with the command line alone. Starts the embedded network
 * without a window, signs the sample batch and two files of the repository, waits until both requests are final,
 * exports and verifies their receipts in fresh processes that know only the genesis, flips a byte and sees it refused,
 * kills a replica with SIGKILL, signs again, and waits until it is back in step.
 *
 * The last line is one JSON object. The exit code is 0 only if everything went right.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkNode } from './check-node.mjs';

const root = join(import.meta.dirname, '..');
const headless = join(root, 'out/main/headless.js');
const KILLED_REPLICA = 2;
const REPLICAS = 4;
const READY_TIMEOUT_MS = 30_000;
const IN_STEP_TIMEOUT_MS = 20_000;
const POLL_MS = 250;

const startedAt = performance.now();
const seconds = () => Number(((performance.now() - startedAt) / 1_000).toFixed(1));
const say = (text) => console.log(`${seconds().toFixed(1).padStart(5)} s  ${text}`);

/** Runs one command to its end: its exit code, and the object on its last line. */
async function countersign(...args) {
  const child = spawn(process.execPath, [headless, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text) => errors.push(text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const last = output.join('').trim().split('\n').at(-1) ?? '';
  return { code, answer: last === '' ? null : JSON.parse(last), errors: errors.join('') };
}

/** Like `countersign`, for a command that must succeed. */
async function mustRun(...args) {
  const { code, answer, errors } = await countersign(...args);
  if (code !== 0) throw new Error(`countersign ${args.join(' ')} ended with ${code}: ${errors}`);
  return answer;
}

/** Starts the network in a process of its own, and waits until it is ready. */
async function startNetwork(directory) {
  const args = [headless, 'demo', '--data', directory, '--empty', '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_TIMEOUT_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = line.startsWith('{') ? JSON.parse(line) : null;
    if (answer?.ready !== true) continue;
    clearTimeout(timer);
    child.stdout.resume();
    return { answer, exited, stop: () => child.kill('SIGTERM') };
  }
  throw new Error(`the network did not start within ${READY_TIMEOUT_MS} ms`);
}

/** Signs files and waits until they are final; the ids of the requests. */
async function signAndSubmit(places, workspace, files) {
  const signed = await mustRun('sign', ...files, ...places, '--out-dir', workspace);
  const submitted = await mustRun(
    'submit',
    ...signed.requests.map(({ file }) => file),
    '--genesis',
    places[1],
  );
  return submitted.requests.filter(({ state, covered }) => state === 'final' && covered);
}

/** Verifies a receipt where nothing but it and the genesis is. */
async function verifyElsewhere(receipt, genesis, workspace) {
  const elsewhere = await mkdtemp(join(workspace, 'elsewhere-'));
  await copyFile(genesis, join(elsewhere, 'genesis.json'));
  await copyFile(receipt, join(elsewhere, 'receipt.json'));
  return await countersign(
    'verify',
    join(elsewhere, 'receipt.json'),
    '--genesis',
    join(elsewhere, 'genesis.json'),
  );
}

/** A copy of a receipt with one bit of one byte in its middle flipped. */
async function tamper(receipt) {
  const bytes = await readFile(receipt);
  const at = Math.floor(bytes.length / 2);
  bytes[at] ^= 1;
  const path = `${receipt}.tampered`;
  await writeFile(path, bytes);
  return path;
}

/** Waits until all replicas are reachable and stand at one height. */
async function untilInStep(genesis) {
  const deadline = performance.now() + IN_STEP_TIMEOUT_MS;
  for (;;) {
    const { answer } = await countersign('status', '--genesis', genesis);
    const heights = new Set(answer?.replicas?.map(({ stableHeight }) => stableHeight));
    if (answer?.replicas?.every(({ reachable }) => reachable) && heights.size === 1) return [...heights][0];
    if (performance.now() > deadline) throw new Error(`not in step: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function smoke(workspace) {
  const directory = join(workspace, 'data');
  const out = join(workspace, 'out');
  await mkdir(out);
  const network = await startNetwork(directory);
  try {
    const { genesis, passphraseFile } = network.answer;
    say(`network of ${REPLICAS} replicas runs`);
    const key = join(directory, 'network/supervisor.pem');
    const places = ['--genesis', genesis, '--key', key, '--passphrase-file', passphraseFile];

    const sample = join(root, 'resources/demo/assessments.csv');
    const documents = [join(root, 'README.md'), join(root, 'LICENSE')];
    const finals = await signAndSubmit(places, out, [sample, ...documents]);
    say(`${finals.length} requests are final: a batch of assessments, and two files`);

    const receipts = [];
    for (const { requestId } of finals) {
      const receipt = join(out, `${requestId.slice(0, 8)}.json`);
      await mustRun('export', requestId, '-o', receipt, '--genesis', genesis);
      receipts.push(receipt);
    }
    const verdicts = await Promise.all(
      receipts.map((receipt) => verifyElsewhere(receipt, genesis, workspace)),
    );
    const receiptsVerified = verdicts.filter(
      ({ code, answer }) => code === 0 && answer?.valid === true,
    ).length;
    say(`${receiptsVerified} receipts verified in fresh processes`);

    const tampered = await Promise.all(
      receipts.map(async (receipt) => await verifyElsewhere(await tamper(receipt), genesis, workspace)),
    );
    const tamperedRefused = tampered.every(
      ({ code, answer }) => code === 3 && answer?.error?.code.startsWith('receipt.'),
    );
    say(`one flipped bit: ${tamperedRefused ? 'refused' : 'NOT refused'}`);

    const lock = JSON.parse(
      await readFile(join(directory, `network/replicas/${KILLED_REPLICA}/lock`), 'utf8'),
    );
    process.kill(lock.pid, 'SIGKILL');
    const meanwhile = await signAndSubmit(
      places,
      out,
      [join(root, 'package.json')].concat('--as', 'document'),
    );
    const height = await untilInStep(genesis);
    const after = JSON.parse(
      await readFile(join(directory, `network/replicas/${KILLED_REPLICA}/lock`), 'utf8'),
    );
    const replicaRestarted = after.pid !== lock.pid;
    say(`replica ${KILLED_REPLICA + 1} was killed, and is back in step at height ${height}`);

    network.stop();
    const stoppedCleanly = (await network.exited) === 0;
    return {
      finalRequests: finals.length + meanwhile.length,
      receiptsVerified,
      tamperedRefused,
      replicaRestarted,
      stoppedCleanly,
      seconds: seconds(),
    };
  } finally {
    network.stop();
    await network.exited;
  }
}

checkNode();
const workspace = await mkdtemp(join(tmpdir(), 'countersign-smoke-'));
try {
  const result = await smoke(workspace);
  const { finalRequests, receiptsVerified, tamperedRefused, replicaRestarted, stoppedCleanly } = result;
  const right =
    finalRequests === 3 && receiptsVerified === 2 && tamperedRefused && replicaRestarted && stoppedCleanly;
  console.log(JSON.stringify(result));
  process.exitCode = right ? 0 : 1;
} finally {
  await rm(workspace, { recursive: true, force: true });
}
