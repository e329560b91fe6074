/**
 * Lies in state transfer: promises of blocks that do not exist, headers that lead nowhere, and blocks with the content
 * of others.
 * @module
 */
import type { PeerMessage } from '../../../../src/main/consensus/messages.ts';
import type { Behaviour } from './node.ts';

export function lyingSource(): Behaviour {
  let lastBlock: Extract<PeerMessage, { type: 'block' }> | null = null;
  return {
    outgoing: (self, _to, message) => {
      switch (message.type) {
        case 'beacon':
          if (self.random.chance(0.5)) return undefined;
          return [
            { ...message, stableHeight: message.stableHeight + 1_000, tipHeight: message.tipHeight + 1_000 },
          ];
        case 'headers':
          return [
            self.random.chance(0.5) ? { ...message, headers: message.headers.slice(1) } : falseHash(message),
          ];
        case 'block': {
          const said =
            lastBlock === null ? { ...message, requests: [] } : { ...message, requests: lastBlock.requests };
          lastBlock = message;
          return [said];
        }
        case 'orders':
          return [message, message, message];
        default:
          return undefined;
      }
    },
  };
}

function falseHash(message: Extract<PeerMessage, { type: 'headers' }>): PeerMessage {
  const certificate = { ...message.certificate, hash: 'cd'.repeat(32) };
  return { ...message, certificate };
}
