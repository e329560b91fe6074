/**
 * How the program fares, gathered when somebody asks, and its log. It works whether a network runs or not: above all
 * where none does.
 * @module
 */
import { createRequire } from 'node:module';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { z } from 'zod';
import type { DiagnosticsView, QueueName, VersionedName } from '../../../shared/contract/diagnostics.ts';
import type { Stage } from '../../../shared/contract/model.ts';
import type { VerifierPoolStats } from '../../keys/verifierPool.ts';
import { PROTOCOL_VERSION, type CodeCounts } from '../../network/index.ts';
import type { ReplicaStatus } from '../../replica/replica.ts';
import { hostOf } from '../operator/networkWatch.ts';
import { runningPeers } from '../operator/peersView.ts';
import type { Running } from '../running.ts';
import { directorySizes } from './directorySizes.ts';
import { LogBook } from './logBook.ts';
import { LoopDelayWatch } from './loopDelay.ts';
import type { KnownNames } from './redact.ts';
import { reportText } from './report.ts';

export interface DiagnosticsOptions {
  readonly directory: string;
  /** Version of the program. */
  readonly version: string;
  readonly now: () => number;
  /** `null` while no network runs. */
  readonly running: () => Running | null;
  /** `null` before anything was to be verified. */
  readonly verifier: () => VerifierPoolStats | null;
  readonly stage: () => Stage;
}

export class Diagnostics {
  readonly log: LogBook;
  readonly #options: DiagnosticsOptions;
  readonly #loop = new LoopDelayWatch();
  readonly #startedAtMs: number;

  constructor(options: DiagnosticsOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
    this.log = new LogBook(options.now);
  }

  async view(): Promise<DiagnosticsView> {
    const { directory, version, now, verifier } = this.#options;
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const stats = verifier();
    const status = this.#status();
    return {
      nowMs: now(),
      versions: versions(version),
      platform: {
        system: platform(),
        release: release(),
        architecture: arch(),
        processors: availableParallelism(),
        memoryBytes: totalmem(),
      },
      process: {
        startedAtMs: this.#startedAtMs,
        residentBytes: rss,
        heapUsedBytes: heapUsed,
        heapTotalBytes: heapTotal,
        externalBytes: external,
      },
      loop: this.#loop.delay,
      storage: await directorySizes(directory),
      queues: [...replicaQueues(this.#options.running()), ...verifierQueues(stats)],
      counters: {
        refusals: codeCounts(status?.network.refusals ?? {}),
        closings: codeCounts(status?.network.closings ?? {}),
        badMessages: badMessages(status),
        verifierRefused: stats?.refusedJobs ?? 0,
        verifierDeaths: stats?.workerDeaths ?? 0,
      },
    };
  }

  async report(withNames: boolean): Promise<{ readonly fileName: string; readonly text: string }> {
    const { now, running, stage } = this.#options;
    const open = running();
    const peers = open === null ? null : runningPeers(open, now());
    const diagnostics = await this.view();
    const known = this.#known();
    const text = reportText(
      { diagnostics, peers, log: this.log.after(0), stage: stage().name, known },
      withNames,
    );
    const day = new Date(now()).toISOString().slice(0, 10);
    return { fileName: `countersign-report-${day}.json`, text };
  }

  close(): void {
    this.#loop.close();
  }

  #status(): ReplicaStatus | null {
    return this.#options.running()?.node.replica.status() ?? null;
  }

  /** Everybody whom this replica knows by name or address. */
  #known(): KnownNames {
    const { directory, running } = this.#options;
    const open = running();
    if (open === null) return { hosts: [], names: [], directory };
    const { genesis } = open.node;
    const { membership, network } = open.node.replica.status();
    const { replicas, supervisors } = open.registry.memberships;
    const entries = <T>(of: ReadonlyMap<string, { readonly entry: T }>): T[] =>
      Array.from(of.values(), ({ entry }) => entry);
    const members = [...genesis.replicas, ...membership.replicas, ...entries(replicas)];
    const people = [...genesis.supervisors, ...entries(supervisors)];
    const links = [...network.peers, ...network.guests];
    return {
      directory,
      hosts: [
        ...members.map(({ host }) => host),
        ...links.map(({ address }) => hostOf(address)),
        ...open.networkWatch.knocks.map(({ host }) => host),
      ],
      names: [
        genesis.name,
        ...[...members, ...people].flatMap(({ name, organisation }) => [name, organisation]),
        ...links.map(({ name }) => name),
      ],
    };
  }
}

function versions(own: string): DiagnosticsView['versions'] {
  const { node, v8, sqlite, openssl, electron, chrome } = process.versions;
  const all: readonly (readonly [VersionedName, string | undefined])[] = [
    ['countersign', own],
    ['protocol', String(PROTOCOL_VERSION)],
    ['node', node],
    ['electron', electron],
    ['chromium', chrome],
    ['v8', v8],
    ['sqlite', sqlite],
    ['sodium', sodiumVersion()],
    ['openssl', openssl],
  ];
  return all.flatMap(([name, version]) => (version === undefined ? [] : [{ name, version }]));
}

function replicaQueues(running: Running | null): DiagnosticsView['queues'] {
  if (running === null) return [];
  const { inputs, holdings } = running.node.replica.load;
  const { pendingRequests, orderedRequests, orders, localCommits, votes, earlyMessages, rolledBackBlocks } =
    holdings;
  const lengths: Partial<Record<QueueName, number>> = {
    inputs,
    pendingRequests,
    orderedRequests,
    orders,
    localCommits,
    votes,
    earlyMessages,
    rolledBackBlocks,
  };
  return Object.entries(lengths).map(([name, length]) => ({ name: name as QueueName, length }));
}

function verifierQueues(stats: VerifierPoolStats | null): DiagnosticsView['queues'] {
  if (stats === null) return [];
  return [
    { name: 'verifierQueued', length: stats.queuedJobs },
    { name: 'verifierRunning', length: stats.runningJobs },
  ];
}

/** The most frequent first. */
function codeCounts(counts: CodeCounts): DiagnosticsView['counters']['refusals'] {
  return Object.entries(counts)
    .map(([code, count]) => ({ code, count }))
    .sort((left, right) => right.count - left.count || (left.code < right.code ? -1 : 1));
}

/** Those of replicas and of clients together. */
function badMessages(status: ReplicaStatus | null): DiagnosticsView['counters']['badMessages'] {
  if (status === null) return [];
  const { replicas, clients } = status.badMessages;
  const total: Record<string, number> = {};
  for (const counts of [...replicas.values(), clients])
    for (const [code, count] of Object.entries(counts)) total[code] = (total[code] ?? 0) + count;
  return codeCounts(total);
}

/** That of the binding, which names no version of the library in it. Undefined where the package cannot be asked. */
function sodiumVersion(): string | undefined {
  try {
    const found: unknown = createRequire(import.meta.url)('sodium-native/package.json');
    return z.object({ version: z.string() }).parse(found).version;
  } catch {
    return undefined;
  }
}
