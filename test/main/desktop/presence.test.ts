/** What the system shows of the program beside its window. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MENU_SCREENS, menuTemplate, type MenuOptions } from '../../../src/main/desktop/menu.ts';
import { NOTICES_PER_MINUTE_MAX, NoticeRate } from '../../../src/main/desktop/notify/noticeRate.ts';
import { moreWords, noticeWords } from '../../../src/main/desktop/notify/noticeWords.ts';
import { trayFace, trayMenu } from '../../../src/main/desktop/tray/trayFace.ts';
import { drawTraySign, type TraySign } from '../../../src/main/desktop/tray/trayPicture.ts';
import { WORDS } from '../../../src/main/desktop/words.ts';
import type { Glance } from '../../../src/main/console/glance.ts';
import { NOTHING_SEEN } from '../../../src/shared/notices/notices.ts';
import { LANGUAGES } from '../../../src/shared/text/quantities.ts';

const nothing = (): void => undefined;
const actions = { open: nothing, openInbox: nothing, lockKey: nothing, quit: nothing };
const look = { items: [], toApprove: 0, accused: [], view: null, inStep: true };

function glance(running: Partial<NonNullable<Glance['running']>>): Glance {
  const whole = { look, step: 'inStep', drafts: 0, keyUnlocked: null, embedded: false, ...running } as const;
  return { stage: 'running', running: whole };
}

describe('the tray', () => {
  it.each([
    [glance({}), 'inStep', 'inStep'],
    [glance({ step: 'behind' }), 'outOfStep', 'behind'],
    [glance({ step: 'changing' }), 'outOfStep', 'changing'],
    [glance({ step: 'apart' }), 'attention', 'apart'],
    [glance({ look: { ...look, accused: [{ id: '0 1', name: 'B' }] } }), 'attention', 'accused'],
    [{ stage: 'locked', running: null } as const, 'attention', 'locked'],
    [{ stage: 'starting', running: null } as const, 'outOfStep', 'starting'],
    [{ stage: 'failed', running: null } as const, 'attention', 'failed'],
  ])('shows how it stands', (seen, sign, state) => {
    for (const language of LANGUAGES) {
      const face = trayFace(seen, language);
      expect(face).toMatchObject({ sign, state });
      expect(face.toolTip).toContain(WORDS[language].tray.state[face.state]);
    }
  });

  it('offers what can be done', () => {
    const labels = (seen: Glance): unknown[] =>
      trayMenu(trayFace(seen, 'en'), 'en', actions).map(({ label, enabled = true }) => [label, enabled]);
    expect(labels(glance({ keyUnlocked: true, drafts: 2 }))).toEqual([
      ['This replica is in step', false],
      [undefined, true],
      ['Open Countersign', true],
      ['2 drafts wait for your review', true],
      ['Lock the key now', true],
      [undefined, true],
      ['Quit Countersign', true],
    ]);
    expect(labels(glance({ keyUnlocked: false }))).toContainEqual(['The key is locked', false]);
    expect(labels(glance({}))).not.toContainEqual(['The key is locked', false]);
  });

  it('has pictures that differ in form alone', () => {
    const signs: TraySign[] = ['inStep', 'outOfStep', 'attention'];
    const forms = signs.map((sign) => drawTraySign(sign, 22, true).filter((_, index) => index % 4 === 3));
    for (const [index, form] of forms.entries()) {
      // Neither empty nor full.
      const covered = form.reduce((sum, alpha) => sum + alpha, 0) / (255 * form.length);
      expect(covered).toBeGreaterThan(0.2);
      expect(covered).toBeLessThan(0.8);
      for (const other of forms.slice(index + 1)) {
        const differing = form.filter((alpha, at) => Math.abs(alpha - (other[at] ?? 0)) > 128).length;
        expect(differing / form.length).toBeGreaterThan(0.15);
      }
    }
  });
});

describe('the menu', () => {
  const options: MenuOptions = {
    words: WORDS.en,
    platform: 'linux',
    allowDevTools: false,
    embedded: true,
    hasDocuments: true,
    actions: {
      go: nothing,
      lockKey: nothing,
      about: nothing,
      updates: nothing,
      openDocuments: nothing,
      openDataFolder: nothing,
    },
  };

  it('leads to every screen that the pages have', async () => {
    const router = await readFile(join(import.meta.dirname, '../../../src/renderer/router.ts'), 'utf8');
    const paths = [...router.matchAll(/path: '(\/[a-z]*)'/g)].map(([, path]) => path);
    const menu = [...MENU_SCREENS.map(({ path }) => path), '/settings', '/diagnostics'];
    expect(menu.toSorted()).toEqual(paths.toSorted());
  });

  it.each(['linux', 'win32', 'darwin'] as const)(
    'has no two entries with the same keys on %s',
    (platform) => {
      const menu = menuTemplate({ ...options, platform });
      const keys = menu
        .flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))
        .flatMap(({ accelerator }) => (accelerator === undefined ? [] : [accelerator]));
      expect(keys.length).toBeGreaterThan(MENU_SCREENS.length);
      expect(new Set(keys).size).toBe(keys.length);
    },
  );
});

describe('notifications', () => {
  it('are in both languages, and lead to a page', () => {
    const title = 'Grades \u202Egpj';
    expect(noticeWords({ kind: 'final', itemId: 'a b', title }, 'en')).toEqual({
      title: 'Final',
      body: expect.not.stringContaining('\u202E') as string,
      path: '/inbox/a%20b',
    });
    expect(noticeWords({ kind: 'viewChange', view: 1_200, primary: 'R4' }, 'en').body).toBe(
      'View 1,200 began, with R4 as primary.',
    );
    expect(noticeWords({ kind: 'approval', count: 1 }, 'en').body).toContain(
      '1 change of the registry waits',
    );
    expect(noticeWords({ kind: 'approval', count: 2 }, 'zh-CN').body).toContain('2 项');
    expect(noticeWords({ kind: 'evidence', id: '0 1', name: 'B' }, 'zh-CN').path).toBe('/evidence');
    expect(noticeWords({ kind: 'outOfStep' }, 'zh-CN').path).toBe('/');
    expect(NOTHING_SEEN.view).toBeNull();
  });

  it('are few in a minute, and those that were left out are counted', () => {
    const rate = new NoticeRate();
    const shown = Array.from({ length: 100 }, (_, index) => rate.take(index)).filter(Boolean);
    expect(shown).toHaveLength(NOTICES_PER_MINUTE_MAX);
    expect(rate.takeLeftOut(1_000)).toBe(0);
    const left = rate.takeLeftOut(61_000);
    expect(left).toBe(100 - NOTICES_PER_MINUTE_MAX);
    expect(moreWords(left, 'en').body).toContain('94 more notifications');
    expect(rate.takeLeftOut(62_000)).toBe(0);
  });
});
