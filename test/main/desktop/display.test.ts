/** Whether there can be a window, as the environment says. */
import { describe, expect, it } from 'vitest';
import { requireDisplay, terminalWords } from '../../../src/main/desktop/display.ts';
import { CountersignError } from '../../../src/shared/errors.ts';

const problemOf = (...args: Parameters<typeof requireDisplay>): unknown => {
  try {
    requireDisplay(...args);
    return null;
  } catch (error) {
    return error;
  }
};

describe('a display', () => {
  it.each([
    [{ DISPLAY: ':0' }],
    [{ WAYLAND_DISPLAY: 'wayland-0' }],
    [{ WAYLAND_SOCKET: '5' }],
    [{ XDG_SESSION_TYPE: 'wayland' }],
  ])('may be there with %o', (environment) => {
    expect(problemOf(environment, 'linux', [])).toBe(null);
  });

  it.each([[{}], [{ DISPLAY: '', WAYLAND_DISPLAY: '' }], [{ XDG_SESSION_TYPE: 'tty' }]])(
    'is not there with %o',
    (environment) => {
      expect(problemOf(environment, 'linux', ['countersign', '--hidden'])).toMatchObject({
        code: 'desktop.noDisplay',
      });
    },
  );

  it('is not asked for on other systems, or by who chooses the platform', () => {
    expect(problemOf({}, 'win32', [])).toBe(null);
    expect(problemOf({}, 'darwin', [])).toBe(null);
    expect(problemOf({}, 'linux', ['countersign', '--headless'])).toBe(null);
    expect(problemOf({}, 'linux', ['countersign', '--ozone-platform=headless'])).toBe(null);
  });
});

describe('its words on a terminal', () => {
  const error = new CountersignError('desktop.noDisplay', {});
  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, 'Countersign 无法启动'],
    [{ LC_ALL: 'en_GB.UTF-8', LANG: 'zh_CN.UTF-8' }, 'Countersign cannot start'],
    [{ LC_ALL: '', LC_MESSAGES: 'zh_CN', LANG: 'C' }, 'Countersign 无法启动'],
    [{}, 'Countersign cannot start'],
  ])('are in the language of %o', (environment, title) => {
    const words = terminalWords(error, environment);
    expect(words.startsWith(`${title}\n`)).toBe(true);
    expect(words).toContain('countersign serve');
  });
});
