/**
 * Notifies a person of what happens while nobody looks at the page.
 * @module
 */
import { computed, watch } from 'vue';
import { useRouter } from 'vue-router';
import { NOTHING_SEEN, nextNotices, type Notice, type NoticeLook } from '../../../shared/notices/notices.ts';
import { noticeLook } from '../../../shared/notices/noticeLook.ts';
import { visibleText } from '../../../shared/text/visible.ts';
import { useNotices } from '../../stores/notices.ts';
import { useSession } from '../../stores/session.ts';
import { useNow } from '../../ui/useNow.ts';
import { useWords } from '../../ui/useWords.ts';

/** Runs as long as the component that calls it. */
export function useNoticing(): void {
  const session = useSession();
  const notices = useNotices();
  const router = useRouter();
  const now = useNow();
  const { t, plural, number } = useWords();
  let memory = NOTHING_SEEN;

  watch(
    () => session.connection,
    (connection) => {
      // What is wanted is asked again where the program was started anew; what could not be asked is asked then.
      if (connection === 'connected') notices.load().catch(() => undefined);
    },
    { immediate: true },
  );

  const look = computed((): NoticeLook | null => {
    const { items, evidence, registry, replica, network, peers, views, connection } = session;
    if (connection !== 'connected' || replica === null || network === null) return null;
    return noticeLook({ items, evidence, registry, replica, network, peers, views });
  });

  // The clock counts too: out of step is told after a while in which nothing else need happen.
  watch([look, now], () => {
    if (look.value === null || notices.wishes === null) return;
    const next = nextNotices(memory, look.value, now.value, notices.wishes);
    ({ memory } = next);
    // Whoever looks at the page sees it there.
    if (!document.hasFocus()) for (const notice of next.notices) tell(notice);
  });

  function tell(notice: Notice): void {
    const open = (path: string) => (): void => void router.push(path);
    const title = t(`notices.title.${notice.kind}`);
    switch (notice.kind) {
      case 'final':
      case 'refused':
        notices.tell(title, visibleText(notice.title), notice.itemId, open(`/inbox/${notice.itemId}`));
        return;
      case 'approval':
        notices.tell(title, plural('notices.approvalBody', notice.count), 'approval', open('/registry'));
        return;
      case 'viewChange': {
        const named = { view: number(notice.view), name: visibleText(notice.primary) };
        notices.tell(title, t('notices.viewChangeBody', named), 'viewChange', open('/views'));
        return;
      }
      case 'evidence': {
        const body = t('notices.evidenceBody', { name: visibleText(notice.name) });
        notices.tell(title, body, `evidence ${notice.id}`, open('/evidence'));
        return;
      }
      case 'outOfStep':
        notices.tell(title, t('notices.outOfStepBody'), 'outOfStep', open('/'));
    }
  }
}
