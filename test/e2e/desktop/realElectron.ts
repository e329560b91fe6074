/**
 * The real Electron, where it can run: on most machines it is downloaded at the first start, and it needs a display.
 * @module
 */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, type ElectronApplication } from 'playwright-core';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const NAMES: Readonly<Record<string, string>> = {
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
};

/** The program of Electron; or why it cannot run here. */
export async function findElectron(): Promise<{ readonly path: string } | { readonly reason: string }> {
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules/electron/dist');
  const path = join(folder, NAMES[process.platform] ?? 'electron');
  const found = await access(path).then(
    () => true,
    () => false,
  );
  if (!found) return { reason: `${path} is not there` };
  if (process.platform !== 'linux') return { path };
  if (process.getuid?.() === 0) return { reason: 'its sandbox is for ordinary users, and this is root' };
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return (DISPLAY ?? WAYLAND_DISPLAY) === undefined ? { reason: 'there is no display' } : { path };
}

/** Starts the built program in the real Electron, on a data directory. */
export async function launchElectron(
  path: string,
  dataDirectory: string,
  { args = [], ...options }: Parameters<typeof _electron.launch>[0] = {},
): Promise<ElectronApplication> {
  const { ELECTRON_RUN_AS_NODE: _unset, ...env } = process.env;
  return await _electron.launch({
    ...options,
    executablePath: path,
    args: [...args, root],
    env: { ...(env as Record<string, string>), COUNTERSIGN_DATA: dataDirectory },
  });
}

/** Quits it as a person does; its exit code. */
export async function quitElectron(app: ElectronApplication): Promise<number | null> {
  const child = app.process();
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await app.close();
  return await exited;
}

/** The built program in the real Electron: its window shows the setup under its policy, and it quits. */
export async function runSmoke(path: string): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'countersign-smoke-'));
  const app = await launchElectron(path, data);
  try {
    const page = await app.firstWindow();
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.locator('form').first().waitFor();
    expect(page.url()).toBe('countersign://console/');
    const exposed = await page.evaluate(() => Object.keys(Reflect.get(globalThis, 'countersign') as object));
    expect(exposed).toEqual(['call', 'onDelta', 'watch', 'onGo', 'onOpening']);
    expect(problems).toEqual([]);
  } finally {
    await app.close();
    await rm(data, { recursive: true, force: true });
  }
}
