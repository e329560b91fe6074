/**
 * Items that should be looked at side by side before one of them is signed: the same content twice, content that was
 * signed before, and requests that say different things of the same files or records.
 * @module
 */
import type { ItemState, ItemView } from '../../../shared/contract/model.ts';

/** From the gravest to the mildest. */
export const CONFLICTS = ['signedBefore', 'contradicts', 'twice', 'sameSubject', 'sameTitle'] as const;
export type ConflictKind = (typeof CONFLICTS)[number];

/** The gravest thing that speaks against signing an item without a look at another. */
export interface Conflict {
  readonly kind: ConflictKind;
  readonly other: ItemView;
}

/** Most others that an item is compared with in each way: what thousands have in common says nothing of any of them. */
const COMPARED_MAX = 32;

const UNSIGNED: ReadonlySet<ItemState> = new Set(['draft', 'needsUnlock', 'imported']);
/** Of these nothing comes any more. */
const DEAD: ReadonlySet<ItemState> = new Set(['declined', 'refused', 'expired']);

/** By item that can still be signed or sent: its conflict. */
export function conflictsOf(items: readonly ItemView[]): ReadonlyMap<string, Conflict> {
  const alive = items.filter(({ state }) => !DEAD.has(state));
  const bySubject = groupsOf(alive, ({ subject }) => subject);
  const byContent = groupsOf(alive, ({ contentHash }) => contentHash);
  const byTitle = groupsOf(alive.filter(isUnsigned), ({ kind, title }) =>
    title === '' || kind === 'registry' ? null : `${kind} ${title}`,
  );
  const found = new Map<string, Conflict>();
  if (bySubject.size + byContent.size + byTitle.size === 0) return found;
  for (const item of alive.filter(isUnsigned)) {
    const groups = [
      byContent.get(item.contentHash),
      bySubject.get(item.subject ?? ''),
      byTitle.get(`${item.kind} ${item.title}`),
    ];
    const others = groups.flatMap((group) => group?.slice(0, COMPARED_MAX) ?? []);
    const conflict = gravest(item, others);
    if (conflict !== null) found.set(item.id, conflict);
  }
  return found;
}

/** `items` with those that are to be compared side by side, each group where its first member stands. */
export function grouped(items: readonly ItemView[], conflicts: ReadonlyMap<string, Conflict>): ItemView[] {
  if (conflicts.size === 0) return [...items];
  const keyOf = ({ subject, contentHash }: ItemView): string => subject ?? contentHash;
  const involved = new Set([...conflicts].flatMap(([id, { other }]) => [id, other.id]));
  const groups = groupsOf(
    items.filter(({ id }) => involved.has(id)),
    keyOf,
  );
  const placed = new Set<string>();
  return items.flatMap((item) => {
    if (placed.has(item.id)) return [];
    const together = involved.has(item.id) ? (groups.get(keyOf(item)) ?? [item]) : [item];
    for (const { id } of together) placed.add(id);
    return together;
  });
}

function gravest(item: ItemView, others: readonly ItemView[]): Conflict | null {
  let found: Conflict | null = null;
  for (const other of others) {
    const kind = other.id === item.id ? null : kindOf(item, other);
    if (kind === null) continue;
    if (found === null || CONFLICTS.indexOf(kind) < CONFLICTS.indexOf(found.kind)) found = { kind, other };
  }
  return found;
}

function kindOf(item: ItemView, other: ItemView): ConflictKind | null {
  if (item.contentHash === other.contentHash) {
    // What others signed is the same content on purpose: each supervisor makes a request of her own.
    if (item.origin === 'requestFile' || other.origin === 'requestFile') return null;
    return isUnsigned(other) ? 'twice' : 'signedBefore';
  }
  if (item.subject !== null && item.subject === other.subject) {
    return item.decision === other.decision ? 'sameSubject' : 'contradicts';
  }
  return 'sameTitle';
}

function isUnsigned({ state }: ItemView): boolean {
  return UNSIGNED.has(state);
}

/** The items that have a key in common, two at least. */
function groupsOf(
  items: readonly ItemView[],
  keyOf: (item: ItemView) => string | null,
): Map<string, ItemView[]> {
  // With ten thousand items, of which hardly any two have anything in common, a list for each would take most of the time.
  const firsts = new Map<string, ItemView>();
  const groups = new Map<string, ItemView[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, item);
      continue;
    }
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [first, item]);
    else group.push(item);
  }
  return groups;
}
