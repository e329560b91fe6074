/** The rules behind the screens. */
import { describe, expect, it } from 'vitest';
import { destinationOf } from '../../../src/renderer/features/blocks/destination.ts';
import { holdBack } from '../../../src/renderer/features/checkpoints/heldBack.ts';
import { holdStill, waitingAbove } from '../../../src/renderer/features/blocks/holdStill.ts';
import {
  draftsAsAssessments,
  draftsAsDocuments,
  isTable,
} from '../../../src/renderer/features/inbox/dropped.ts';
import { isRemovable, meaningKey, STATE_SIGNS } from '../../../src/renderer/features/inbox/lifeCycle.ts';
import { stepStatus } from '../../../src/shared/notices/stepStatus.ts';
import { cellText, CHAR_PX, columnWidths } from '../../../src/renderer/features/review/columnWidths.ts';
import { hexDump } from '../../../src/renderer/features/review/hexDump.ts';
import { PASSPHRASE_CHARS_MIN, strengthOf } from '../../../src/renderer/features/setup/passphraseStrength.ts';
import { countdown, relativeTime } from '../../../src/renderer/ui/relativeTime.ts';
import { MIN_PASSPHRASE_CHARS } from '../../../src/main/keys/pkcs8.ts';
import { ITEM_STATES, ON_THEIR_WAY_MAX, type ReplicaView } from '../../../src/shared/contract/model.ts';
import english from '../../../src/renderer/locales/en.json' with { type: 'json' };
import chinese from '../../../src/renderer/locales/zh-CN.json' with { type: 'json' };
import { network, peers, replica } from '../fixture/data.ts';
import { item } from '../stores/samples.ts';

describe('in step, and why', () => {
  const now = 1_000_000;
  const taking = peers(now).map((peer) => ({ ...peer, participating: true }));
  const status = (change: Partial<ReplicaView>): ReturnType<typeof stepStatus> =>
    stepStatus({ ...replica(now), ...change }, network(now), taking);
  const keys = (change: Partial<ReplicaView>): string[] => status(change).reasons.map(({ key }) => key);

  it('is in step at the attested height with a quorum', () => {
    expect(status({}).step).toBe('inStep');
    expect(keys({})).toEqual(['equal', 'enough', 'primary', 'lastBlock']);
    expect(keys({ connected: 4, tipHeight: 9, attestedHeight: 8 })).toEqual([
      'ahead',
      'all',
      'primary',
      'lastBlock',
    ]);
  });

  it('names the replicas that only follow, because they count as faulty', () => {
    const [first, ...others] = taking.filter(({ self }) => !self);
    const followed = [{ ...first!, participating: false }, ...others];
    const { reasons } = stepStatus(replica(now), network(now), followed);
    expect(reasons.filter(({ good }) => !good)).toMatchObject([{ key: 'followers', names: [first!.name] }]);
  });

  it('tells blocks on their way from being behind', () => {
    const attestedHeight = 100;
    expect(status({ attestedHeight, tipHeight: attestedHeight - ON_THEIR_WAY_MAX }).step).toBe('inStep');
    expect(keys({ attestedHeight, tipHeight: attestedHeight - 1 })[0]).toBe('almost');
    const behind = status({ attestedHeight, tipHeight: attestedHeight - ON_THEIR_WAY_MAX - 1 });
    expect(behind.step).toBe('behind');
    expect(behind.reasons[0]).toMatchObject({
      key: 'behind',
      good: false,
      numbers: { missing: ON_THEIR_WAY_MAX + 1 },
    });
  });

  it('names what keeps it from being in step, the worst first', () => {
    expect(status({ connected: 2, mode: 'changing' }).step).toBe('apart');
    expect(status({ mode: 'changing' }).step).toBe('changing');
    expect(keys({ mode: 'changing' })).toContain('changing');
    expect(status({ participating: false }).step).toBe('notParticipating');
    expect(keys({ participating: false })[0]).toBe('notParticipating');
  });

  it('says that the clock of this computer is not the network’s, and never how long ago a later block was', () => {
    const clock = { shownBy: 'replicas', aheadMs: 60_000, blockTimeMs: null, refused: false } as const;
    expect(keys({ clock })).toEqual(['equal', 'enough', 'primary', 'clockBehind']);
    expect(keys({ clock: { ...clock, aheadMs: -60_000 } })).toEqual([
      'equal',
      'enough',
      'primary',
      'lastBlock',
      'clockAhead',
    ]);
    const before = status({ clock: { ...clock, shownBy: 'block', blockTimeMs: now + 60_000 } });
    expect(before.step).toBe('inStep');
    expect(before.reasons.at(-1)).toMatchObject({ key: 'clockBeforeBlock', good: false, durationMs: 60_000 });
    for (const key of ['clockBehind', 'clockAhead', 'clockBeforeBlock'] as const) {
      expect([english.reason[key], chinese.reason[key]].every((words) => words.includes('{span}'))).toBe(
        true,
      );
    }
  });

  it('says who the primary is, and whether it can be reached', () => {
    expect(keys({ primaryIndex: 2 })).toContain('primarySelf');
    expect(keys({ primaryIndex: 3 })).toContain('primaryAway');
    expect(keys({ lastBlockAtMs: null })).toContain('noBlock');
  });
});

