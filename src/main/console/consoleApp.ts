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
import type { NoticeWishes } from '../../shared/contract/settings.ts';
import { closeAll } from '../../shared/closeAll.ts';
import { CountersignError, invariant, toPlainError } from '../../shared/errors.ts';
import { VerifierPool } from '../keys/verifierPool.ts';
import { createVerifyWorker } from '../keys/verifyWorker.ts';
import { vaultPath } from '../replica/embeddedLayout.ts';
import { contentsOf } from '../replica/memberLayout.ts';
import type { DataDirectory } from '../storage/index.ts';
import { AsideDesk } from './aside/asideDesk.ts';
import { createAsideWorker } from './aside/createAsideWorker.ts';
import type { ConsoleAppOptions } from './consoleAppOptions.ts';
import { Diagnostics } from './diagnostics/diagnostics.ts';
import { answerOf, dispatch, type HandlerInput, type Handlers } from './dispatch.ts';
import type { ConsoleEvent } from './events.ts';
import { glanceOf, type Glance } from './glance.ts';
import { createHandlers } from './handlers.ts';
import { Uploads } from './items/uploads.ts';
import { UNLOCKED_FOR_MS } from './keyring.ts';
import { KeyStore } from './keys/keyStore.ts';
import { supervisorSigner } from './keys/supervisorKey.ts';
import { LiveFeed } from './live/feed.ts';
import { openRunning, type Running } from './running.ts';
import { embeddedStarter } from './start/embeddedStarter.ts';
import { Settings } from './settings.ts';
import { makeTrial } from './setup/makeTrial.ts';
import { hostedNetwork, liveParts, registrySummary } from './snapshot.ts';
import { SetupDesk } from './setup/setupDesk.ts';
import type { SetupWizard } from './setup/wizard.ts';
import { checkReplicaPassphrase, memberStarter } from './start/memberStarter.ts';
import { Revival } from './start/revival.ts';
import { Stages } from './start/stages.ts';
import type { Hosted, Starter } from './start/starter.ts';
import { LOCK_PATIENCE_MS, waitForDirectory } from './start/waitForDirectory.ts';
import { watchDirectory } from './start/watchDirectory.ts';

