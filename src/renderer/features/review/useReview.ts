/**
 * One item under review: what was loaded and shown, what is being typed, and whether the two sides still agree.
 *
 * What is typed is saved by itself, and always on top of what was shown: `shownHash` is the hash of what this page
 * last showed the person, and the main process signs nothing else.
 * @module
 */
import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue';
import type { ContentView, ItemDetail, ItemView } from '../../../shared/contract/model.ts';
import type { Decision } from '../../../shared/domain/payload.ts';
import { hasCode, toPlainError, type PlainError } from '../../../shared/errors.ts';
import { call } from '../../bridge/current.ts';
import { useSession } from '../../stores/session.ts';
import { keepTyped, typedInto } from './typedWords.ts';
import type { Row } from './useRecords.ts';

/** Typing rests this long before it is saved. */
const SAVE_AFTER_MS = 500;

/** What can be typed. */
export interface DraftWords {
  title: string;
  remark: string;
  decision: Decision;
}

/** What `useReview` gives. */
export interface Review {
  readonly detail: Ref<ItemDetail | null>;
  readonly item: ComputedRef<ItemView | null>;
  readonly words: DraftWords;
  readonly shownHash: Ref<string>;
  readonly saving: Ref<'saved' | 'saving' | 'failed'>;
  readonly error: Ref<PlainError | null>;
  /** Whether the content is not what was shown any more, by someone else's doing. */
  readonly changed: ComputedRef<boolean>;
  readonly load: () => Promise<void>;
  /** Shows what the ledger says of it now; what is typed stays. */
  readonly refresh: () => Promise<void>;
  /** Saves what is typed now. Gives whether everything typed is saved. */
  readonly flush: () => Promise<boolean>;
  readonly loadRecords: (first: number, count: number) => Promise<readonly Row[]>;
}

export function useReview(id: string): Review {
  const session = useSession();
  const detail = shallowRef<ItemDetail | null>(null);
  const shownHash = ref('');
  const error = shallowRef<PlainError | null>(null);
  const saving = ref<'saved' | 'saving' | 'failed'>('saved');
  const words = reactive<DraftWords>({ title: '', remark: '', decision: 'approved' });
  let savedWords: DraftWords = { ...words };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let underWay: Promise<void> | null = null;

  const item = computed(() => session.picture?.items.get(id) ?? detail.value?.item ?? null);
  const changed = computed(
    () =>
      item.value?.state === 'draft' &&
      saving.value !== 'saving' &&
      shownHash.value !== '' &&
      item.value.contentHash !== shownHash.value,
  );

  async function load(): Promise<void> {
    try {
      const loaded = await fetchDetail();
      show(loaded);
      savedWords = wordsOf(loaded.content);
      // What was typed before a reload and is not saved stands above what is; the watcher below saves it.
      const isEditable = loaded.item.state === 'draft' && loaded.item.origin === 'here';
      Object.assign(words, savedWords, isEditable ? typedInto(id) : {});
    } catch (problem) {
      error.value = toPlainError(problem);
    }
  }

  async function refresh(): Promise<void> {
    try {
      const loaded = await fetchDetail();
      // Another content is shown only on demand.
      if (loaded.item.contentHash === shownHash.value) detail.value = loaded;
    } catch (problem) {
      if (!hasCode(problem, 'console.disconnected')) error.value = toPlainError(problem);
    }
  }

  function fetchDetail(): Promise<ItemDetail> {
    return call('item.get', { id, firstRecord: 0, recordCount: 0 });
  }

  function show(loaded: ItemDetail): void {
    detail.value = loaded;
    shownHash.value = loaded.item.contentHash;
    session.setItem(loaded.item);
    error.value = null;
  }

  watch(words, () => {
    keepTyped(id, difference(words, savedWords));
    clearTimeout(timer);
    if (!isSaved()) saveSoon();
    else if (underWay === null) settle();
  });

  function saveSoon(): void {
    saving.value = 'saving';
    timer = setTimeout(() => void flush(), SAVE_AFTER_MS);
  }

  /** Nothing is left to save, be it that what failed was typed back. */
  function settle(): void {
    if (saving.value === 'failed') error.value = null;
    saving.value = 'saved';
  }

  async function flush(): Promise<boolean> {
    clearTimeout(timer);
    while (underWay !== null) await underWay;
    if (isSaved()) {
      settle();
      return true;
    }
    underWay = save();
    await underWay;
    return saving.value === 'saved';
  }

  async function save(): Promise<void> {
    saving.value = 'saving';
    const sent = { ...words };
    try {
      const { edited, isOurs } = await edit(difference(sent, savedWords));
      savedWords = sent;
      keepTyped(id, difference(words, savedWords));
      session.setItem(edited);
      if (isOurs) await showEdited(edited);
      if (isSaved()) saving.value = 'saved';
      else saveSoon();
    } catch (problem) {
      saving.value = 'failed';
      // A lost connection has its own banner, and its return saves again.
      if (!hasCode(problem, 'console.disconnected')) error.value = toPlainError(problem);
    } finally {
      underWay = null;
    }
  }

  /**
   * What is typed is saved also on top of what somebody else has changed meanwhile: nothing is lost, and the page says
   * that there is another content than it shows (`isOurs` is false).
   */
  async function edit(change: Partial<DraftWords>): Promise<{ edited: ItemView; isOurs: boolean }> {
    try {
      const edited = await call('item.edit', { id, shownHash: shownHash.value, ...change });
      return { edited, isOurs: true };
    } catch (problem) {
      if (!hasCode(problem, 'draft.changed')) throw problem;
      return { edited: await call('item.edit', { id, ...change }), isOurs: false };
    }
  }

  /** The canonical form and the hash follow what was typed. What is changed behind that is shown only on demand. */
  async function showEdited(edited: ItemView): Promise<void> {
    shownHash.value = edited.contentHash;
    const loaded = await fetchDetail();
    if (loaded.item.contentHash === edited.contentHash) show(loaded);
    else session.setItem(loaded.item);
  }

  function isSaved(): boolean {
    return Object.keys(difference(words, savedWords)).length === 0;
  }

  async function loadRecords(first: number, count: number): Promise<readonly Row[]> {
    const { content } = await call('item.get', { id, firstRecord: first, recordCount: count });
    return content.kind === 'assessments' ? content.records : [];
  }

  // Back from a lost connection: what was typed meanwhile is saved, and what was not loaded is.
  watch(
    () => session.connection,
    (connection) => {
      if (connection !== 'connected') return;
      if (detail.value === null) void load();
      else if (saving.value === 'failed') void flush();
    },
  );
  onScopeDispose(() => void flush());

  return { detail, item, words, shownHash, saving, error, changed, load, refresh, flush, loadRecords };
}

function wordsOf(content: ContentView): DraftWords {
  return {
    title: content.kind === 'registry' ? '' : content.title,
    remark: content.remark,
    decision: content.kind === 'document' ? content.decision : 'approved',
  };
}

function difference(words: DraftWords, saved: DraftWords): Partial<DraftWords> {
  return {
    ...(words.title === saved.title ? {} : { title: words.title }),
    ...(words.remark === saved.remark ? {} : { remark: words.remark }),
    ...(words.decision === saved.decision ? {} : { decision: words.decision }),
  };
}