describe('the life of an item', () => {
  it('has a sign of its own shape for every state', () => {
    const shapes = ITEM_STATES.map((state) => STATE_SIGNS[state].icon);
    expect(new Set(shapes).size).toBe(ITEM_STATES.length);
  });

  it('has words for its state, and for how many there are', () => {
    for (const words of [english, chinese]) {
      const states = [...ITEM_STATES].sort();
      expect(Object.keys(words.state).sort()).toEqual(states);
      expect(
        Object.keys(words.counts)
          .filter((key) => key !== 'title')
          .sort(),
      ).toEqual(states);
    }
  });

  it('can be removed unless it is on its way', () => {
    const kept = ITEM_STATES.filter((state) => !isRemovable(state));
    expect(kept).toEqual(['needsUnlock', 'signing', 'sent', 'accepted']);
  });

  it('says which kind of final', () => {
    expect(meaningKey({ ...item('a'), state: 'final', finality: 'fast' })).toBe('meaning.finalFast');
    expect(meaningKey({ ...item('a'), state: 'final', finality: 'certified' })).toBe(
      'meaning.finalCertified',
    );
    expect(meaningKey({ ...item('a'), state: 'accepted' })).toBe('meaning.accepted');
  });
});

describe('dropped files', () => {
  const file = (name: string, type = ''): File => new File(['x'], name, { type });

  it('knows tables by name or type', () => {
    expect(isTable(file('A.CSV'))).toBe(true);
    expect(isTable(file('x.json'))).toBe(true);
    expect(isTable(file('x', 'text/csv'))).toBe(true);
    expect(isTable(file('csv.pdf', 'application/pdf'))).toBe(false);
  });

  it('makes a draft of each table, and one of all the rest', () => {
    const files = [file('a.csv'), file('b.pdf'), file('c.json'), file('d.png')];
    const names = (drafts: ReturnType<typeof draftsAsDocuments>): unknown[] =>
      drafts.map(({ purpose, files: of }) => [purpose, ...of.map(({ name }) => name)]);
    expect(names(draftsAsAssessments(files))).toEqual([
      ['assessments', 'a.csv'],
      ['assessments', 'c.json'],
      ['document', 'b.pdf', 'd.png'],
    ]);
    expect(names(draftsAsDocuments(files))).toEqual([['document', 'a.csv', 'b.pdf', 'c.json', 'd.png']]);
    expect(draftsAsAssessments([file('a.csv')]).length).toBe(1);
  });
});

