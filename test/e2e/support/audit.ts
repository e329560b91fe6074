/**
 * Looks at a page as it stands: what axe finds in it, what its policies refused, and whether all of it is translated.
 *
 * Everything runs in a world of its own beside the page's (CDP), so that the page's policies need no hole for it and
 * its own scripts meet nothing that is not theirs.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { CDPSession } from 'playwright-core';
import english from '../../../src/renderer/locales/en.json' with { type: 'json' };
import chinese from '../../../src/renderer/locales/zh-CN.json' with { type: 'json' };
import type { Language, WatchedPage } from './browser.ts';

/** What axe looks for: WCAG 2.0, 2.1 and 2.2, levels A and AA, and its best practices. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Of these, what depends on colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];
/** The page counts as settled when nothing in it has changed for so long. */
const QUIET_MS = 100;
/** Counters and clocks never rest: so long is waited at most. */
const QUIET_MAX_MS = 1_000;

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}
interface Text {
  readonly text: string;
  /** The nearest element of it. */
  readonly where: string;
}

export class Auditor {
  readonly #watched: WatchedPage;
  readonly #cdp: CDPSession;
  readonly #axe: string;
  /** The isolated world of the document that is shown. */
  #world: { readonly loader: string; readonly contextId: number } | null = null;

  private constructor(watched: WatchedPage, cdp: CDPSession, axe: string) {
    this.#watched = watched;
    this.#cdp = cdp;
    this.#axe = axe;
  }

  static async of(watched: WatchedPage): Promise<Auditor> {
    const cdp = await watched.context.newCDPSession(watched.page);
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // The browser's own list of what it refused, beside the events that the page hears of.
    cdp.on('Audits.issueAdded', ({ issue }) => {
      if (issue.code !== 'ContentSecurityPolicyIssue') return;
      watched.complaints.push(`refused: ${JSON.stringify(issue.details.contentSecurityPolicyIssueDetails)}`);
    });
    await cdp.send('Audits.enable');
    await cdp.send('Page.enable');
    return new Auditor(watched, cdp, axe);
  }

  /** What is wrong with the page as it stands, each with `where`. Takes along what the page was seen doing. */
  async look(where: string, language: Language, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
    await this.#evaluate(SETTLED);
    const runOnly =
      rules === 'all' ? { type: 'tag', values: AXE_TAGS } : { type: 'rule', values: COLOUR_RULES };
    const found = [...(await this.#axeFindings(runOnly)), ...(await this.#untranslated(language))];
    const { complaints } = this.#watched;
    found.push(...complaints.splice(0));
    return found.map((problem) => `${where}: ${problem}`);
  }

  async #axeFindings(runOnly: { type: string; values: readonly string[] }): Promise<string[]> {
    const options = { runOnly, resultTypes: ['violations'], preload: false };
    const violations = (await this.#evaluate(
      `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
    )) as Finding[];
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => {
        const why = failureSummary.replaceAll(/\s+/g, ' ');
        return `axe ${id} at ${JSON.stringify(target)}: ${why}`;
      }),
    );
  }

  async #untranslated(language: Language): Promise<string[]> {
    const texts = (await this.#evaluate(TEXTS)) as Text[];
    return texts.flatMap(({ text, where }) => {
      const key = rawKey(text);
      if (key !== null) return [`the key ${key} is shown in ${where}`];
      const isForeign = language === 'zh-CN' && ENGLISH_ONLY.has(text);
      return isForeign ? [`“${text}” is not translated in ${where}`] : [];
    });
  }

  async #evaluate(expression: string): Promise<unknown> {
    const contextId = await this.#context();
    const { result, exceptionDetails } = await this.#cdp.send('Runtime.evaluate', {
      expression,
      contextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? 'failed');
    return result.value;
  }

  async #context(): Promise<number> {
    const { frame } = (await this.#cdp.send('Page.getFrameTree')).frameTree;
    if (this.#world?.loader === frame.loaderId) return this.#world.contextId;
    const { executionContextId } = await this.#cdp.send('Page.createIsolatedWorld', {
      frameId: frame.id,
      worldName: 'audit',
    });
    const { exceptionDetails } = await this.#cdp.send('Runtime.evaluate', {
      expression: this.#axe,
      contextId: executionContextId,
    });
    if (exceptionDetails !== undefined) throw new Error('axe did not load');
    this.#world = { loader: frame.loaderId, contextId: executionContextId };
    return executionContextId;
  }
}

const SETTLED = `new Promise((resolve) => {
  const settle = () => { observer.disconnect(); clearTimeout(latest); resolve(null); };
  let quiet = setTimeout(settle, ${QUIET_MS});
  const latest = setTimeout(settle, ${QUIET_MAX_MS});
  const observer = new MutationObserver(() => {
    clearTimeout(quiet);
    quiet = setTimeout(settle, ${QUIET_MS});
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}).then(async () => {
  // Colours on their way from one theme to the other are those of neither; one change may set off the next.
  const latestMs = performance.now() + ${QUIET_MAX_MS};
  // What is drawn anew all the time never comes to rest.
  while (performance.now() < latestMs) {
    const changes = document.getAnimations().filter((one) => one instanceof CSSTransition);
    if (changes.length === 0) return null;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return null;
})`;

/** All that the page says in words of its own, to eyes and to screen readers; names of files and the like are not. */
const TEXTS = `(() => {
  const texts = [];
  const add = (text, element) => {
    const trimmed = (text ?? '').trim();
    if (trimmed === '' || element === null || /^(SCRIPT|STYLE)$/.test(element.tagName)) return;
    if (element.closest('[translate="no"]') !== null) return;
    texts.push({ text: trimmed, where: element.tagName.toLowerCase() + '.' + element.className });
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) add(walker.currentNode.data, walker.currentNode.parentElement);
  for (const element of document.body.querySelectorAll('[aria-label],[title],[placeholder],[alt]')) {
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) add(element.getAttribute(name), element);
  }
  add(document.title, document.head);
  return texts;
})()`;

const KEYS = new Set(Object.keys(english));
/** A word of a dotted key, as a missing message shows it. */
function rawKey(text: string): string | null {
  for (const [word] of text.matchAll(/[a-zA-Z][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9-]+)+/g)) {
    if (KEYS.has(word.split('.')[0] ?? '')) return word;
  }
  return null;
}

/** English messages that have other words in Chinese. */
const ENGLISH_ONLY = new Set(
  leaves(english).flatMap(([path, text]) => (new Map(leaves(chinese)).get(path) === text ? [] : [text])),
);

function leaves(words: unknown, path = ''): [path: string, text: string][] {
  if (typeof words === 'string') return [[path, words]];
  if (typeof words !== 'object' || words === null) return [];
  return Object.entries(words).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}
