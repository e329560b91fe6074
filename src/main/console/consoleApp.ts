/**
 * The main-process side of the console: what is set up, what runs, and one entry for all calls of the contract.
 *
 * The stages: `setup` until there is a network, `locked` until the passphrase of its replica's key is there, `starting`
 * through its phases, `running`, and `stopping`; `failed` where it will not go on by itself. Transports call `answer` and listen by `onDelta`.
 * @module
 */
import { resolve } from 'node:path';
import type { Answer } from '../../shared/contract/bridge.ts';
import type { Channel, Input, Output } from '../../shared/contract/channels.ts';
import type { Delta, Snapshot, Stage } from '../../shared/contract/model.ts';
import { CountersignError, fromPlainError, invariant, toPlainError } from '../../shared/errors.ts';
import type { OuterWrap } from '../keys/vault/outerWrap.ts';
import { VerifierPool } from '../keys/verifierPool.ts';
import { createVerifyWorker } from '../keys/verifyWorker.ts';
import type { StartChild } from '../replica/childReplica.ts';
import { vaultPath } from '../replica/embeddedLayout.ts';
import { contentsOf } from '../replica/memberLayout.ts';
import { openDataDirectory, type DataDirectory } from '../storage/index.ts';
import { Diagnostics } from './diagnostics/diagnostics.ts';
import { dispatch, type HandlerInput, type Handlers } from './dispatch.ts';
import { toConsoleError } from './errors.ts';
import type { ConsoleEvent } from './events.ts';
import { createHandlers } from './handlers.ts';
import { Uploads } from './items/uploads.ts';
import { UNLOCKED_FOR_MS, requireKeyring } from './keyring.ts';
import { KeyStore } from './keys/keyStore.ts';
import { supervisorSigner } from './keys/supervisorKey.ts';
import { LiveFeed } from './live/feed.ts';
import { networkView } from './live/networkView.ts';
import { openRunning, type Running } from './running.ts';
import { embeddedStarter } from './start/embeddedStarter.ts';
import { Settings } from './settings.ts';
import { makeTrial } from './setup/makeTrial.ts';
import { liveParts } from './snapshot.ts';
import { SetupWizard } from './setup/wizard.ts';
import { checkReplicaPassphrase, memberStarter } from './start/memberStarter.ts';
import type { Hosted, Starter } from './start/starter.ts';

export interface ConsoleAppOptions {
  readonly dataDirectory: string;
  /** Version of the program, as people read it. */
  readonly version: string;
  /** Starts the replicas of an embedded network that have a process of their own. */
  readonly startChild: StartChild;
  /** Of the replica's key, where this is one replica of a real network; the page asks for it unless given. */
  readonly replicaPassphrase?: string | null;
  /** Where one replica of a real network listens, if not at its registered address. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** How long the supervisor's key stays unlocked unless it was set, in milliseconds; `UNLOCKED_FOR_MS` unless given. */
  readonly unlockedForMs?: number;
  /** The system's keychain, once it can be asked for; `null` where there is none that protects anything. */
  readonly findKeychain?: () => Promise<OuterWrap | null>;
  /** Milliseconds since 1970 in UTC; `Date.now` unless given. */
  readonly now?: () => number;
  /** Told of what is worth a line in a log. Must not throw. */
  readonly log?: (event: ConsoleEvent) => void;
}

type StartingPhase = Extract<Stage, { name: 'starting' }>['phase'];