describe('blocks', () => {
  const blocks = [5, 4, 3].map((height) => ({ height, hash: '', timeMs: 0, requestCount: 0, stable: false }));

  it('holds back what is newer than what is being read', () => {
    expect(holdBack(blocks, null)).toEqual({ shown: blocks, waiting: 0 });
    expect(holdBack(blocks, 4)).toEqual({ shown: blocks.slice(1), waiting: 1 });
    expect(holdBack(blocks, 5).waiting).toBe(0);
    expect(holdBack(blocks, 2)).toEqual({ shown: blocks, waiting: 0 });
  });

  const upTo = (top: number, from = 1): typeof blocks =>
    Array.from({ length: top - from + 1 }, (_, index) => ({ ...blocks[0]!, height: top - index }));

  it('holds still what is being read while new ones come, and counts them', () => {
    const live = upTo(9, 3);
    expect(holdStill(blocks, live)).toBe(blocks);
    expect(waitingAbove(blocks, live)).toBe(4);
    expect(waitingAbove(blocks, blocks)).toBe(0);
  });

  it('keeps the rows that the live list has let go', () => {
    expect(holdStill(blocks, upTo(900, 500))).toBe(blocks);
    expect(holdStill(blocks, upTo(9, 4))).toBe(blocks);
    const stable = upTo(900, 500).map((block) => ({ ...block, stable: true }));
    expect(holdStill(blocks, stable)).toEqual(blocks.map((block) => ({ ...block, stable: true })));
  });

  it('says what became stable, shows what replaced a block, and drops what was taken back', () => {
    const live = upTo(6).map((block) => ({ ...block, stable: block.height <= 4 }));
    expect(holdStill(blocks, live).map(({ stable }) => stable)).toEqual([false, true, true]);
    const forked = upTo(6).map((block) => (block.height >= 5 ? { ...block, hash: 'other' } : block));
    expect(holdStill(blocks, forked).map(({ hash }) => hash)).toEqual(['other', '', '']);
    expect(holdStill(blocks, upTo(4)).map(({ height }) => height)).toEqual([4, 3]);
    expect(holdStill(blocks, upTo(2)).map(({ height }) => height)).toEqual([2, 1]);
  });

  it('finds heights and whole ids, and nothing else', () => {
    expect(destinationOf(' 4,213 ')).toBe('/blocks/4213');
    expect(destinationOf('0')).toBe('/blocks/0');
    expect(destinationOf('AB'.repeat(32))).toBe(`/requests/${'ab'.repeat(32)}`);
    expect(destinationOf('ab'.repeat(31))).toBeNull();
    expect(destinationOf('-1')).toBeNull();
    expect(destinationOf('')).toBeNull();
  });
});

describe('tables and dumps', () => {
  it('makes columns as wide as they need, within limits', () => {
    expect(columnWidths(['a', 'a longer name', '备注备注备注备注'], [['x', null, 'y'.repeat(500)]])).toEqual([
      9 * CHAR_PX,
      18 * CHAR_PX,
      45 * CHAR_PX,
    ]);
    expect(cellText({ number: '1.50' })).toBe('1.50');
    expect(cellText(false)).toBe('false');
  });

  it('dumps bytes in lines of sixteen', () => {
    expect(hexDump('')).toBe('');
    const lines = hexDump('41'.repeat(16) + '0a').split('\n');
    expect(lines[0]).toBe(`000000  ${'41 '.repeat(16).trim()}  |AAAAAAAAAAAAAAAA|`);
    expect(lines[1]).toMatch(/^000010 {2}0a +\|\.\|$/);
  });
});

describe('passphrases', () => {
  it('asks for what the vault asks for', () => {
    expect(PASSPHRASE_CHARS_MIN).toBe(MIN_PASSPHRASE_CHARS);
  });

  it.each([
    ['', 'tooShort'],
    ['a1B$a1B', 'tooShort'],
    ['password1', 'weak'],
    ['aaaaaaaaaaaaaaaaaaaaaa', 'weak'],
    ['12345678901234567890', 'weak'],
    ['correct horse battery staple', 'strong'],
    ['Tr0ub4dor', 'fair'],
    ['四个词组成的口令', 'fair'],
    ['水箱 北风 七号 墨水 雨伞', 'strong'],
  ])('%j is %s', (passphrase, strength) => {
    expect(strengthOf(passphrase)).toBe(strength);
  });
});

describe('times', () => {
  it('says how long ago', () => {
    const now = 100 * 86_400_000;
    expect(relativeTime(now - 3_000, now, 'en')).toBe('3 seconds ago');
    expect(relativeTime(now, now, 'en')).toBe('now');
    expect(relativeTime(now + 1_500, now, 'en'), 'the clock of the page ticks').toBe('now');
    expect(relativeTime(now + 60_000, now, 'en')).toBe('in 1 minute');
    expect(relativeTime(now - 119_000, now, 'en')).toBe('1 minute ago');
    expect(relativeTime(now - 26 * 3_600_000, now, 'en')).toBe('yesterday');
    expect(relativeTime(now - 3_600_000, now, 'zh-CN')).toBe('1小时前');
  });

  it('counts down', () => {
    expect(countdown(284_000)).toBe('4:44');
    expect(countdown(4_001)).toBe('0:05');
    expect(countdown(-5)).toBe('0:00');
  });
});
