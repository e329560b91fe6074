/**
 * Looks for a newer release when a person wants it, and fetches or checks one of its packages. What it finds is shown and
 * nothing more: it never installs, and never restarts the program (SECURITY.md, 16).
 * @module
 */
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Release, UpdateState, UpdateView } from '../../../shared/contract/updates.ts';
import { CountersignError, hasCode } from '../../../shared/errors.ts';
import { readBinaryFile, SettingsFile } from '../../storage/index.ts';
import { toConsoleError } from '../errors.ts';
import { checkManifest, type OfferedUpdate } from './checkManifest.ts';
import { httpsGet, httpsGetWhole } from './httpsGet.ts';
import { MANIFEST_BYTES_MAX, VERSION, type ReleasePackage } from './manifest.ts';
import { checkPackage, writePackage } from './packageFile.ts';
import { readSource, type UpdateSource } from './updateSource.ts';

/** Name of the file in a data directory that keeps what earlier looks have shown. */
export const UPDATES_FILE = 'updates.json';
/** Name of the signed description of a release, beside its packages. */
export const DESCRIPTION_FILE = 'countersign-update.json';
/** How often the program looks by itself, where it may, in milliseconds. */
export const LOOK_INTERVAL_MS = 86_400_000;
/** How often it asks itself whether it is time, in milliseconds. A look that failed is tried again then. */
export const LOOK_CHECK_INTERVAL_MS = 3_600_000;
/** How long a look may take, in milliseconds: the description is small. */
export const LOOK_TIMEOUT_MS = 60_000;
/** How long closing waits for what goes on, in milliseconds: a disk may never answer. */
export const CLOSE_TIMEOUT_MS = 5_000;

const memorySchema = z.strictObject({
  version: z.literal(1),
  looksByItself: z.boolean(),
  /** The newest version that was ever found good: an older one is a replay. */
  newestSeen: z.string().regex(VERSION).nullable(),
  lastLookedAtMs: z.int().nonnegative().nullable(),
});
type Memory = z.output<typeof memorySchema>;

export interface UpdaterOptions {
  readonly dataDirectory: string;
  /** The build's own file: see `readSource`. */
  readonly sourcePath: string;
  /** Where packages are put. */
  readonly packageFolder: () => string;
  /** The version that runs. */
  readonly running: string;
  /** As Node.js names them: `linux`, `x64`. */
  readonly system: string;
  readonly processor: string;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

export class Updater {
  readonly #options: UpdaterOptions;
  readonly #source: UpdateSource | null;
  readonly #sourceProblem: unknown;
  readonly #memory: SettingsFile<Memory>;
  #timer: NodeJS.Timeout | undefined;
  #state: UpdateState = { name: 'idle' };
  #offered: OfferedUpdate | null = null;
  /** Stops what is going on. */
  #going: AbortController | null = null;
  #isClosed = false;
  /** Resolves when nothing goes on any more. */
  #ended: Promise<void> = Promise.resolve();

  private constructor(
    options: UpdaterOptions,
    source: UpdateSource | null,
    sourceProblem: unknown,
    memory: SettingsFile<Memory>,
  ) {
    this.#options = options;
    this.#source = source;
    this.#sourceProblem = sourceProblem;
    this.#memory = memory;
  }

  /** Reads what the build says and what was kept. Never rejects: see `problem` of the view. */
  static async open(options: UpdaterOptions): Promise<Updater> {
    const { dataDirectory, sourcePath, now } = options;
    let source: UpdateSource | null = null;
    let problem: unknown = null;
    try {
      source = await readSource(sourcePath);
    } catch (error) {
      problem = error;
    }
    const memory = await SettingsFile.open<Memory>({
      path: join(dataDirectory, UPDATES_FILE),
      schema: memorySchema,
      defaults: { version: 1, looksByItself: false, newestSeen: null, lastLookedAtMs: null },
      nowMs: now(),
    });
    return new Updater(options, source, problem, memory);
  }

