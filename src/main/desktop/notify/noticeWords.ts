/**
 * A notice in words, and the page that it leads to.
 * @module
 */
import type { Notice } from '../../../shared/notices/notices.ts';
import { numberFormat, type Language } from '../../../shared/text/quantities.ts';
import { visibleText } from '../../../shared/text/visible.ts';
import { WORDS, fill, fillCount } from '../words.ts';

export interface ShownNotice {
  readonly title: string;
  readonly body: string;
  /** Address of a page of the console. */
  readonly path: string;
}

export function noticeWords(notice: Notice, language: Language): ShownNotice {
  const words = WORDS[language].notices;
  const title = words.title[notice.kind];
  switch (notice.kind) {
    case 'final':
    case 'refused':
      return {
        title,
        body: visibleText(notice.title),
        path: `/inbox/${encodeURIComponent(notice.itemId)}`,
      };
    case 'approval':
      return { title, body: fillCount(words.approvalBody, notice.count, language), path: '/registry' };
    case 'viewChange': {
      const view = numberFormat(language, {}).format(notice.view);
      return {
        title,
        body: fill(words.viewChangeBody, { view, name: visibleText(notice.primary) }),
        path: '/views',
      };
    }
    case 'evidence':
      return { title, body: fill(words.evidenceBody, { name: visibleText(notice.name) }), path: '/evidence' };
    case 'outOfStep':
      return { title, body: words.outOfStepBody, path: '/' };
  }
}

/** What stands for notices that were too many. */
export function moreWords(count: number, language: Language): ShownNotice {
  const words = WORDS[language].notices;
  return { title: words.moreTitle, body: fillCount(words.moreBody, count, language), path: '/' };
}
