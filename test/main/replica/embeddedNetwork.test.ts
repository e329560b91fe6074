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
  FAULTS,
  OWN_REPLICA,
  createEmbeddedNetwork,
  isEmbeddedNetwork,
} from '../../../src/main/replica/embeddedNetwork.ts';
import type { OutgoingFault } from '../../../src/main/replica/faults/fault.ts';
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
  /** What it was told to do wrong, in order; `null`: to behave again. */
  readonly told: (string | null)[] = [];
  isPaused = false;
  wakes = 0;
  ended: 'not' | 'byItself' | 'stopped' | 'killed' = 'not';

  constructor(options: ChildOptions) {
    this.options = options;
    this.#ready.promise.catch(() => undefined);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }
  get exited(): Promise<undefined> {
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
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  wake(): void {
    this.wakes += 1;
  }
  async setFault(fault: OutgoingFault | null): Promise<void> {
    this.told.push(fault === null ? null : 'delayMs' in fault ? `slow ${String(fault.delayMs)}` : fault.kind);
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
    expect(network.running).toEqual([0, 1, 2, OWN_REPLICA]);
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
    await network.killReplica(0);
    await turns();
    vi.advanceTimersByTime(100_000);
    await turns();
    expect(network.running).toEqual([1, 2, OWN_REPLICA]);
    expect(network.faults).toEqual(new Map([[0, { fault: 'stop', delayMs: null }]]));
    await network.restartReplica(0);
    await network.restartReplica(0);
    expect(network.running).toEqual([0, 1, 2, OWN_REPLICA]);
    expect(network.faults).toEqual(new Map());
    expect(childrenOf(0)).toHaveLength(2);
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
    expect(children.map(({ ended }) => ended)).toEqual(['stopped', 'byItself', 'stopped']);
  });
});

describe('a fault', () => {
  it('is given, replaced and healed, and the network knows who has which', async () => {
    network = await start((child) => child.comeUp());
    const [child] = childrenOf(1);
    await network.injectFault(1, 'silence');
    await network.injectFault(1, 'slow', 700);
    expect(network.faults).toEqual(new Map([[1, { fault: 'slow', delayMs: 700 }]]));
    await network.injectFault(1, 'pause');
    expect([child!.isPaused, network.faults.get(1)?.fault]).toEqual([true, 'pause']);
    await network.injectFault(1, 'equivocate');
    expect([child!.isPaused, network.faults.get(1)?.fault]).toEqual([false, 'equivocate']);
    await network.healFault(1);
    await network.healFault(1);
    expect(child!.told).toEqual(['silence', null, 'slow 700', null, 'equivocate', null]);
    expect(network.faults).toEqual(new Map());
    await network.injectFault(1, 'stop');
    expect([child!.ended, network.running]).toEqual(['killed', [0, 2, OWN_REPLICA]]);
    await network.healFault(1);
    expect(network.running).toEqual([0, 1, 2, OWN_REPLICA]);
  });

  it('ends with the process that has it; one that is started again behaves', async () => {
    network = await start((child) => child.comeUp());
    await network.injectFault(2, 'silence');
    childrenOf(2)[0]!.die();
    await turns();
    expect(network.faults).toEqual(new Map());
    expect((await rejected(network.injectFault(2, 'silence'))).code).toBe('fault.unavailable');
    // It can be kept from coming back.
    await network.injectFault(2, 'stop');
    vi.advanceTimersByTime(100_000);
    await turns();
    expect(childrenOf(2)).toHaveLength(1);
  });

  it('is none that the own replica can have, nor one that is not there, nor beyond its limits', async () => {
    network = await start((child) => child.comeUp());
    expect(network.possibleFaults(OWN_REPLICA)).toEqual([]);
    expect(network.possibleFaults(4)).toEqual([]);
    expect(network.possibleFaults(0)).toEqual(FAULTS);
    for (const index of [OWN_REPLICA, 4, -1]) {
      const error = await rejected(network.injectFault(index, 'silence'));
      expect(error).toMatchObject({ code: 'fault.unavailable', data: { replica: index, fault: 'silence' } });
    }
    for (const delayMs of [0, 60_001, 0.5, Number.NaN]) {
      expect((await rejected(network.injectFault(0, 'slow', delayMs))).code).toBe('fault.unavailable');
    }
    expect(childrenOf(0)[0]!.told).toEqual([]);
  });

  it('is no matter when the machine wakes: all that run are told', async () => {
    network = await start((child) => child.comeUp());
    await network.injectFault(0, 'pause');
    await network.killReplica(1);
    network.wake();
    expect([0, 1, 2].map((index) => childrenOf(index)[0]!.wakes)).toEqual([1, 0, 1]);
  });

  it('does not keep the network from stopping', async () => {
    network = await start((child) => child.comeUp());
    await network.injectFault(0, 'pause');
    await network.stop();
    expect([childrenOf(0)[0]!.isPaused, childrenOf(0)[0]!.ended]).toEqual([false, 'stopped']);
    expect((await rejected(network.injectFault(1, 'silence'))).code).toBe('stopped');
    network = null;
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
    const own = await readdir(replicaDirectory(networkDirectory(directory.path), OWN_REPLICA));
    expect(own).not.toContain(LOCK_FILE);
  });
});