  /** From now on it looks by itself where it may. */
  start(): void {
    if (this.#isClosed) return;
    this.#timer = setInterval(() => this.lookIfDue(), LOOK_CHECK_INTERVAL_MS);
    this.lookIfDue();
  }

  view(): UpdateView {
    const { looksByItself, lastLookedAtMs } = this.#memory.values;
    const problem = this.#sourceProblem ?? this.#memory.problem;
    return {
      running: this.#options.running,
      source:
        this.#source === null
          ? null
          : { url: this.#source.url, keys: [...this.#source.keys], threshold: this.#source.threshold },
      looksByItself,
      lastLookedAtMs,
      state: this.#state,
      problem: problem === null ? null : toConsoleError(problem),
    };
  }

  /** The source of this build. Throws `update.noSource`. */
  requireSource(): UpdateSource {
    if (this.#source === null) throw new CountersignError('update.noSource', {});
    return this.#source;
  }

  /** The package that is ready. Throws `update.nothingReady` where there is none. */
  get readyPath(): string {
    if (this.#state.name === 'ready') return this.#state.path;
    throw new CountersignError('update.nothingReady', {});
  }

  /** Durable when the promise resolves. Throws the errors of writing files; then it is as it was. */
  async setLooksByItself(looksByItself: boolean): Promise<void> {
    await this.#memory.set(() => ({ looksByItself }));
    this.lookIfDue();
  }

  /** Looks where a person has allowed it once for all and a day has passed. A clock that was set back counts as a day. */
  lookIfDue(): void {
    const { looksByItself, lastLookedAtMs } = this.#memory.values;
    if (!looksByItself || this.#source === null || this.#going !== null) return;
    // Whoever is about to fetch or install something is not disturbed.
    if (this.#state.name === 'ready' || this.#state.name === 'offered') return;
    const sinceMs = this.#options.now() - (lastLookedAtMs ?? -Infinity);
    if (sinceMs < 0 || sinceMs >= LOOK_INTERVAL_MS) this.look();
  }

  /** Begins to look. Throws `update.noSource` or `update.busy`. */
  look(): void {
    const { url } = this.requireSource();
    this.#begin({ name: 'looking' }, async (signal) => {
      const offered = await this.#accept(await fetchDescription(url, signal));
      return offered === null ? { name: 'newest' } : { name: 'offered', release: releaseOf(offered) };
    });
  }

  /** Begins to fetch a package of what is offered. Throws `update.notInRelease` or `update.busy`. */
  fetch(fileName: string): void {
    const offered = this.#offered;
    const stated = offered?.packages.find(({ name }) => name === fileName);
    if (offered === null || stated === undefined) {
      const version = offered?.manifest.version ?? this.#options.running;
      throw new CountersignError('update.notInRelease', { fileName, version });
    }
    const release = releaseOf(offered);
    const progress = (receivedBytes: number): UpdateState => ({
      name: 'fetching',
      release,
      fileName,
      receivedBytes,
      sizeBytes: stated.size_bytes,
    });
    this.#begin(progress(0), async (signal) => {
      const path = await this.#fetchPackage(stated, signal, (receivedBytes) => {
        if (!signal.aborted) this.#state = progress(receivedBytes);
      });
      return { name: 'ready', release, fileName, path };
    });
  }

  /** Stops what is going on; what was offered stays. */
  cancel(): void {
    this.#going?.abort(new CountersignError('stopped', { what: 'the update' }));
  }

