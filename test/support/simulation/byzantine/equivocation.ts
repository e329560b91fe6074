/**
 * Two faces: to one half of the others each block that this primary orders is another than to the other half, and it
 * supports both, with its own localCommits and votes and with those of whoever colludes.
 * @module
 */
import type { PeerMessage } from '../../../../src/main/consensus/messages.ts';
import { hashed, type HashedHeader } from '../../../../src/main/ledger/block.ts';
import type { Behaviour, ByzantineReplica } from './node.ts';

/** Who sees the second face: fixed for a run by `split`. */
export function twoFaced(split: number): Behaviour {
  const seesOther = (to: number) => ((split >> to) & 1) === 1;
  return {
    outgoing: (self, to, message) => (seesOther(to) ? otherFace(self, message) : undefined),
  };
}

/** The members of a coalition show the second face of what another member ordered, too. */
export function accomplice(split: number): Behaviour {
  return twoFaced(split);
}

function otherFace(self: ByzantineReplica, message: PeerMessage): readonly PeerMessage[] | undefined {
  switch (message.type) {
    case 'orderedRequest': {
      const { view } = message;
      if (view % self.replicas !== self.index) return undefined;
      const header = otherHeader(self, message.header);
      const { epoch, height, hash } = header;
      const signature = self.sign({ type: 'order', epoch, view, height, hash });
      return [{ ...message, header, signature }];
    }
    case 'localCommit': {
      const { signature: _signature, ...statement } = message;
      const hash = self.coalition.otherFace.get(message.hash);
      if (hash === undefined) return undefined;
      const other = { ...statement, hash };
      return [{ ...other, signature: self.sign(other) }];
    }
    case 'checkpointVote': {
      const { signature: _signature, ...statement } = message;
      const hash = self.coalition.otherFace.get(message.hash);
      if (hash === undefined) return undefined;
      const other = { ...statement, hash };
      return [{ ...other, signature: self.sign(other) }];
    }
    case 'orders':
    case 'viewChange':
    case 'newView':
      // What would give it away.
      return self.random.chance(0.5) ? [] : undefined;
    default:
      return undefined;
  }
}

/** The same content a little later, on the second face of the parent: another block in every way that counts. */
function otherHeader({ coalition }: ByzantineReplica, header: HashedHeader): HashedHeader {
  const previousHash = coalition.otherFace.get(header.previousHash) ?? header.previousHash;
  const { hash: _hash, ...fields } = header;
  const other = hashed({ ...fields, previousHash, timeMs: header.timeMs + 1 });
  coalition.otherFace.set(header.hash, other.hash);
  return other;
}
