import { expect, it } from 'vitest';
import { APP_ID, identifyToWindows } from '../../../src/main/desktop/identity.ts';

it.each([
  ['win32', true, [APP_ID]],
  // It must not pass for the program that is installed beside it.
  ['win32', false, []],
  ['linux', true, []],
  ['darwin', true, []],
] as const)('on %s, packaged %s, says %j', (platform, isPackaged, wanted) => {
  const said: string[] = [];
  identifyToWindows({ isPackaged, setAppUserModelId: (id) => said.push(id) }, platform);
  expect(said).toEqual(wanted);
});