export class ConsoleApp {
  readonly #options: ConsoleAppOptions;
  readonly #directory: string;
  readonly #feed = new LiveFeed();
  readonly #uploads = new Uploads();
  readonly #aside = new AsideDesk(createAsideWorker);
  readonly #diagnostics: Diagnostics;
  readonly #stages: Stages;
  readonly #setup: SetupDesk;
  readonly #revival: Revival;
  readonly #ending = new AbortController();
  readonly #handlers: Handlers;
  #verifier: VerifierPool | null = null;
  #lock: DataDirectory | null = null;
  #keys: KeyStore | null = null;
  #settings: Settings | null = null;
  #hosted: Hosted | null = null;
  #running: Running | null = null;
  #starter: Starter | null = null;
  /** How often the key was to be locked, also while there was none yet. */
  #lockings = 0;
  #work: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(options: ConsoleAppOptions) {
    this.#options = options;
    this.#directory = resolve(options.dataDirectory);
    this.#setup = new SetupDesk(this.#directory, this.#feed);
    this.#stages = new Stages({
      feed: this.#feed,
      now: () => this.#now(),
      log: (event) => this.#log(event),
    });
    this.#revival = new Revival({
      stages: this.#stages,
      log: (event) => this.#log(event),
      again: async () => await this.#exclusively(async () => await this.#runAgain()),
    });
    this.#diagnostics = new Diagnostics({
      directory: this.#directory,
      version: options.version,
      now: () => this.#now(),
      running: () => this.#running,
      verifier: () => this.#verifier?.stats ?? null,
      stage: () => this.stage,
    });
    this.#handlers = createHandlers({
      uploads: this.#uploads,
      aside: this.#aside,
      verifier: {
        verify: async (signature, digest, publicKey) =>
          await this.#pool().verify(signature, digest, publicKey),
      },
      running: () => this.#requireRunning(),
      keys: () => this.#requireKeys(),
      settings: () => this.#requireSettings(),
      keyring: () => this.#running?.keyring ?? null,
      confirmer: options.confirmer ?? null,
      diagnostics: this.#diagnostics,
      desktop: options.desktop ?? null,
      now: () => this.#now(),
      snapshot: () => this.#snapshot(),
      unlock: async (passphrase) => await this.#exclusively(async () => await this.#unlock(passphrase)),
      join: async (input) => await this.#andUnlock(input.passphrase, async () => await this.#join(input)),
      withWizard: async (work) => await this.#withWizard(work),
      setUp: async (input) => await this.#andUnlock(input.passphrase, async () => await this.#setUp(input)),
    });
  }

  get stage(): Stage {
    return this.#stages.stage;
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
        this.#stages.enterPhase('lock');
        this.#lock = await this.#lockDirectory();
        watchDirectory(this.#lock, this.#ending.signal, (error) => void this.#lose(error));
        this.#stages.enterPhase('keys');
        await this.#openKeys();
        await this.#startWhatIsThere();
      } catch (error) {
        if (this.#starter === null) this.#stages.fail(error);
        else this.#revival.halted(toPlainError(error));
      }
    });
  }

  /** The output of a channel. Rejects with a `CountersignError`: see `dispatch`. */
  async handle<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>> {
    return (await dispatch(this.#handlers, channel, input)) as Output<C>;
  }

  /** Answers a call from a page, whatever it is. Never rejects: errors are data. */
  async answer(channel: string, input: unknown): Promise<Answer> {
    return await answerOf(this.#handlers, channel, input, (event) => this.#log(event));
  }

  /** Tells `listener` of every delta until the returned function is called. It must not throw. */
  onDelta(listener: (delta: Delta) => void): () => void {
    return this.#feed.subscribe(listener);
  }

  /** What is shown of it where no page is. */
  glance(): Glance {
    return glanceOf(this.#stages.stage.name, this.#running);
  }

  /** What a person wants to be notified about; `null` until it is known. */
  get noticeWishes(): NoticeWishes | null {
    return this.#settings?.notices ?? null;
  }

  /** Locks the supervisor's key at once, as on suspend or screen lock. The replica goes on. */
  lockKey(): void {
    this.#lockings += 1;
    this.#running?.keyring.lock();
  }

  /** The machine has slept, or a person is back: connects again at once with whoever is not connected. */
  wake(): void {
    this.#log({ kind: 'woke' });
    this.#hosted?.wake();
    this.#running?.client.wake();
  }

  /** Stops everything, in order. Calling it again waits as well. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#stages.enter({ name: 'stopping' });
    this.#ending.abort();
    this.#revival.close();
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
    await this.#setup.open({
      verifier: this.#pool(),
      now: () => this.#now(),
      supervisorSigner: async (passphrase) => await supervisorSigner(this.#requireKeys(), passphrase),
    });
    this.#stages.enter({ name: 'setup' });
  }

  async #join({ networkId, passphrase }: HandlerInput<'setup.join'>): Promise<void> {
    await this.#requireWizard().join(networkId, passphrase);
    this.#setup.forget();
    await this.#runOrFail(memberStarter(passphrase, this.#options.listen));
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

  #requireWizard(): SetupWizard {
    this.#stages.require('setup', this.#directory);
    return this.#setup.wizard;
  }

  async #startMember(): Promise<void> {
    const passphrase = this.#options.replicaPassphrase ?? null;
    if (passphrase === null) this.#stages.enter({ name: 'locked' });
    else await this.#run(memberStarter(passphrase, this.#options.listen));
  }

  async #unlock(passphrase: string): Promise<void> {
    this.#stages.require('locked', this.#directory);
    // A wrong one leaves the page that asks as it is.
    await checkReplicaPassphrase(this.#directory, passphrase);
    await this.#runOrFail(memberStarter(passphrase, this.#options.listen));
  }

  async #setUp(input: HandlerInput<'setup.try'>): Promise<void> {
    this.#stages.require('setup', this.#directory);
    try {
      this.#stages.enterPhase('make');
      await makeTrial(this.#directory, this.#requireKeys(), input, this.#now());
    } catch (error) {
      // Nothing was made: a better passphrase, or more room on the disk, can be tried.
      this.#stages.enter({ name: 'setup' });
      throw error;
    }
    this.#setup.forget();
    await this.#runOrFail(embeddedStarter);
  }

  /** Who has just typed a key's passphrase need not type it again at once, unless the key was to be locked meanwhile. */
  async #andUnlock(passphrase: string, makeKey: () => Promise<void>): Promise<void> {
    const lockings = this.#lockings;
    await this.#exclusively(async () => {
      await makeKey();
      if (lockings === this.#lockings) await this.#running?.keyring.unlock(passphrase).catch(() => undefined);
    });
  }

  async #lockDirectory(): Promise<DataDirectory> {
    const { lockPatienceMs: patienceMs = LOCK_PATIENCE_MS } = this.#options;
    const untilMs = this.#now() + patienceMs;
    return await waitForDirectory(this.#directory, {
      patienceMs,
      onHeld: (pid) => this.#stages.held(pid, untilMs),
      signal: this.#ending.signal,
    });
  }

  async #openKeys(): Promise<void> {
    const { findKeychain, unlockedForMs = UNLOCKED_FOR_MS } = this.#options;
    const log = (event: ConsoleEvent): void => this.#log(event);
    this.#settings = await Settings.open({
      directory: this.#directory,
      autoLockMs: unlockedForMs,
      nowMs: this.#now(),
      log,
    });
    this.#keys = await KeyStore.open({
      path: vaultPath(this.#directory),
      outer: (await findKeychain?.()) ?? null,
      now: () => this.#now(),
      log,
    });
  }

  async #runOrFail(starter: Starter): Promise<void> {
    try {
      await this.#run(starter);
    } catch (error) {
      this.#stages.fail(error);
      throw error;
    }
  }

  async #run(starter: Starter): Promise<void> {
    this.#starter = starter;
    try {
      const verifier = this.#pool();
      const hosted = await starter.start({
        directory: this.#directory,
        verifier,
        startChild: this.#options.startChild,
        onPhase: (phase) => this.#stages.enterPhase(phase),
        onProgress: (progress) => this.#stages.progress(progress),
        onConnected: (done, total) => this.#stages.progress({ step: 'connected', done, total }),
      });
      this.#stages.enterPhase('inbox');
      this.#hosted = hosted;
      const keys = this.#requireKeys();
      if (hosted.supervisorKeyPath !== null) await keys.adopt(hosted.supervisorKeyPath);
      this.#running = await openRunning({
        directory: this.#directory,
        node: hosted.node,
        network: hosted.embedded,
        verifier,
        keys,
        aside: this.#aside,
        unlockedForMs: () => this.#requireSettings().autoLockMs,
        feed: this.#feed,
        now: () => this.#now(),
        log: (event) => this.#log(event),
        onRegistry: () => this.#publishRegistry(),
        onReplicaEvent: (event) => this.#diagnostics.log.replica(event),
        onHalted: (error) => this.#revival.halted(error),
      });
    } catch (error) {
      await this.#closeHosted();
      throw error;
    }
    // Pages that watched the start know nothing yet of the items and blocks.
    this.#feed.resynchronise();
    const { halted } = this.#hosted.node.replica.status();
    if (halted === null) this.#stages.enter({ name: 'running', sinceMs: this.#now() });
    else this.#revival.halted(halted);
  }

  async #runAgain(): Promise<void> {
    // What has died may refuse to be closed; it is gone all the same.
    await this.#closeHosted().catch(() => undefined);
    if (this.#starter !== null) await this.#run(this.#starter);
  }

  /** The data directory is gone: nothing of it may be used any more. It may refuse to be closed. */
  async #lose(error: CountersignError): Promise<void> {
    this.#revival.close();
    await this.#exclusively(async () => {
      this.#stages.fail(error);
      await this.#closeHosted();
    }).catch(() => undefined);
  }

  async #closeHosted(): Promise<void> {
    const running = this.#running;
    const hosted = this.#hosted;
    this.#running = null;
    this.#hosted = null;
    // What a confirmation shows is read from what ends here.
    this.#options.confirmer?.end(new CountersignError('stopped', { what: 'the network' }));
    await closeAll([async () => await hosted?.stop(), async () => await running?.close()]);
  }

  async #release(): Promise<void> {
    try {
      await this.#closeHosted();
    } finally {
      await this.#aside.close();
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
    return {
      // First, so that nothing is told twice or left out.
      sequence: this.#feed.numberForSnapshot(),
      nowMs: this.#now(),
      version: this.#options.version,
      dataDirectory: this.#directory,
      confirmation: this.#options.confirmer === undefined ? 'page' : 'window',
      stage: this.stage,
      setup: this.#setup.view,
      network: hostedNetwork(this.#hosted, this.#running),
      history: [...this.#feed.history.points],
      ...liveParts(this.#running),
      registry: registrySummary(this.#running),
    };
  }

  #publishRegistry(): void {
    this.#feed.publish({ topic: 'network', value: hostedNetwork(this.#hosted, this.#running) });
    this.#feed.publish({ topic: 'registry', value: registrySummary(this.#running) });
  }

  #requireKeys(): KeyStore {
    return this.#keys ?? this.#stages.refuse('Countersign');
  }

  #requireSettings(): Settings {
    return this.#settings ?? this.#stages.refuse('Countersign');
  }

  #requireRunning(): Running {
    if (this.#running !== null) return this.#running;
    if (this.stage.name === 'setup') throw new CountersignError('setup.required', {});
    return this.#stages.refuse('the network');
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
