import { describe, expect, it } from 'vitest';
import { defaultDataDirectory } from '../../../src/main/storage/defaultDataDirectory.ts';

describe('the default data directory', () => {
  it.each([
    ['named by the user', { COUNTERSIGN_DATA: '/srv/ledger', HOME: '/home/ada' }, 'linux', '/srv/ledger'],
    [
      'an empty name is none',
      { COUNTERSIGN_DATA: '', HOME: '/home/ada' },
      'linux',
      '/home/ada/.local/share/countersign',
    ],
    ['XDG', { XDG_DATA_HOME: '/data', HOME: '/home/ada' }, 'linux', '/data/countersign'],
    ['macOS', { HOME: '/Users/ada' }, 'darwin', '/Users/ada/Library/Application Support/Countersign'],
    ['without a home', {}, 'linux', '.local/share/countersign'],
  ] as const)('%s', (_name, environment, platform, expected) => {
    expect(defaultDataDirectory(environment, platform)).toBe(expected);
  });
});