export class ConsoleApp {
  readonly #options: ConsoleAppOptions;
  readonly #directory: string;
  readonly #feed = new LiveFeed();
  readonly #uploads = new Uploads();
  readonly #diagnostics: Diagnostics;
  readonly #handlers: Handlers;
  #verifier: VerifierPool | null = null;
  #lock: DataDirectory | null = null;
  #keys: KeyStore | null = null;
  #settings: Settings | null = null;
  #hosted: Hosted | null = null;
  #wizard: SetupWizard | null = null;
  #running: Running | null = null;
  #stage: Stage;
  /** Why it does not go on by itself. */
  #failure: CountersignError | null = null;
  #work: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(options: ConsoleAppOptions) {
    this.#options = options;
    this.#directory = resolve(options.dataDirectory);
    this.#stage = { name: 'starting', phase: 'lock', sinceMs: this.#now() };
    this.#diagnostics = new Diagnostics({
      directory: this.#directory,
      version: options.version,
      now: () => this.#now(),
      running: () => this.#running,
      verifier: () => this.#verifier?.stats ?? null,
      stage: () => this.#stage,
    });
    this.#handlers = createHandlers({
      uploads: this.#uploads,
      verifier: {
        verify: async (signature, digest, publicKey) =>
          await this.#pool().verify(signature, digest, publicKey),
      },
      running: () => this.#requireRunning(),
      keys: () => this.#requireKeys(),
      settings: () => this.#requireSettings(),
      keyring: () => this.#running?.keyring ?? null,
      diagnostics: this.#diagnostics,
      now: () => this.#now(),
      snapshot: () => this.#snapshot(),
      unlock: async (passphrase) => await this.#exclusively(async () => await this.#unlock(passphrase)),
      join: async (input) => await this.#exclusively(async () => await this.#join(input)),
      withWizard: async (work) => await this.#withWizard(work),
      setUp: async (input) => await this.#exclusively(async () => await this.#setUp(input)),
    });
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** What runs in this data directory; `null` while nothing does. */
  get hosted(): Hosted | null {
    return this.#hosted;
  }

  /**
   * Locks the data directory and starts the network in it; without one, waits for the setup. What goes wrong becomes
   * the stage `failed`, so that a page can show it; this promise does not reject.
   */
  async start(): Promise<void> {
    await this.#exclusively(async () => {
      try {
        this.#enterPhase('lock');
        this.#lock = await openDataDirectory(this.#directory);
        await this.#openKeys();
        await this.#startWhatIsThere();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  /** The output of a channel. Rejects with a `CountersignError`: see `dispatch`. */
  async handle<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>> {
    return (await dispatch(this.#handlers, channel, input)) as Output<C>;
  }

  /** Answers a call from a page, whatever it is. Never rejects: errors are data. */
  async answer(channel: string, input: unknown): Promise<Answer> {
    try {
      return { ok: true, output: await dispatch(this.#handlers, channel, input) };
    } catch (error) {
      const plain = toConsoleError(error);
      if (plain.code === 'internal' || plain.code === 'invariant.broken') {
        this.#log({ kind: 'internal', channel: channel.slice(0, 64), error: toPlainError(error) });
      }
      return { ok: false, error: plain };
    }
  }

  /** Tells `listener` of every delta until the returned function is called. It must not throw. */
  onDelta(listener: (delta: Delta) => void): () => void {
    return this.#feed.subscribe(listener);
  }

  /** Locks the supervisor's key at once, as on suspend or screen lock. The replica goes on. */
  lockKey(): void {
    this.#running?.keyring.lock();
  }

  /** Stops everything, in order. Calling it again waits as well. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#enter({ name: 'stopping' });
    await this.#work;
    this.#uploads.close();
    await this.#release();
    this.#feed.close();
    this.#diagnostics.close();
  }

  // What is set up and runs

  async #startWhatIsThere(): Promise<void> {
    const contents = await contentsOf(this.#directory);
    if (contents === 'embedded') await this.#run(embeddedStarter);
    else if (contents === 'member') await this.#startMember();
    else await this.#offerSetup();
  }

  async #offerSetup(): Promise<void> {
    this.#wizard = await SetupWizard.open({
      directory: this.#directory,
      verifier: this.#pool(),
      now: () => this.#now(),
      supervisorSigner: async (passphrase) => await supervisorSigner(this.#requireKeys(), passphrase),
      onChange: (value) => this.#feed.publish({ topic: 'setup', value }),
    });
    this.#feed.publish({ topic: 'setup', value: this.#wizard.view() });
    this.#enter({ name: 'setup' });
  }

  async #join({ networkId, passphrase }: HandlerInput<'setup.join'>): Promise<void> {
    await this.#requireWizard().join(networkId, passphrase);
    this.#forgetSetup();
    try {
      await this.#run(memberStarter(passphrase, this.#options.listen));
      // Who has just typed the passphrase of both keys need not type it again at once.
      await this.#running?.keyring.unlock(passphrase).catch(() => undefined);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** One step at a time, so that two pages do not undo each other's. */
  async #withWizard<T>(work: (wizard: SetupWizard) => T | Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    await this.#exclusively(async () => {
      result = { value: await work(this.#requireWizard()) };
    });
    invariant(result !== undefined, 'a step that ended has a result', () => 'it has none');
    return result.value;
  }

  #forgetSetup(): void {
    this.#wizard = null;
    this.#feed.publish({ topic: 'setup', value: null });
  }

  #requireWizard(): SetupWizard {
    if (this.#stage.name === 'setup' && this.#wizard !== null) return this.#wizard;
    throw new CountersignError('setup.alreadyDone', { path: this.#directory });
  }

  async #startMember(): Promise<void> {
    const passphrase = this.#options.replicaPassphrase ?? null;
    if (passphrase === null) this.#enter({ name: 'locked' });
    else await this.#run(memberStarter(passphrase, this.#options.listen));
  }

  async #unlock(passphrase: string): Promise<void> {
    if (this.#stage.name !== 'locked')
      throw new CountersignError('setup.alreadyDone', { path: this.#directory });
    // A wrong one leaves the page that asks as it is.
    await checkReplicaPassphrase(this.#directory, passphrase);
    try {
      await this.#run(memberStarter(passphrase, this.#options.listen));
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async #setUp(input: HandlerInput<'setup.try'>): Promise<void> {
    if (this.#stage.name !== 'setup') {
      throw new CountersignError('setup.alreadyDone', { path: this.#directory });
    }
    try {
      this.#enterPhase('keys');
      await makeTrial(this.#directory, this.#requireKeys(), input, this.#now());
    } catch (error) {
      // Nothing was made: a better passphrase, or more room on the disk, can be tried.
      this.#enter({ name: 'setup' });
      throw error;
    }
    this.#forgetSetup();
    try {
      await this.#run(embeddedStarter);
      // Who has just chosen the passphrase need not type it again at once.
      await requireKeyring(this.#requireRunning().keyring).unlock(input.passphrase);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async #openKeys(): Promise<void> {
    const { findKeychain, unlockedForMs = UNLOCKED_FOR_MS } = this.#options;
    const log = (event: ConsoleEvent): void => this.#log(event);
    this.#settings = await Settings.open(this.#directory, unlockedForMs, log);
    this.#keys = await KeyStore.open({
      path: vaultPath(this.#directory),
      outer: (await findKeychain?.()) ?? null,
      now: () => this.#now(),
      log,
    });
  }

  async #run(starter: Starter): Promise<void> {
    try {
      const verifier = this.#pool();
      const hosted = await starter.start({
        directory: this.#directory,
        verifier,
        startChild: this.#options.startChild,
        onPhase: (phase) => this.#enterPhase(phase),
      });
      this.#hosted = hosted;
      const keys = this.#requireKeys();
      if (hosted.supervisorKeyPath !== null) await keys.adopt(hosted.supervisorKeyPath);
      this.#running = await openRunning({
        directory: this.#directory,
        node: hosted.node,
        network: hosted.embedded,
        verifier,
        keys,
        unlockedForMs: () => this.#requireSettings().autoLockMs,
        feed: this.#feed,
        now: () => this.#now(),
        log: (event) => this.#log(event),
        onRegistry: () => this.#publishRegistry(),
        onReplicaEvent: (event) => this.#diagnostics.log.replica(event),
        onHalted: (error) => this.#fail(fromPlainError(error)),
      });
    } catch (error) {
      await this.#closeHosted();
      throw error;
    }
    // Pages that watched the start know nothing yet of the items and blocks.
    this.#feed.resynchronise();
    const { halted } = this.#hosted.node.replica.status();
    if (halted === null) this.#enter({ name: 'running', sinceMs: this.#now() });
    else this.#fail(fromPlainError(halted));
  }

  async #closeHosted(): Promise<void> {
    const running = this.#running;
    const hosted = this.#hosted;
    this.#running = null;
    this.#hosted = null;
    await running?.close();
    await hosted?.stop();
  }

  async #release(): Promise<void> {
    try {
      await this.#closeHosted();
    } finally {
      await this.#verifier?.close();
      await this.#lock?.release();
    }
  }

  /** Starting, setting up and stopping happen one after another. */
  async #exclusively(work: () => Promise<void>): Promise<void> {
    const result = this.#work.then(async () => {
      if (this.#stopping !== null) throw new CountersignError('stopped', { what: 'Countersign' });
      await work();
    });
    this.#work = result.catch(() => undefined);
    await result;
  }

  // What the pages see

  #snapshot(): Snapshot {
    // What waits goes out first, so that nothing is told twice or left out.
    this.#feed.flush();
    return {
      sequence: this.#feed.sequence,
      nowMs: this.#now(),
      version: this.#options.version,
      dataDirectory: this.#directory,
      stage: this.#stage,
      setup: this.#wizard?.view() ?? null,
      network: this.#networkView(),
      history: [...this.#feed.history.points],
      ...liveParts(this.#running),
      registry: this.#registrySummary(),
    };
  }

  #networkView(): Snapshot['network'] {
    const hosted = this.#hosted;
    if (hosted === null || this.#running === null) return null;
    const { supervisors } = this.#running.registry.stable.members;
    return networkView(hosted.node, supervisors.values(), hosted.embedded !== null);
  }

  #registrySummary(): Snapshot['registry'] {
    return this.#running?.registryReads.summary(this.#running.keyring.view()?.publicKey ?? null) ?? null;
  }

  #publishRegistry(): void {
    this.#feed.publish({ topic: 'network', value: this.#networkView() });
    this.#feed.publish({ topic: 'registry', value: this.#registrySummary() });
  }

  #requireKeys(): KeyStore {
    if (this.#keys !== null) return this.#keys;
    throw this.#failure ?? new CountersignError('stopped', { what: 'Countersign' });
  }

  #requireSettings(): Settings {
    if (this.#settings !== null) return this.#settings;
    throw this.#failure ?? new CountersignError('stopped', { what: 'Countersign' });
  }

  #requireRunning(): Running {
    if (this.#running !== null) return this.#running;
    if (this.#stage.name === 'setup') throw new CountersignError('setup.required', {});
    // Why it does not run is what keeps this call from being answered.
    if (this.#failure !== null) throw this.#failure;
    throw new CountersignError('stopped', { what: 'the network' });
  }

  #enterPhase(phase: StartingPhase): void {
    this.#enter({ name: 'starting', phase, sinceMs: this.#now() });
  }

  #fail(error: unknown): void {
    this.#failure = fromPlainError(toPlainError(error));
    this.#enter({ name: 'failed', error: toConsoleError(error) });
  }

  #enter(stage: Stage): void {
    // Nothing comes after the end.
    if (this.#stopping !== null && stage.name !== 'stopping') return;
    this.#stage = stage;
    this.#feed.publish({ topic: 'stage', value: stage });
    this.#log({ kind: 'stage', stage });
  }

  #pool(): VerifierPool {
    this.#verifier ??= new VerifierPool({ createWorker: createVerifyWorker });
    return this.#verifier;
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #log(event: ConsoleEvent): void {
    this.#diagnostics.log.console(event);
    this.#options.log?.(event);
  }
}
