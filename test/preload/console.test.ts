/** The preload's list of channels is the contract's. */
import { expect, it } from 'vitest';
import { CHANNEL_NAMES } from '../../src/shared/contract/channels.ts';
import { PRELOAD_CHANNELS } from '../../src/shared/contract/names.ts';

it('lets every channel of the contract pass, and no other', () => {
  expect([...PRELOAD_CHANNELS]).toEqual(CHANNEL_NAMES);
});
