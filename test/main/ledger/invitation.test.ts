import { describe, expect, it } from 'vitest';
import { composeGenesis } from '../../../src/main/ledger/composeGenesis.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import { renderGenesisFile } from '../../../src/main/ledger/genesisFile.ts';
import {
  INVITATION_CHARS_MAX,
  readGenesisText,
  renderInvitation,
} from '../../../src/main/ledger/invitation.ts';
import { enoughCards } from '../../support/cards.ts';
import { caught } from '../../support/errors.ts';

const genesis = composeGenesis({ name: 'Büro 办公室', createdAtMs: 1_767_225_600_000, cards: enoughCards() });
const invitation = renderInvitation(genesis);

describe('an invitation', () => {
  it('is the genesis, as the file is', () => {
    expect(invitation).toMatch(/^csinv1\.[A-Za-z0-9_-]+$/);
    expect(readGenesisText(invitation)).toEqual(genesis);
    expect(readGenesisText(renderGenesisFile(genesis))).toEqual(genesis);
    expect(readGenesisText(`\n  ${renderGenesisFile(genesis)}`)).toEqual(genesis);
  });

  it('holds the very bytes of the file', () => {
    const bytes = Buffer.from(invitation.slice('csinv1.'.length), 'base64url');
    expect(bytes.subarray(8).toString()).toBe(renderGenesisFile(genesis));
  });

  it('may be broken into lines', () => {
    expect(readGenesisText(` ${invitation.replace(/(.{60})/g, '$1\r\n')}\n`)).toEqual(genesis);
  });

  it('is refused with any bit of it flipped', () => {
    const bytes = Buffer.from(invitation);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(caught(() => readGenesisText(flipped.toString('utf8'))).code, `bit ${bit}`).toBe(
        'invitation.invalid',
      );
    }
  });

  it('is refused with any of its ends missing', () => {
    for (const length of [0, 1, 7, 8, 20, invitation.length - 2, invitation.length - 1]) {
      expect(caught(() => readGenesisText(invitation.slice(0, length))).code).toBe('invitation.invalid');
    }
    expect(caught(() => readGenesisText(invitation.slice(1))).code).toBe('invitation.invalid');
  });

  it.each([
    ['', 'must begin with csinv1.'],
    ['hello', 'must begin with csinv1.'],
    [invitation.replace('csinv1', 'csinv2'), 'another version'],
    ['csinv1.', 'characters that do not belong'],
    ['csinv1.AAAA', 'checksum'],
    ['csinv1.====', 'characters that do not belong'],
    ['csinv1.AB', 'last character'],
    [`csinv1.${'A'.repeat(INVITATION_CHARS_MAX)}`, 'too long'],
  ])('case %# is none: %s', (text, problem) => {
    const error = caught(() => readGenesisText(text));
    expect(error.code).toBe('invitation.invalid');
    expect(error.message).toContain(problem);
  });

  it('of too large a genesis is not made', () => {
    const many: Genesis = {
      ...genesis,
      supervisors: Array.from({ length: 2_500 }, (_, index) => ({
        name: `Supervisor ${index}`,
        organisation: 'Organisation',
        publicKey: index.toString(16).padStart(64, '0'),
      })),
    };
    expect(caught(() => renderInvitation(many)).code).toBe('encoding.tooLarge');
  });
});

describe('a genesis file', () => {
  it('is refused with any bit of it flipped', () => {
    const bytes = Buffer.from(renderGenesisFile(genesis));
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => readGenesisText(flipped.toString('utf8')), `bit ${bit}`).toThrow();
    }
  });
});
