/** Statements for the sign guard's tests, and a signer that costs a hash. */
import { createHash } from 'node:crypto';
import { SignGuard } from '../../../../src/main/keys/guard/signGuard.ts';
import type { Signer } from '../../../../src/main/keys/signer.ts';
import type { Statement } from '../../../../src/main/ledger/statement.ts';
import { toHex } from '../../../../src/shared/encoding/hex.ts';
import type { GuardDisk } from '../../../support/guardDisk.ts';

export const NETWORK_ID = '4e'.repeat(32);
export const PUBLIC_KEY = '5c'.repeat(32);
export const OWNER = { networkId: NETWORK_ID, publicKey: PUBLIC_KEY };
/** L of the tests. */
export const WINDOW_BLOCKS = 4;

/** The guard's own signer stays out of the way: 64 bytes that stand for key and digest. */
const signer: Signer = {
  publicKey: PUBLIC_KEY,
  sign: (digest) => createHash('sha512').update(PUBLIC_KEY).update(digest).digest('hex'),
  dispose: () => undefined,
};

export async function open(file: GuardDisk, spareFrames = 16): Promise<SignGuard> {
  return await SignGuard.open({
    signer,
    networkId: NETWORK_ID,
    windowBlocks: WINDOW_BLOCKS,
    file,
    spareFrames,
  });
}

/** A new log, and its guard. */
export async function begin(file: GuardDisk): Promise<SignGuard> {
  await SignGuard.create(OWNER, file);
  return await open(file);
}

/** A hash that stands for the content number `content`. */
export const hashOf = (content: number) => toHex(new Uint8Array(32).fill(content));

export const commit = (view: number, height: number, content = 1, epoch = 0): Statement => ({
  type: 'localCommit',
  epoch,
  view,
  height,
  hash: hashOf(content),
});
export const order = (view: number, height: number, content = 1): Statement =>
  ({
    ...commit(view, height, content),
    type: 'order',
  }) as Statement;
export const vote = (view: number, height: number, content = 1, state = content): Statement => ({
  type: 'checkpointVote',
  epoch: 0,
  view,
  height,
  hash: hashOf(content),
  stateDigest: hashOf(state),
});
export const change = (type: 'viewChange' | 'newView', view: number, content = 1, epoch = 0): Statement => ({
  type,
  epoch,
  view,
  contentDigest: hashOf(content),
});
