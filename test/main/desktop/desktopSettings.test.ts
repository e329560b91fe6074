import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DesktopSettings } from '../../../src/main/desktop/settings/desktopSettings.ts';
import { DESKTOP_BY_DEFAULT } from '../../../src/shared/contract/desktop.ts';

it('changes that overlap are all kept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-settings-'));
  try {
    const settings = await DesktopSettings.open(folder, 0);
    await Promise.all([
      settings.set({ theme: 'dark' }),
      settings.setWindow({ x: 1, y: 2, width: 800, height: 600, maximised: false }),
      settings.set({ language: 'zh-CN' }),
      settings.set({ lockWhenHidden: false }),
    ]);
    const wishes = { ...DESKTOP_BY_DEFAULT, theme: 'dark', language: 'zh-CN', lockWhenHidden: false };
    for (const one of [settings, await DesktopSettings.open(folder, 0)]) {
      expect(one.wishes).toEqual(wishes);
      expect(one.window).toMatchObject({ x: 1, y: 2 });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
