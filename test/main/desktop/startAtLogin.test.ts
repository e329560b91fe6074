import { describe, expect, it, vi } from 'vitest';
import {
  autostartEntry,
  autostartPath,
  isHiddenStart,
  renewedEntry,
} from '../../../src/main/desktop/login/startAtLogin.ts';

// Outside of Electron there is no such module.
const getLoginItemSettings = vi.fn();
vi.mock('electron', () => ({ app: { getLoginItemSettings: (): unknown => getLoginItemSettings() } }));

describe('the entry of a session', () => {
  it('lies where the XDG base directories say', () => {
    expect(autostartPath({}, '/home/ada')).toBe('/home/ada/.config/autostart/countersign.desktop');
    expect(autostartPath({ XDG_CONFIG_HOME: '/etc/ada' }, '/home/ada')).toBe(
      '/etc/ada/autostart/countersign.desktop',
    );
    expect(autostartPath({ XDG_CONFIG_HOME: 'relative' }, '/home/ada')).toBe(
      '/home/ada/.config/autostart/countersign.desktop',
    );
  });

  it('runs what it is given, whatever is in its name', () => {
    const text = autostartEntry(['/opt/a "b" $c/100%/x\\y', '--hidden']);
    expect(text).toContain('Exec="/opt/a \\\\"b\\\\" \\\\$c/100%%/x\\\\\\\\y" "--hidden"\n');
    expect(autostartEntry(['/opt/a\nHidden=true']).split('\n')).not.toContain('Hidden=true"');
  });

  it('runs something else when it is renewed, and is otherwise as it was', () => {
    const entry = autostartEntry(['/opt/a', '--hidden']).replace('enabled=true', 'enabled=false');
    const renewed = renewedEntry(entry, ['/opt/$&', '--hidden']);
    expect(renewed).toBe(entry.replace('"/opt/a"', () => '"/opt/\\\\$&"'));
    expect(renewedEntry(renewed, ['/opt/$&', '--hidden'])).toBe(renewed);
  });
});

describe('an entry that is renewed', () => {
  const entry = autostartEntry(['env', 'COUNTERSIGN_DATA=/data/a', '/opt/old', '--hidden']);

  it('is that of the same data directory', () => {
    const command = ['env', 'COUNTERSIGN_DATA=/data/a', '/opt/new', '--hidden'];
    expect(renewedEntry(entry, command)).toBe(autostartEntry(command));
  });

  it.each([
    ['another', ['env', 'COUNTERSIGN_DATA=/data/b', '/opt/new', '--hidden']],
    ['the usual one', ['/opt/new', '--hidden']],
  ])('is not that of a second program, with %s', (_which, command) => {
    expect(renewedEntry(entry, command)).toBe(entry);
    expect(renewedEntry(autostartEntry(command), ['env', 'COUNTERSIGN_DATA=/data/a', '/opt/x'])).toBe(
      autostartEntry(command),
    );
  });
});

describe('a start by itself', () => {
  it.each(['linux', 'win32', 'darwin'] as const)('is told by its argument on %s', (platform) => {
    getLoginItemSettings.mockReturnValue({ wasOpenedAtLogin: false });
    expect(isHiddenStart(['countersign', '--hidden'], platform)).toBe(true);
    expect(isHiddenStart(['countersign'], platform)).toBe(false);
  });

  it('is told by the system on macOS, which hands over no arguments, and nowhere else', () => {
    getLoginItemSettings.mockReturnValue({ wasOpenedAtLogin: true });
    expect(isHiddenStart(['Countersign'], 'darwin')).toBe(true);
    expect(isHiddenStart(['countersign'], 'linux')).toBe(false);
    expect(isHiddenStart(['countersign'], 'win32')).toBe(false);
  });
});
