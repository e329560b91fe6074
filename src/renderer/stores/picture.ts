/**
 * What the main process told this page: the snapshot, and how each change turns it into the next one.
 * @module
 */
import {
  HISTORY_POINTS_MAX,
  type BlockSummary,
  type Change,
  type CheckpointRound,
  type CheckpointView,
  type EvidenceView,
  type FaultsView,
  type HistoryPoint,
  type ItemView,
  type KeyView,
  type NetworkView,
  type PeerView,
  type ReplicaView,
  type SetupView,
  type Snapshot,
  type Stage,
  type ViewChangeView,
  type ViewsView,
} from '../../shared/contract/model.ts';
import type { RegistrySummary } from '../../shared/contract/registry.ts';
import { dropAbove, markStable, mergeBlocks } from './blockList.ts';

/** The snapshot in the form that the screens read. */
export interface Picture {
  readonly version: string;
  readonly dataDirectory: string;
  /** Who asks before anything is signed or unlocked. */
  readonly confirmation: Snapshot['confirmation'];
  readonly stage: Stage;
  readonly setup: SetupView | null;
  readonly network: NetworkView | null;
  readonly replica: ReplicaView | null;
  readonly peers: readonly PeerView[];
  readonly key: KeyView | null;
  readonly items: ReadonlyMap<string, ItemView>;
  readonly blocks: readonly BlockSummary[];
  readonly checkpoints: readonly CheckpointView[];
  /** The checkpoint that is voted on, or the last stable one. */
  readonly round: CheckpointRound | null;
  /** Oldest first. */
  readonly history: readonly HistoryPoint[];
  readonly views: ViewsView | null;
  /** Newest first. */
  readonly viewChanges: readonly ViewChangeView[];
  /** By epoch, and the index of the accused replica in it. */
  readonly evidence: readonly EvidenceView[];
  readonly faults: FaultsView | null;
  readonly registry: RegistrySummary | null;
}

/** Checkpoints that the page keeps: the newest ones. */
export const CHECKPOINTS_KEPT_MAX = 100;
/** Tries to change the view that the page keeps: the newest ones, as many as a snapshot has. */
export const VIEW_CHANGES_KEPT_MAX = 50;

/** `snapshot` as a picture; blocks that an earlier picture of the same network had loaded are kept. */
export function pictureOf(snapshot: Snapshot, before: Picture | null): Picture {
  const sameNetwork = before?.network?.networkId === snapshot.network?.networkId;
  return {
    version: snapshot.version,
    dataDirectory: snapshot.dataDirectory,
    confirmation: snapshot.confirmation,
    stage: snapshot.stage,
    setup: snapshot.setup,
    network: snapshot.network,
    replica: snapshot.replica,
    peers: snapshot.peers,
    key: snapshot.key,
    items: newestItems(snapshot, before !== null && sameNetwork ? before.items : new Map<string, ItemView>()),
    blocks: mergeBlocks(before !== null && sameNetwork ? before.blocks : [], snapshot.blocks),
    checkpoints: snapshot.checkpoints.slice(0, CHECKPOINTS_KEPT_MAX),
    round: snapshot.round,
    history: snapshot.history,
    views: snapshot.views,
    viewChanges: snapshot.viewChanges.slice(0, VIEW_CHANGES_KEPT_MAX),
    evidence: snapshot.evidence,
    faults: snapshot.faults,
    registry: snapshot.registry,
  };
}

/**
 * The items of a snapshot, and the older ones that an earlier picture knows: pages of what there is now replace them one
 * by one (`withItemPage`), so that nothing vanishes meanwhile.
 */
function newestItems(
  { items, itemCount }: Pick<Snapshot, 'items' | 'itemCount'>,
  known: ReadonlyMap<string, ItemView>,
): ReadonlyMap<string, ItemView> {
  const oldest = items.at(-1);
  const older =
    oldest === undefined || itemCount <= items.length
      ? []
      : [...known.values()].filter((item) => isOlder(item, oldest));
  return new Map([...items, ...older].map((item) => [item.id, item]));
}

