/**
 * `countersign demo`: an embedded network of four replicas on this machine, with a supervisor's key; signs a sample
 * batch, waits until it is final, exports and checks its receipt. With `--fault` it makes something go wrong instead,
 * and tells what happens (`faultDemo.ts`).
 * @module
 */
import { randomBytes } from 'node:crypto';
import { access, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError } from '../../../shared/errors.ts';
import { signPayload } from '../../client/signRequest.ts';
import { generateSeed, publicKeyOf } from '../../keys/ed25519.ts';
import { exportKeyPem } from '../../keys/pkcs8.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import { verifyReceipt } from '../../ledger/receiptCheck.ts';
import { renderReceiptFile } from '../../ledger/receiptFile.ts';
import { forkReplicas, readPassphraseFile } from '../../replica/childReplica.ts';
import {
  EmbeddedNetwork,
  createEmbeddedNetwork,
  genesisPath,
  isEmbeddedNetwork,
  type Fault,
} from '../../replica/embeddedNetwork.ts';
import { openDataDirectory, writeFileAtomic } from '../../storage/index.ts';
import { withDemoClient, type DemoSupervisor } from '../demoClient.ts';
import { noteLearner } from '../learnerNote.ts';
import { resultLines } from '../faultWords.ts';
import type { Output } from '../output.ts';
import { payloadsOf } from '../payloads.ts';
import { checkWith, withVerifier } from '../session.ts';
import { stopSignal } from '../stopSignal.ts';
import { demonstrateFault } from './faultDemo.ts';
import { Follower } from './submit.ts';

export interface DemoOptions {
  /** Data directory; a fresh temporary one unless given. */
  readonly data?: string;
  /** Holds the passphrase of the supervisor's key; one is made up unless given. */
  readonly passphraseFile?: string;
  /** Sign nothing: only run the network. */
  readonly empty: boolean;
  /** End when the sample is final, instead of running until told to stop. */
  readonly once: boolean;
  /** What to make go wrong, instead of signing a sample. */
  readonly fault?: Fault;
  /** The replica that gets it: an index, or the primary. */
  readonly replica: number | 'primary';
  readonly delay: number;
}

/** Name of the file with a made-up passphrase, in the data directory. */
const DEMO_PASSPHRASE_FILE = 'supervisor-passphrase';
const FINAL_TIMEOUT_MS = 60_000;

export async function demo(options: DemoOptions, entry: string, output: Output): Promise<void> {
  const directory = resolve(options.data ?? (await mkdtemp(join(tmpdir(), 'countersign-demo-'))));
  // A second process is kept away before it makes a network over this one's.
  const lock = await openDataDirectory(directory);
  try {
    await runDemo(directory, options, entry, output);
  } finally {
    await lock.release();
  }
}

async function runDemo(
  directory: string,
  options: DemoOptions,
  entry: string,
  output: Output,
): Promise<void> {
  const passphraseFile = options.passphraseFile ?? join(directory, DEMO_PASSPHRASE_FILE);
  if (!(await isEmbeddedNetwork(directory))) {
    output.progress(`making a network of four replicas in ${directory}`);
    await makeNetwork(directory, passphraseFile, options.passphraseFile === undefined);
  }
  const stopped = stopSignal();
  const halted = Promise.withResolvers<never>();
  // While something is still to be done, being told to stop leaves it undone.
  const interrupted = Promise.race([
    halted.promise,
    stopped.then(() => {
      throw new CountersignError('stopped', { what: 'demo' });
    }),
  ]);
  // Either may come before anybody waits for it.
  halted.promise.catch(() => undefined);
  interrupted.catch(() => undefined);
  await withVerifier(async (verifier) => {
    const network = await EmbeddedNetwork.start({
      directory,
      verifier,
      startChild: forkReplicas(entry),
      onPhase: (phase) => output.progress(`starting: ${phase}`),
      // All of them live on this machine: what halts one is for whoever runs it to mend.
      onHalted: (_index, error) => halted.reject(fromPlainError(error)),
    });
    network.node.subscribe((event) => {
      if (event.type === 'halted') halted.reject(fromPlainError(event.error));
    });
    noteLearner(network.node, output);
    const supervisor = { genesis: network.node.genesis, verifier, directory, passphraseFile };
    try {
      const { fault, replica, delay: delayMs } = options;
      if (fault !== undefined) {
        const asked = { fault, replica, delayMs };
        const result = await demonstrateFault(network, supervisor, asked, output, interrupted);
        output.result(resultLines(result).join('\n'), { directory, ...result });
        return;
      }
      const sample = options.empty ? null : await signSample(supervisor, output, interrupted);
      output.result(
        [
          `Network ${network.node.genesis.name} runs in ${directory}`,
          `  genesis     ${genesisPath(directory)}`,
          `  passphrase  ${passphraseFile}`,
          ...(sample === null ? [] : [`  receipt     ${sample.receipt}`]),
        ].join('\n'),
        { ready: true, directory, genesis: genesisPath(directory), passphraseFile, ...sample },
      );
      if (options.once) return;
      output.note('Running until Ctrl-C.');
      await Promise.race([stopped, halted.promise]);
    } finally {
      await network.stop();
    }
  });
}

async function makeNetwork(
  directory: string,
  passphraseFile: string,
  makePassphrase: boolean,
): Promise<void> {
  const PASSPHRASE_BYTES = 16;
  if (makePassphrase) await writeFileAtomic(passphraseFile, `${toHex(randomBytes(PASSPHRASE_BYTES))}\n`);
  const passphrase = await readPassphraseFile(passphraseFile);
  const seed = generateSeed();
  try {
    await createEmbeddedNetwork({
      directory,
      networkName: 'Demo network',
      supervisor: {
        name: 'Demo supervisor',
        organisation: 'Demo organisation',
        publicKey: publicKeyOf(seed),
      },
      supervisorKeyPem: await exportKeyPem(seed, passphrase),
      nowMs: Date.now(),
    });
  } finally {
    seed.fill(0);
  }
}

/** Signs the sample batch and waits until its receipt is there and holds. */
async function signSample(
  supervisor: DemoSupervisor,
  output: Output,
  interrupted: Promise<never>,
): Promise<{ requestId: string; height: number | null; receipt: string }> {
  const { genesis, verifier, directory } = supervisor;
  const [payload] = await payloadsOf(
    [await samplePath()],
    { as: 'assessments', title: 'Sample assessments', remark: '', decision: 'approved' },
    output,
  );
  if (payload === undefined) throw new Error('the sample holds one payload');
  const follower = new Follower(output);
  return await withDemoClient(
    supervisor,
    (progress) => follower.progress(progress),
    async (client, signer) => {
      const request = signPayload(payload, networkIdOf(genesis), Date.now(), signer);
      const [final] = await follower.untilCovered(client, [request], FINAL_TIMEOUT_MS);
      const text = renderReceiptFile(
        await client.receipt(
          request.id,
          async (receipt) => await verifyReceipt(receipt, genesis, checkWith(verifier)),
        ),
      );
      const receipt = join(directory, `receipt-${request.id.slice(0, 16)}.csreceipt`);
      await writeFileAtomic(receipt, text);
      return { requestId: request.id, height: final?.height ?? null, receipt };
    },
    interrupted,
  );
}

/** The sample batch beside the program: two folders up from `out/main`, three up from the source. */
async function samplePath(): Promise<string> {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = ['../..', '../../../..'].map((up) => join(here, up, 'resources/demo/assessments.csv'));
  for (const path of candidates) {
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return candidates[0] ?? '';
}
