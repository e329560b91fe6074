/**
 * LocalCommits and votes for whatever anybody else names, for blocks it never had, and for two blocks at once.
 * @module
 */
import type { CheckpointVoteMessage, LocalCommitMessage } from '../../../../src/main/consensus/messages.ts';
import type { Behaviour, ByzantineReplica } from './node.ts';

/** Echoes every localCommit and vote under its own signature and adds false ones. */
export function falseVotes(falsehood: number): Behaviour {
  return {
    incoming: (self, from, message) => {
      if (message.type === 'localCommit' || message.type === 'checkpointVote')
        echo(self, from, message, falsehood);
      return false;
    },
  };
}

function echo(
  self: ByzantineReplica,
  from: number,
  message: LocalCommitMessage | CheckpointVoteMessage,
  falsehood: number,
): void {
  if (self.colluders.includes(from)) return;
  const { signature: _signature, ...statement } = message;
  for (const member of self.colluders) {
    if (member !== self.index) continue;
    self.send(from, { ...statement, signature: self.sign(statement) });
  }
  if (statement.type === 'localCommit') {
    // A vote for what has no certificate yet: it makes the quorum of votes smaller by one.
    const header = self.inner.isUp ? self.inner.store.header(statement.height) : undefined;
    if (header?.hash === statement.hash) {
      const vote = { ...statement, type: 'checkpointVote', stateDigest: header.stateDigest } as const;
      self.send(from, { ...vote, signature: self.sign(vote) });
    }
  }
  if (!self.random.chance(falsehood)) return;
  const hash = 'ab'.repeat(32);
  const false_ = { ...statement, hash, height: statement.height + self.random.integer(0, 2) };
  self.toAll({ ...false_, signature: self.sign(false_) });
}
