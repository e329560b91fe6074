/**
 * Declining, taking that back, reviewing again, and removing.
 * @module
 */
import type { Ref } from 'vue';
import { useRouter } from 'vue-router';
import type { ItemView } from '../../../shared/contract/model.ts';
import { visibleText } from '../../../shared/text/visible.ts';
import { call } from '../../bridge/current.ts';
import { useSession } from '../../stores/session.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useAction } from '../../ui/useAction.ts';

/** What `useItemActions` gives. Each tells whether it was done. */
export interface ItemActions {
  readonly busy: Ref<boolean>;
  readonly decline: (item: ItemView) => Promise<boolean>;
  readonly restore: (item: ItemView) => Promise<boolean>;
  /** Makes a new draft of what was refused or has expired, and shows it. */
  readonly again: (item: ItemView) => Promise<boolean>;
  readonly remove: (item: ItemView) => Promise<boolean>;
}

export function useItemActions(): ItemActions {
  const session = useSession();
  const router = useRouter();
  const toasts = useToasts();
  const { busy, run } = useAction();

  async function decline(item: ItemView): Promise<boolean> {
    const declined = await run(() => call('item.decline', { id: item.id }));
    if (declined === undefined) return false;
    session.setItem(declined);
    // Not through this component's action: the row may be gone by then.
    toasts.say('item.declined', { title: visibleText(item.title) }, () => void takeBack(item.id));
    return true;
  }

  async function takeBack(id: string): Promise<void> {
    try {
      session.setItem(await call('item.restore', { id }));
    } catch (error) {
      toasts.fail(error);
    }
  }

  async function restore(item: ItemView): Promise<boolean> {
    const restored = await run(() => call('item.restore', { id: item.id }));
    if (restored === undefined) return false;
    session.setItem(restored);
    return true;
  }

  async function again(item: ItemView): Promise<boolean> {
    const draft = await run(() => call('item.again', { id: item.id }));
    if (draft === undefined) return false;
    session.setItem(draft);
    await router.push(`/inbox/${encodeURIComponent(draft.id)}`);
    return true;
  }

  async function remove(item: ItemView): Promise<boolean> {
    const removed = await run(() => call('item.remove', { id: item.id }));
    if (removed === undefined) return false;
    session.dropItem(item.id);
    toasts.say('item.removed', { title: visibleText(item.title) });
    return true;
  }

  return { busy, decline, restore, again, remove };
}
