/** What is told of votes. What they lead to is in the scenarios. */
import { describe, expect, it } from 'vitest';
import { LoneReplica, announced, localCommit, makeBlocks, stableAt } from '../../../support/consensus.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const [block, other] = [makeBlocks(network, 'blocks', 1)[0]!, makeBlocks(network, 'others', 1)[0]!];
const { hash } = block.block.header;
const LATE = 2;

describe('votes', () => {
  it('are told as they come in, with the block that they are for', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, block);
    const vote = localCommit(network, 1, block.block.header);
    expect(announced(replica.hear(1, vote), 'vote')).toEqual([
      { type: 'vote', phase: 'localCommit', replica: 1, height: 1, hash },
      // It joins the round, and its own comes back signed.
      { type: 'vote', phase: 'localCommit', replica: 3, height: 1, hash },
    ]);
    expect(announced(replica.hear(1, vote), 'vote')).toEqual([]);
  });

  it('are told for the last stable checkpoint, too, and count for nothing there', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, block);
    expect(
      announced(replica.hear(1, { type: 'stable', certificate: stableAt(network, [block]) }), 'stable'),
    ).toHaveLength(1);
    const effects = replica.hear(LATE, localCommit(network, LATE, block.block.header));
    expect(announced(effects, 'vote')).toEqual([
      { type: 'vote', phase: 'localCommit', replica: LATE, height: 1, hash },
    ]);
    expect(replica.consensus.holdings.localCommits).toBe(0);
    const elsewhere = localCommit(network, LATE, other.block.header);
    expect(announced(replica.hear(LATE, elsewhere), 'vote')).toEqual([]);
    const earlier = localCommit(network, LATE, { ...block.block.header, height: 0 });
    expect(announced(replica.hear(LATE, earlier), 'vote')).toEqual([]);
  });
});
