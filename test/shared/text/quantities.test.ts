import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  looksLikeHash,
  shortHash,
} from '../../../src/shared/text/quantities.ts';

describe('quantities', () => {
  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [150 * 1024, '150 KiB'],
    [16 * 1024 * 1024, '16 MiB'],
    [5 * 1024 ** 5, '5,120 TiB'],
  ])('%i bytes are %s', (bytes, words) => {
    expect(formatBytes(bytes, 'en')).toBe(words);
  });

  it.each([
    [250, '250 milliseconds'],
    [1_000, '1 second'],
    [90_000, '1.5 minutes'],
    [7_200_000, '2 hours'],
  ])('%i ms are %s', (durationMs, words) => {
    expect(formatDuration(durationMs, 'en')).toBe(words);
  });

  it('says durations in Chinese', () => {
    expect(formatDuration(5_000, 'zh-CN')).toBe('5秒钟');
  });

  it('shortens hashes alike everywhere', () => {
    const hash = '0123456789abcdef'.repeat(4);
    expect(shortHash(hash)).toBe('01234567…89abcdef');
    expect(shortHash('0123456789abcdef')).toBe('0123456789abcdef');
    expect(looksLikeHash(hash)).toBe(true);
    expect(looksLikeHash(hash.toUpperCase())).toBe(false);
  });
});
