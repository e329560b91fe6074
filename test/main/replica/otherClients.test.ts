/** What one client does is nothing to another: over real sockets. */
import { describe, expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  toClientCodec,
  toReplicaCodec,
  type ToClientMessage,
} from '../../../src/main/consensus/messages.ts';
import { makeBlocks, orderMessage } from '../../support/consensus.ts';
import type { TestNetwork } from '../../support/ledger.ts';
import { eventually, type Events } from '../network/harness.ts';
import { connectClient, endListening, startOneOfFour } from './oneOfFour.ts';

function told(events: Events, { genesis }: TestNetwork): readonly ToClientMessage[] {
  return events
    .of('peerMessage')
    .map(({ bytes }) => decodeMessage(toClientCodec, bytes, maxMessageBytes(genesis)));
}

describe('a request that another client sends with a broken signature', () => {
  it('is refused to that client alone', async () => {
    const all = await startOneOfFour();
    await endListening(all);
    const { network, replica, liar } = all;
    const [accepted] = makeBlocks(network, 'A', 1);
    const [request] = accepted!.block.requests;
    const honest = await connectClient(all);
    honest.network.send(3, encodeMessage(toReplicaCodec, { type: 'request', request: request!.bytes }));
    // It is here, and the client waits for it.
    await eventually(() => replica.status().standing.pendingRequests === 1);

    const broken = Uint8Array.from(request!.bytes);
    broken[broken.length - 1]! ^= 1;
    const faulty = await connectClient(all);
    faulty.network.send(3, encodeMessage(toReplicaCodec, { type: 'request', request: broken }));
    await faulty.events.nth('peerMessage');
    expect(told(faulty.events, network)).toMatchObject([
      { type: 'refusal', error: { code: 'request.badSignature' } },
    ]);

    liar.network.sendToPeer(3, encodeMessage(peerMessageCodec, orderMessage(accepted!)));
    await honest.events.nth('peerMessage');
    expect(told(honest.events, network)).toMatchObject([{ type: 'response', requestId: request!.id }]);
  });
});
