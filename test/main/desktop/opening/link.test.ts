/** Links from outside: each names one page of the router, or nothing at all. */
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINK_CHARS_MAX, LINK_PAGES, isLink, pageOfLink } from '../../../../src/main/desktop/opening/link.ts';
import { codeOf } from './codeOf.ts';

const HASH = 'a1'.repeat(32);
const EPOCH_PAGE = '/evidence/2?epoch=3';

describe('a link', () => {
  it.each([
    ['countersign://open', '/'],
    ['countersign://open/', '/'],
    ['countersign://open/blocks/12', '/blocks/12'],
    ['countersign://open/blocks/12/', '/blocks/12'],
    ['COUNTERSIGN://OPEN/blocks', '/blocks'],
    [`countersign://open/requests/${HASH}`, `/requests/${HASH}`],
    ['countersign://open/evidence/2', '/evidence/2'],
    [`countersign://open${EPOCH_PAGE}`, EPOCH_PAGE],
    [
      'countersign://open/search?q=%E6%88%90%E7%BB%A9&kind=document',
      '/search?q=%E6%88%90%E7%BB%A9&kind=document',
    ],
    [
      'countersign://open/inbox/6b0f6a3e-3a2e-4d55-9b0e-1d4f2c1a7f10',
      '/inbox/6b0f6a3e-3a2e-4d55-9b0e-1d4f2c1a7f10',
    ],
  ])('%s names %s', (link, page) => {
    expect(isLink(link)).toBe(true);
    expect(pageOfLink(link)).toBe(page);
  });

  it.each([
    'countersign:',
    'countersign:open/blocks',
    'countersign:///blocks',
    'countersign://console/blocks',
    'countersign://confirm/',
    'countersign://open.example/blocks',
    'countersign://open:80/blocks',
    'countersign://somebody@open/blocks',
    'countersign://open\\blocks',
    'https://open/blocks',
  ])('SECURITY 2: %s is of another host, and names nothing', (link) => {
    expect(codeOf(() => pageOfLink(link))).toBe('opening.linkHost');
  });

  it.each([
    '/..%2fblocks',
    '/%2e%2e/blocks',
    '/../blocks',
    '/blocks/../keys',
    '//blocks',
    '/blocks//',
    '/blocks/12#sign',
    '/blocks?do=sign',
    '/blocks/-1',
    '/blocks/1e3',
    '/blocks/1234567890123456',
    `/requests/${HASH.toUpperCase()}`,
    '/requests/12',
    '/evidence/2?epoch=3&epoch=4',
    '/search?',
    '/search?q=%',
    '/search?q=%C0%80',
    '/search?q=<script>',
    '/inbox/..',
    '/inbox/a/sign',
    '/keys/unlock',
    '/sign',
    '/BLOCKS',
    '/blocks\n',
    '/blocks\u202e',
    '?token=1',
    '#/keys',
  ])('SECURITY 2: %j is no page, and names nothing', (rest) => {
    expect(codeOf(() => pageOfLink(`countersign://open${rest}`))).toBe('opening.linkPage');
  });

  it('SECURITY 2: that is too long is not even read', () => {
    const begin = 'countersign://open/search?q=';
    const longest = begin.padEnd(LINK_CHARS_MAX, 'a');
    expect(pageOfLink(longest)).toHaveLength(LINK_CHARS_MAX - 'countersign://open'.length);
    expect(codeOf(() => pageOfLink(`${longest}a`))).toBe('opening.linkTooLong');
  });

  it('SECURITY 2: whatever follows the host is refused, or an address of exactly one page, as it was written', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        '..',
        '%2f',
        '%2e',
        '?',
        '#',
        '\\',
        'blocks',
        'keys',
        'search',
        'q=',
        '&',
        '12',
        '\0',
        '@',
        ':',
      ],
    );
    const rest = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary', maxLength: 40 }),
    );
    fc.assert(
      fc.property(rest, (text) => {
        const link = `countersign://open/${text}`;
        const code = codeOf(() => pageOfLink(link));
        if (code !== null) {
          expect(code).toMatch(/^opening\.link/);
          return;
        }
        const page = pageOfLink(link);
        expect(LINK_PAGES.filter(({ address }) => address.test(page))).toHaveLength(1);
        expect(`/${text}`).toContain(page);
        const url = new URL(page, 'https://console.example');
        // Nothing changes where it leads when it is read as an address.
        expect([url.host, `${url.pathname}${url.search}`, url.hash]).toEqual(['console.example', page, '']);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('names every page of the router, and no other', async () => {
  const router = await readFile(join(import.meta.dirname, '../../../../src/renderer/router.ts'), 'utf8');
  const routes = [...router.matchAll(/^ {4}path: '(.*)',$/gm)].map(([, route]) =>
    route!.replaceAll('\\\\', '\\'),
  );
  expect(routes.length).toBeGreaterThan(10);
  expect(LINK_PAGES.map(({ route }) => route)).toEqual(routes.filter((route) => !route.startsWith('/:path')));
});
