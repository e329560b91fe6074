/** The embedded network's care for its replicas' processes: the own replica is real, the processes follow a script. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateSeed, publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { VerifierPool } from '../../../src/main/keys/verifierPool.ts';
import { createVerifyWorker } from '../../../src/main/keys/verifyWorker.ts';
import type { ChildOptions, ChildReplica } from '../../../src/main/replica/childReplica.ts';
import {
  EmbeddedNetwork,
  createEmbeddedNetwork,
  isEmbeddedNetwork,
} from '../../../src/main/replica/embeddedNetwork.ts';
import { networkDirectory, replicaDirectory } from '../../../src/main/replica/embeddedLayout.ts';
import { LOCK_FILE } from '../../../src/main/storage/index.ts';
import { CountersignError } from '../../../src/shared/errors.ts';
import { rejected } from '../../support/errors.ts';
import { makeDirectory } from '../../support/stores.ts';

/** A process that does what the test says. */
class ScriptedChild implements ChildReplica {
  readonly pid = 1;
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #exited = Promise.withResolvers<undefined>();
  readonly options: ChildOptions;
  ended: 'not' | 'byItself' | 'stopped' | 'killed' = 'not';

  constructor(options: ChildOptions) {
    this.options = options;
    this.#ready.promise.catch(() => undefined);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }
  get exited(): Promise<void> {
    return this.#exited.promise;
  }
  comeUp(): this {
    this.#ready.resolve(undefined);
    return this;
  }
  fail(error: CountersignError): this {
    this.#ready.reject(error);
    this.die();
    return this;
  }
  die(how: ScriptedChild['ended'] = 'byItself'): void {
    if (this.ended === 'not') this.ended = how;
    this.#exited.resolve(undefined);
  }
  async stop(): Promise<void> {
    this.die('stopped');
  }
  async kill(): Promise<void> {
    this.die('killed');
  }
}

let directory: { path: string; remove: () => Promise<void> };
let verifier: VerifierPool;
let children: ScriptedChild[];
let network: EmbeddedNetwork | null;

/** Lets the promises that are settled have their effect; the clock stands. */
async function turns(): Promise<void> {
  for (let times = 0; times < 5; times++) await new Promise((resolve) => setImmediate(resolve));
}

function childrenOf(index: number): ScriptedChild[] {
  const path = replicaDirectory(networkDirectory(directory.path), index);
  return children.filter(({ options }) => options.directory === path);
}

/** Starts the network; each child does at first what `script` says. */
async function start(script: (child: ScriptedChild, index: number) => void): Promise<EmbeddedNetwork> {
  const starting = EmbeddedNetwork.start({
    directory: directory.path,
    verifier,
    startChild: (options) => {
      const child = new ScriptedChild(options);
      children.push(child);
      script(child, children.length);
      return child;
    },
  });
  // The others never connect: it does not wait for them for ever.
  const outcome = { isDone: false };
  starting.then(
    () => (outcome.isDone = true),
    () => (outcome.isDone = true),
  );
  while (!outcome.isDone) {
    await turns();
    if (children.length === 3) vi.advanceTimersByTime(100);
  }
  return await starting;
}

beforeEach(async () => {
  directory = await makeDirectory();
  verifier = new VerifierPool({ createWorker: createVerifyWorker, workers: 1 });
  children = [];
  network = null;
  const seed = generateSeed();
  await createEmbeddedNetwork({
    directory: directory.path,
    networkName: 'Embedded',
    supervisor: { name: 'Tester', organisation: 'Tests', publicKey: publicKeyOf(seed) },
    supervisorKeyPem: 'not used here',
    nowMs: Date.now(),
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});

afterEach(async () => {
  vi.useRealTimers();
  await network?.stop();
  await verifier.close();
  await directory.remove();
});

describe('a network is made', () => {
  it('whole, and once', async () => {
    expect(await isEmbeddedNetwork(directory.path)).toBe(true);
    expect(await readdir(join(directory.path, 'network'))).toEqual(
      expect.arrayContaining(['genesis.json', 'passphrase', 'replicas', 'supervisor.pem']),
    );
    const again = createEmbeddedNetwork({
      directory: directory.path,
      networkName: 'Another',
      supervisor: { name: '', organisation: '', publicKey: publicKeyOf(generateSeed()) },
      supervisorKeyPem: '',
      nowMs: 0,
    });
    expect((await rejected(again)).code).toBe('setup.alreadyDone');
    expect(await readdir(directory.path)).toEqual(['network']);
  });
});

describe('replicas with processes of their own', () => {
  it('one that ends by itself is started again, after pauses that grow', async () => {
    network = await start((child, count) => {
      if (count <= 3) child.comeUp();
    });
    expect(network.running).toEqual([0, 1, 2, 3]);
    let started = 1;
    for (const pauseMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      childrenOf(2)
        .at(-1)!
        .fail(new CountersignError('storage.full', { path: 'x' }));
      await turns();
      expect(network.running).toEqual([0, 1, 3]);
      vi.advanceTimersByTime(pauseMs - 1);
      await turns();
      expect(childrenOf(2)).toHaveLength(started);
      vi.advanceTimersByTime(1);
      await turns();
      started++;
      expect(childrenOf(2)).toHaveLength(started);
    }
    // One that comes up and dies at once is no better.
    childrenOf(2).at(-1)!.comeUp();
    await turns();
    childrenOf(2).at(-1)!.die();
    await turns();
    vi.advanceTimersByTime(29_999);
    expect(childrenOf(2)).toHaveLength(started);
    vi.advanceTimersByTime(1);
    expect(childrenOf(2)).toHaveLength(started + 1);
    // One that ran for a while is healthy again.
    childrenOf(2).at(-1)!.comeUp();
    vi.advanceTimersByTime(30_000);
    await turns();
    childrenOf(2).at(-1)!.die();
    await turns();
    vi.advanceTimersByTime(500);
    expect(childrenOf(2)).toHaveLength(started + 2);
  });

  it('one that was killed on purpose stays down until it is started again', async () => {
    network = await start((child) => child.comeUp());
    await network.killReplica(3);
    await turns();
    vi.advanceTimersByTime(100_000);
    await turns();
    expect(network.running).toEqual([0, 1, 2]);
    await network.restartReplica(3);
    await network.restartReplica(3);
    expect(network.running).toEqual([0, 1, 2, 3]);
    expect(childrenOf(3)).toHaveLength(2);
    expect((await rejected(network.killReplica(0))).code).toBe('cli.usage');
  });

  it('all end with it, and none is started again, nor one that waits to be', async () => {
    network = await start((child) => child.comeUp());
    childrenOf(1)[0]!.die();
    await turns();
    const stopping = network.stop();
    await turns();
    vi.advanceTimersByTime(100_000);
    vi.useRealTimers();
    await stopping;
    network = null;
    expect(children.map(({ ended }) => ended)).toEqual(['byItself', 'stopped', 'stopped']);
  });
});

describe('what keeps one of them from starting', () => {
  it('is told; all others are stopped, and nothing stays locked', async () => {
    const inUse = new CountersignError('network.portInUse', { host: '127.0.0.1', port: 1 });
    const error = await rejected(
      start((child, count) => {
        if (count === 2) child.fail(inUse);
        else child.comeUp();
      }),
    );
    expect(error).toBe(inUse);
    expect(children.map(({ ended }) => ended)).toEqual(['stopped', 'byItself', 'stopped']);
    const own = await readdir(replicaDirectory(networkDirectory(directory.path), 0));
    expect(own).not.toContain(LOCK_FILE);
  });
});