/** The picture with the page of items that follows `after`: what it knew between them is replaced. */
export function withItemPage(
  picture: Picture,
  after: ItemView,
  page: readonly ItemView[],
  isLast: boolean,
): Picture {
  const oldest = page.at(-1);
  const items = new Map(picture.items);
  for (const item of picture.items.values()) {
    const isCovered = isLast || (oldest !== undefined && !isOlder(item, oldest));
    if (isOlder(item, after) && isCovered) items.delete(item.id);
  }
  for (const item of page) items.set(item.id, item);
  return { ...picture, items };
}

/** In the order of `item.page`. */
function isOlder(item: ItemView, than: ItemView): boolean {
  if (item.createdAtMs !== than.createdAtMs) return item.createdAtMs < than.createdAtMs;
  return item.id < than.id;
}

/** The picture after several changes. Items are copied once: there may be thousands of them. */
export function applyChanges(picture: Picture, changes: readonly Change[]): Picture {
  let items: Map<string, ItemView> | null = null;
  let next = picture;
  for (const change of changes) {
    if (change.topic === 'item') (items ??= new Map(picture.items)).set(change.value.id, change.value);
    else if (change.topic === 'itemRemoved') (items ??= new Map(picture.items)).delete(change.id);
    else next = applyChange(next, change);
  }
  return items === null ? next : { ...next, items };
}

/** The picture after one change. */
export function applyChange(picture: Picture, change: Change): Picture {
  switch (change.topic) {
    case 'stage':
      return { ...picture, stage: change.value };
    case 'setup':
      return { ...picture, setup: change.value };
    case 'network':
      return { ...picture, network: change.value };
    case 'replica':
      return { ...picture, replica: change.value };
    case 'peers':
      return { ...picture, peers: change.value };
    case 'key':
      return { ...picture, key: change.value };
    case 'item':
      return withItem(picture, change.value);
    case 'itemRemoved':
      return withoutItem(picture, change.id);
    case 'rolledBack':
      return { ...picture, blocks: dropAbove(picture.blocks, change.height) };
    case 'blocks':
      return { ...picture, blocks: mergeBlocks(picture.blocks, change.value) };
    case 'checkpoint':
      return {
        ...picture,
        blocks: markStable(picture.blocks, change.value.height),
        checkpoints: [change.value, ...picture.checkpoints].slice(0, CHECKPOINTS_KEPT_MAX),
      };
    case 'round':
      return { ...picture, round: change.value };
    case 'history':
      return { ...picture, history: withPoint(picture.history, change.value) };
    case 'views':
      return { ...picture, views: change.value };
    case 'viewChange':
      return { ...picture, viewChanges: withViewChange(picture.viewChanges, change.value) };
    case 'evidence':
      return { ...picture, evidence: withEvidence(picture.evidence, change.value) };
    case 'registry':
      return { ...picture, registry: change.value };
    case 'faults':
      return { ...picture, faults: change.value };
  }
}

/** A clock that was set back takes the points from its time on with it. */
function withPoint(known: readonly HistoryPoint[], point: HistoryPoint): readonly HistoryPoint[] {
  const last = known.at(-1);
  const before =
    last === undefined || last.atMs < point.atMs ? known : known.filter(({ atMs }) => atMs < point.atMs);
  return [...before, point].slice(-HISTORY_POINTS_MAX);
}

function withViewChange(known: readonly ViewChangeView[], value: ViewChangeView): readonly ViewChangeView[] {
  return [value, ...known.filter(({ id }) => id !== value.id)]
    .sort((left, right) => right.id - left.id)
    .slice(0, VIEW_CHANGES_KEPT_MAX);
}

function withEvidence(known: readonly EvidenceView[], value: EvidenceView): readonly EvidenceView[] {
  const isOther = ({ epoch, accused }: EvidenceView): boolean =>
    epoch !== value.epoch || accused.index !== value.accused.index;
  return [...known.filter(isOther), value].sort(
    (left, right) => left.epoch - right.epoch || left.accused.index - right.accused.index,
  );
}

/** The picture with `item` new or replaced. */
export function withItem(picture: Picture, item: ItemView): Picture {
  return { ...picture, items: new Map(picture.items).set(item.id, item) };
}

/** The picture without the item `id`. */
export function withoutItem(picture: Picture, id: string): Picture {
  const items = new Map(picture.items);
  items.delete(id);
  return { ...picture, items };
}
