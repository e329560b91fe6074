/**
 * The console's server over a `BusyNode`, as a process of its own: the real pulse, feed, sampler and transport. Its parent
 * tells it how many drafts its inbox has and how many blocks a second to announce, and asks what they cost.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Answer } from '../../../src/shared/contract/bridge.ts';
import { channels } from '../../../src/shared/contract/channels.ts';
import {
  ITEMS_SNAPSHOT_MAX,
  type Delta,
  type ItemView,
  type Snapshot,
} from '../../../src/shared/contract/model.ts';
import { LiveFeed } from '../../../src/main/console/live/feed.ts';
import { Latency } from '../../../src/main/console/live/latency.ts';
import { networkView } from '../../../src/main/console/live/networkView.ts';
import { Pulse } from '../../../src/main/console/live/pulse.ts';
import { blockSummary } from '../../../src/main/console/live/recentChain.ts';
import { Sampler } from '../../../src/main/console/live/sampler.ts';
import type { CallTarget } from '../../../src/main/console/transports/callTarget.ts';
import { ConsoleServer } from '../../../src/main/console/transports/http.ts';
import { item } from '../../renderer/stores/samples.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { BusyNode } from './busyNode.ts';

/** What the parent says. */
export type Order = { readonly type: 'run'; readonly blocksPerSecond: number } | { readonly type: 'cost' };
/** What it is told. */
export type Report =
  | { readonly type: 'listening'; readonly url: string }
  | {
      readonly type: 'cost';
      readonly cpuMs: number;
      readonly heapBytes: number;
      readonly tipHeight: number;
    };

const MICROSECONDS_PER_MS = 1_000;
/** While blocks come, a draft changes so often: as often as a page is told. */
const DRAFT_CHANGE_MS = 100;

const [pageFolder = '', draftCount = '0'] = process.argv.slice(2);
/** Newest first. */
const drafts = Array.from({ length: Number(draftCount) }, (_, index) => draft(index, Number(draftCount)));
const { genesis } = makeGenesis();
const node = new BusyNode(genesis);
const feed = new LiveFeed();
const pulse = await Pulse.start({
  node,
  feed,
  now: Date.now,
  onStable: () => undefined,
  onMembership: () => undefined,
  onHalted: () => undefined,
  onLook: () => undefined,
  onFailure: (error) => {
    throw error;
  },
});
const sampler = new Sampler({
  feed,
  latency: new Latency(),
  standing: () => pulse.standing(),
  now: Date.now,
});

function draft(index: number, count: number): ItemView {
  const id = `draft-${String(index).padStart(6, '0')}`;
  // Some are about the same, as duplicates and conflicts are.
  const subject = createHash('sha256')
    .update(String(Math.floor(index / 50)))
    .digest('hex');
  const contentHash = createHash('sha256').update(id).digest('hex');
  return {
    ...item(id),
    createdAtMs: 1_000_000 + count - index,
    subject: index % 50 < 2 ? subject : null,
    contentHash,
  };
}

let nextDraft = 0;
const changes = setInterval(() => {
  const changed = drafts[nextDraft++ % Math.max(1, drafts.length)];
  if (changed === undefined || !node.isRunning) return;
  feed.publish({ topic: 'item', value: { ...changed, updatedAtMs: Date.now() } });
}, DRAFT_CHANGE_MS);

function olderItems(input: unknown): unknown {
  const { before, limit } = channels['item.page'].input.parse(input);
  const from = before === null ? 0 : drafts.findIndex(({ id }) => id === before.id) + 1;
  return { items: drafts.slice(from, from + limit) };
}

function snapshot(): Snapshot {
  return {
    sequence: feed.numberForSnapshot(),
    nowMs: Date.now(),
    version: 'bench',
    confirmation: 'page',
    dataDirectory: '',
    stage: { name: 'running', sinceMs: 0 },
    setup: null,
    network: networkView({ genesis, replica: node.replica }, genesis.supervisors, true),
    replica: pulse.replica(),
    peers: pulse.peers(),
    key: null,
    items: drafts.slice(0, ITEMS_SNAPSHOT_MAX),
    itemCount: drafts.length,
    blocks: [...pulse.chain.blocks],
    checkpoints: [...pulse.chain.checkpoints],
    round: null,
    history: [...feed.history.points],
    views: null,
    viewChanges: [],
    evidence: [],
    faults: null,
    registry: null,
  };
}

function olderBlocks(input: unknown): unknown {
  const { beforeHeight, limit } = channels['block.page'].input.parse(input);
  const top = Math.min(node.tipHeight, (beforeHeight ?? Infinity) - 1);
  const headers = Array.from({ length: limit }, (_, index) => node.header(top - index));
  return {
    blocks: headers
      .flatMap((header) => header ?? [])
      .map((header) => blockSummary(header, pulse.chain.stableHeight)),
  };
}

const target: CallTarget = {
  answer(channel, input): Promise<Answer> {
    if (channel === 'session.snapshot') {
      return Promise.resolve({ ok: true, output: channels[channel].output.parse(snapshot()) });
    }
    if (channel === 'block.page') {
      return Promise.resolve({ ok: true, output: channels[channel].output.parse(olderBlocks(input)) });
    }
    if (channel === 'item.page') {
      return Promise.resolve({ ok: true, output: channels[channel].output.parse(olderItems(input)) });
    }
    // Nothing else of the console is here.
    return Promise.resolve({ ok: false, error: { code: 'stopped', data: { what: 'Countersign' } } });
  },
  onDelta: (listener: (delta: Delta) => void) => feed.subscribe(listener),
};
const server = await ConsoleServer.start({ target, pageFolder, port: 0 });

function tell(report: Report): void {
  process.send?.(report);
}

process.on('message', (order: Order) => {
  if (order.type === 'run') {
    node.run(order.blocksPerSecond);
    return;
  }
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  tell({
    type: 'cost',
    cpuMs: (user + system) / MICROSECONDS_PER_MS,
    heapBytes: process.memoryUsage().heapUsed,
    tipHeight: node.tipHeight,
  });
});
process.on('disconnect', () => {
  clearInterval(changes);
  node.close();
  sampler.close();
  void server.close().then(async () => await pulse.close());
});
tell({ type: 'listening', url: server.url });
