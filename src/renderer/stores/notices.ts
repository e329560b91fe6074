/**
 * Notifications of the browser: what a person wants to hear of, whether the browser lets this page tell, and the telling.
 * What is worth telling is decided in `shared/notices`.
 * @module
 */
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { ConsoleError } from '../../shared/contract/model.ts';
import { NOTICES_BY_DEFAULT, type NoticeWishes } from '../../shared/contract/settings.ts';
import { call } from '../bridge/current.ts';

/** `window`: the desktop program notifies, and this page never does. `unsupported`: nobody can. */
export type NoticePermission = 'granted' | 'denied' | 'default' | 'unsupported' | 'window';

export const useNotices = defineStore('notices', () => {
  /** `null` until they are known. */
  const wishes = shallowRef<NoticeWishes | null>(null);
  /** Why the defaults count although something was kept; `null` where nothing is wrong. */
  const problem = shallowRef<ConsoleError | null>(null);
  const permission = shallowRef<NoticePermission>(permissionNow());

  async function load(): Promise<void> {
    const settings = await call('settings.get', {});
    wishes.value = settings.notices;
    problem.value = settings.problem;
  }

  /** Counts at once, and is durable when this resolves. Rejects with why it was not kept; then it is as it was. */
  async function set(next: NoticeWishes): Promise<void> {
    const before = wishes.value;
    wishes.value = next;
    try {
      await call('settings.setNotices', { notices: next });
    } catch (error) {
      wishes.value = before;
      throw error;
    }
  }

  /** Asks the browser; only after a click. */
  async function ask(): Promise<void> {
    if (permissionNow() === 'default') await Notification.requestPermission();
    permission.value = permissionNow();
  }

  /** Tells, where the browser lets it. `tag`: a later one of the same replaces it. */
  function tell(title: string, body: string, tag: string, onClick: () => void): void {
    permission.value = permissionNow();
    if (permission.value !== 'granted') return;
    const notification = new Notification(title, { body, tag });
    notification.onclick = (): void => {
      window.focus();
      onClick();
      notification.close();
    };
  }

  return { wishes, problem, permission, defaults: NOTICES_BY_DEFAULT, load, set, ask, tell };
});

function permissionNow(): NoticePermission {
  if (window.countersign !== undefined) return 'window';
  return 'Notification' in window ? Notification.permission : 'unsupported';
}
