/**
 * Notifications of the system: what is worth one is decided in `shared/notices`, as for pages in a browser.
 * @module
 */
import { Notification } from 'electron';
import {
  NOTHING_SEEN,
  nextNotices,
  type NoticeKind,
  type NoticeLook,
} from '../../../shared/notices/notices.ts';
import type { Language } from '../../../shared/text/quantities.ts';
import { NoticeRate } from './noticeRate.ts';
import { moreWords, noticeWords, type ShownNotice } from './noticeWords.ts';

/** Most notifications that a click still leads anywhere from: Electron forgets those that nobody holds. */
export const NOTIFICATIONS_HELD_MAX = 20;

export interface Noticing {
  readonly look: NoticeLook;
  readonly wishes: Readonly<Record<NoticeKind, boolean>>;
  readonly language: Language;
  /** Whether a person sees the page: then nothing is told, and all of it counts as seen. */
  readonly isSeen: boolean;
  /** Milliseconds of a clock that never jumps. */
  readonly nowMs: number;
}

export class Notifier {
  readonly #go: (path: string) => void;
  readonly #rate = new NoticeRate();
  readonly #held = new Set<Notification>();
  #memory = NOTHING_SEEN;

  /** `go`: shows the window at a page. */
  constructor(go: (path: string) => void) {
    this.#go = go;
  }

  look({ look, wishes, language, isSeen, nowMs }: Noticing): void {
    const { memory, notices } = nextNotices(this.#memory, look, nowMs, wishes);
    this.#memory = memory;
    const told = isSeen ? [] : notices;
    for (const notice of told) {
      if (this.#rate.take(nowMs)) this.#show(noticeWords(notice, language));
    }
    const leftOut = this.#rate.takeLeftOut(nowMs);
    if (leftOut > 0) this.#show(moreWords(leftOut, language));
  }

  #show({ title, body, path }: ShownNotice): void {
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title, body });
    this.#held.add(notification);
    const [oldest] = this.#held;
    if (this.#held.size > NOTIFICATIONS_HELD_MAX && oldest !== undefined) this.#held.delete(oldest);
    notification.on('click', () => {
      this.#held.delete(notification);
      this.#go(path);
    });
    notification.show();
  }
}
