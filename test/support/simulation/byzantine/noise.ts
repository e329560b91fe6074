/**
 * Replays of everything ever heard, and messages that are no messages, or of random content.
 * @module
 */
import {
  encodeMessage,
  peerMessageCodec,
  type PeerMessage,
} from '../../../../src/main/consensus/messages.ts';
import type { Behaviour, ByzantineReplica } from './node.ts';

/** Most messages that are remembered. */
const MEMORY_MAX = 200;

/** Sends old messages again, its own and others', to anybody. */
export function replaying(): Behaviour {
  const heard: PeerMessage[] = [];
  const keep = (self: ByzantineReplica, message: PeerMessage) => {
    if (message.type === 'beacon') return;
    if (heard.length < MEMORY_MAX) heard.push(message);
    else heard[self.random.integer(0, MEMORY_MAX - 1)] = message;
  };
  return {
    incoming: (self, _from, message) => {
      keep(self, message);
      return false;
    },
    outgoing: (self, _to, message) => {
      keep(self, message);
      return undefined;
    },
    everyMs: 15,
    tick: (self) => {
      if (heard.length > 0) self.send(self.random.pick(self.others), self.random.pick(heard));
    },
  };
}

/** Bytes at random, true messages with a byte changed, and true messages with other numbers in them. */
export function garbage(): Behaviour {
  let last: PeerMessage | null = null;
  return {
    incoming: (_self, _from, message) => {
      last = message;
      return false;
    },
    everyMs: 25,
    tick: (self) => {
      const to = self.random.pick(self.others);
      if (last === null || self.random.chance(0.2)) {
        self.sendBytes(
          to,
          Uint8Array.from({ length: self.random.integer(0, 60) }, () => self.random.integer(0, 255)),
        );
      } else if (self.random.chance(0.4)) {
        const bytes = encodeMessage(peerMessageCodec, last).slice();
        bytes[self.random.integer(0, bytes.length - 1)] = self.random.integer(0, 255);
        self.sendBytes(to, bytes);
      } else self.send(to, altered(self, last));
    },
  };
}

/** The message with its numbers changed, signed anew where this replica's signature stands under it. */
function altered(self: ByzantineReplica, message: PeerMessage): PeerMessage {
  const number = (value: number) => Math.max(0, value + self.random.integer(-2, 3));
  switch (message.type) {
    case 'localCommit':
    case 'checkpointVote': {
      const { signature: _signature, ...statement } = message;
      const changed = { ...statement, view: number(message.view), height: number(message.height) };
      return { ...changed, signature: self.sign(changed) };
    }
    case 'beacon':
      return {
        ...message,
        view: number(message.view) + (self.random.chance(0.1) ? 1_000_000 : 0),
        target: number(message.target),
        stableHeight: number(message.stableHeight) + (self.random.chance(0.2) ? 1_000_000 : 0),
        tipHeight: number(message.tipHeight),
      };
    case 'getOrders':
    case 'getHeaders':
      return { ...message, fromHeight: number(message.fromHeight) };
    case 'getNewView':
    case 'suspect':
      return { ...message, view: number(message.view) };
    case 'orderedRequest':
      return { ...message, view: number(message.view) };
    default:
      return message;
  }
}
