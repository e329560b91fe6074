/**
 * False answers to clients: blocks that do not exist, the tag of no view, and finality that nobody voted for.
 * @module
 */
import { encodeMessage, toClientCodec } from '../../../../src/main/consensus/messages.ts';
import { viewTag } from '../../../../src/main/ledger/statement.ts';
import type { Behaviour } from './node.ts';

export function falseAnswers(): Behaviour {
  return {
    request: (self, client, { id: requestId }) => {
      const height = self.random.integer(1, 5);
      const known = self.inner.isUp ? self.inner.store.header(height)?.hash : undefined;
      const hash = known ?? 'ef'.repeat(32);
      const tag = viewTag(self.world.network.networkId, self.epoch, self.view + self.random.integer(0, 1));
      for (const message of [
        { type: 'response', requestId, epoch: self.epoch, height, hash, tag },
        { type: 'final', requestId, height, hash },
      ] as const) {
        self.world.carryToClient(self.node, client, encodeMessage(toClientCodec, message));
      }
      return false;
    },
  };
}
