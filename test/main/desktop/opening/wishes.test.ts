/** What starts, links and paths ask for. */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OPENING_NAME_CHARS_MAX } from '../../../../src/shared/contract/opening.ts';
import { wishOfLink, wishOfPath, wishesOfArguments } from '../../../../src/main/desktop/opening/wishes.ts';

const FOLDER = resolve('/home/ada/work');
const refused = (code: string): object => ({ kind: 'refused', error: { code } });

describe('arguments', () => {
  it('name files and links in their order, and switches are none of them', () => {
    const elsewhere = resolve('/srv/b 1%.CSREQ');
    expect(
      wishesOfArguments(
        [
          '--hidden',
          'a.csreceipt',
          '--allow-file-access-from-files',
          pathToFileURL(elsewhere).href,
          'countersign://open/blocks/12',
          '',
          '../c.csdraft',
          '--',
        ],
        FOLDER,
      ),
    ).toEqual([
      { kind: 'file', name: 'a.csreceipt', as: 'receipt', path: join(FOLDER, 'a.csreceipt') },
      { kind: 'file', name: 'b 1%.CSREQ', as: 'request', path: elsewhere },
      { kind: 'page', name: 'countersign://open/blocks/12', path: '/blocks/12' },
      { kind: 'file', name: 'c.csdraft', as: 'draft', path: resolve('/home/ada/c.csdraft') },
    ]);
  });

  it('SECURITY 2: of another kind, on another machine, or with a hidden end are refused, each with its reason', () => {
    const argv = [
      'grades.csv',
      'https://example.org/a.csreceipt?x',
      'file://server/share/a.csreceipt',
      'file:///home/a%00.csreceipt',
      'file:///home/a%2fb.csreceipt',
      'countersign://console/keys',
      'a.csreceipt\0.txt',
      'csreceipt',
    ];
    expect(wishesOfArguments(argv, FOLDER)).toMatchObject([
      refused('opening.unknownKind'),
      refused('opening.unknownKind'),
      refused('opening.unknownKind'),
      refused('opening.unknownKind'),
      refused('opening.unknownKind'),
      refused('opening.linkHost'),
      refused('opening.unknownKind'),
      refused('opening.unknownKind'),
    ]);
  });
});

it('cuts a long name where it is shown', () => {
  const long = `${'a'.repeat(1_000)}.csreceipt`;
  expect(wishOfPath(long, FOLDER)).toMatchObject({ kind: 'file', path: join(FOLDER, long) });
  expect(wishOfPath(long, FOLDER).name).toHaveLength(OPENING_NAME_CHARS_MAX);
  expect(wishOfLink(`countersign:${long}`).name).toHaveLength(OPENING_NAME_CHARS_MAX);
});
