import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatShortDuration,
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
    [47 * 3_600_000, '47 hours'],
    [48 * 3_600_000, '2 days'],
    [400 * 86_400_000, '400 days'],
    [3 * 365.25 * 86_400_000, '3 years'],
  ])('%i ms are %s', (durationMs, words) => {
    expect(formatDuration(durationMs, 'en')).toBe(words);
  });

  it('says durations in Chinese', () => {
    expect(formatDuration(5_000, 'zh-CN')).toBe('5秒钟');
  });

  it.each([
    [0, '0 ms', '0毫秒'],
    [8.25, '8.3 ms', '8.3毫秒'],
    [412.6, '413 ms', '413毫秒'],
    [1_440, '1.4 sec', '1.4秒'],
    [64_000, '64 sec', '64秒'],
  ])('%f ms are %s in short', (durationMs, english, chinese) => {
    expect(formatShortDuration(durationMs, 'en')).toBe(english);
    expect(formatShortDuration(durationMs, 'zh-CN')).toBe(chinese);
  });

  it('tells the time of day to the minute or the second', () => {
    const noon = new Date(2026, 10, 28, 14, 3, 9).getTime();
    expect(formatClock(noon, 'zh-CN', 'second')).toBe('14:03:09');
    expect(formatClock(noon, 'zh-CN', 'minute')).toBe('14:03');
  });

  it('shortens hashes alike everywhere', () => {
    const hash = '0123456789abcdef'.repeat(4);
    expect(shortHash(hash)).toBe('01234567…89abcdef');
    expect(shortHash('0123456789abcdef')).toBe('0123456789abcdef');
    expect(looksLikeHash(hash)).toBe(true);
    expect(looksLikeHash(hash.toUpperCase())).toBe(false);
  });
});
