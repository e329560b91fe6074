/**
 * Byzantine clients: they have a registered supervisor's key, and misuse it, or have none at all.
 * @module
 */
import {
  encodeMessage,
  toReplicaCodec,
  type ToReplicaMessage,
} from '../../../../src/main/consensus/messages.ts';
import { viewTag } from '../../../../src/main/ledger/statement.ts';
import type { Simulation } from '../../simulation.ts';
import { signedRequest } from '../../../../src/main/ledger/request.ts';
import { signedRequestOf } from '../requests.ts';
import { STRANGER } from '../signatures.ts';

/** Number of the client as which they appear: nobody answers it. */
const NOBODY = -1;

const CLIENTS = {
  /** Commits blocks that do not exist, in views that do not exist. */
  falseCommits: (simulation: Simulation) => {
    const { random, network } = simulation;
    const height = random.integer(0, 6);
    const known = simulation.up[0]?.store.header(height)?.hash;
    const hash = known !== undefined && random.chance(0.5) ? known : 'ab'.repeat(32);
    const tag = viewTag(network.networkId, 0, random.integer(0, 3));
    sendSome(simulation, { type: 'commit', height, hash, tag });
  },
  /** Valid requests of one key, to some replicas only. */
  flood: (simulation: Simulation) => {
    for (let request = 0; request < 3; request++) {
      sendSome(simulation, { type: 'request', request: simulation.request({ supervisor: 1 }).bytes });
    }
  },
  /** A request of somebody who is no supervisor: well signed, by a key that nobody registered. */
  stranger: (simulation: Simulation) => {
    const { network, edge } = simulation;
    const parts = { timestampMs: simulation.trueTimeMs, title: 'of a stranger', stranger: STRANGER };
    sendSome(simulation, {
      type: 'request',
      request: signedRequestOf(network, edge.signatures, parts).bytes,
    });
  },
  /** Requests whose signature does not hold, for another time than was signed, and bytes that are none. */
  invalid: (simulation: Simulation) => {
    const { random } = simulation;
    const bytes = simulation.request({ supervisor: 1 }).bytes.slice();
    bytes[random.integer(0, bytes.length - 1)]! ^= 1;
    sendSome(simulation, { type: 'request', request: bytes });
  },
  /** The supervisor's own request, and the same signature under other content, each to some replicas. */
  altered: (simulation: Simulation) => {
    const request = simulation.request({ supervisor: 1 });
    const { signature, payload, ...draft } = request;
    const other = signedRequest({ ...draft, payload: { ...payload, remark: 'something else' } }, signature);
    for (const { bytes } of [request, other]) sendSome(simulation, { type: 'request', request: bytes });
  },
} satisfies Record<string, (simulation: Simulation) => void>;

export type FaultyClientName = keyof typeof CLIENTS;

export const FAULTY_CLIENT_NAMES = Object.keys(CLIENTS) as readonly FaultyClientName[];

/** Lets a Byzantine client act once. */
export function actAsFaultyClient(simulation: Simulation, name: FaultyClientName): void {
  CLIENTS[name](simulation);
}

function sendSome(simulation: Simulation, message: ToReplicaMessage): void {
  const bytes = encodeMessage(toReplicaCodec, message);
  for (const { index } of simulation.replicas) {
    if (simulation.random.chance(0.6)) simulation.carryFromClient(NOBODY, index, bytes);
  }
}