  /**
   * Begins to check the package at `path`, which a person has brought, against the description that lies beside it. Throws
   * `update.noSource` or `update.busy`.
   */
  check(path: string): void {
    this.requireSource();
    const fileName = basename(path);
    this.#begin({ name: 'checking', fileName }, async (signal) => {
      const offered = await this.#accept(await readDescription(join(dirname(path), DESCRIPTION_FILE)));
      const { running } = this.#options;
      if (offered === null) throw new CountersignError('update.notNewer', { version: running, running });
      const stated = offered.packages.find(({ name }) => name === fileName);
      const { version } = offered.manifest;
      if (stated === undefined) throw new CountersignError('update.notInRelease', { fileName, version });
      await checkPackage(path, stated, signal);
      return { name: 'ready', release: releaseOf(offered), fileName, path };
    });
  }

  /**
   * Stops what is going on. Resolves when that has ended and left nothing half done, at the latest after
   * `CLOSE_TIMEOUT_MS`. Never rejects.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.cancel();
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, CLOSE_TIMEOUT_MS, undefined);
    await Promise.race([this.#ended, late.promise]);
    clearTimeout(timer);
  }

  /** Does one thing at a time. */
  #begin(state: UpdateState, work: (signal: AbortSignal) => Promise<UpdateState>): void {
    if (this.#isClosed) throw new CountersignError('stopped', { what: 'Countersign' });
    if (this.#going !== null) throw new CountersignError('update.busy', {});
    const going = new AbortController();
    this.#going = going;
    this.#state = state;
    this.#ended = work(going.signal)
      .then(
        (next) => next,
        (error: unknown) => this.#failed(error),
      )
      .then((next) => {
        this.#going = null;
        this.#state = going.signal.aborted ? this.#resting() : next;
      });
  }

  #resting(): UpdateState {
    return this.#offered === null ? { name: 'idle' } : { name: 'offered', release: releaseOf(this.#offered) };
  }

  #failed(error: unknown): UpdateState {
    const release = this.#offered === null ? null : releaseOf(this.#offered);
    return { name: 'failed', error: toConsoleError(error), release };
  }

  /** What the description in `bytes` offers; `null` for the version that runs. Remembered before it is shown. */
  async #accept(bytes: Uint8Array): Promise<OfferedUpdate | null> {
    const { running, system, processor, now } = this.#options;
    const { newestSeen } = this.#memory.values;
    const trust = this.requireSource();
    const nowMs = now();
    let offered: OfferedUpdate | null = null;
    try {
      offered = checkManifest(bytes, { trust, running, newestSeen, nowMs, system, processor });
    } catch (error) {
      // What is older is refused; the same is no news.
      if (!hasCode(error, 'update.notNewer') || error.data.version !== running) throw error;
    }
    await this.#memory.set(() => ({
      newestSeen: offered?.manifest.version ?? newestSeen,
      lastLookedAtMs: nowMs,
    }));
    this.#offered = offered;
    return offered;
  }

  async #fetchPackage(
    stated: ReleasePackage,
    signal: AbortSignal,
    onReceived: (receivedBytes: number) => void,
  ): Promise<string> {
    const folder = this.#options.packageFolder();
    const there = join(folder, stated.name);
    // Fetched before, and never installed.
    const isThere = await checkPackage(there, stated, signal).then(
      () => true,
      () => false,
    );
    if (isThere) return there;
    return await writePackage(folder, stated, httpsGet(stated.url, { signal }), onReceived);
  }
}

async function fetchDescription(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new CountersignError('update.silent', { url, timeoutMs: LOOK_TIMEOUT_MS }));
  }, LOOK_TIMEOUT_MS);
  try {
    return await httpsGetWhole(url, MANIFEST_BYTES_MAX, { signal: AbortSignal.any([signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

async function readDescription(path: string): Promise<Uint8Array> {
  try {
    return await readBinaryFile(path, MANIFEST_BYTES_MAX);
  } catch (error) {
    if (hasCode(error, 'file.notFound')) throw new CountersignError('update.noDescription', { path });
    throw error;
  }
}

function releaseOf({ manifest, packages, signers }: OfferedUpdate): Release {
  return {
    version: manifest.version,
    releasedMs: manifest.released_ms,
    notes: manifest.notes,
    packages: packages.map(({ name, kind, size_bytes: sizeBytes }) => ({ name, kind, sizeBytes })),
    signers: [...signers],
  };
}
