/**
 * One replica's agreement for tests: what it asks for is done at once, and what it would send is returned. Everything
 * else, other replicas and the clock, is the test's to play.
 * @module
 */
import { Consensus } from '../../src/main/consensus/consensus.ts';
import { DEFAULT_OPTIONS, membershipAt, type ConsensusOptions } from '../../src/main/consensus/config.ts';
import type {
  AcceptedBlock,
  Announcement,
  Effect,
  Input,
  PersistOperation,
  TimerName,
} from '../../src/main/consensus/effects.ts';
import { RUN_TOKEN_BYTES } from '../../src/main/consensus/messages.ts';
import type {
  BeaconMessage,
  BlockMessage,
  HeadersMessage,
  LocalCommitMessage,
  NewViewMessage,
  OrderedRequestMessage,
  PeerMessage,
  ViewChangeMessage,
} from '../../src/main/consensus/messages.ts';
import type { Block, HashedHeader } from '../../src/main/ledger/block.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import type {
  CheckpointCertificate,
  LocalCommitStatement,
  Statement,
} from '../../src/main/ledger/statement.ts';
import { newViewStatement, type ViewChange } from '../../src/main/ledger/viewChange.ts';
import type { Hex } from '../../src/shared/encoding/hex.ts';
import { signViewChange } from './evidence.ts';
import {
  GENESIS_TIME_MS,
  TestChain,
  makeCheckpointCertificate,
  signStatement,
  type TestNetwork,
} from './ledger.ts';
import { DurableStore } from './simulation/durable.ts';

/** Later than the blocks of the tests, and within the skew that a clock may have. */
export const NOW_MS = GENESIS_TIME_MS + 60_000;

/** A replica alone: its inputs come from the test. */
export class LoneReplica {
  readonly network: TestNetwork;
  readonly index: number;
  readonly store: DurableStore;
  /** Everything that it has signed, across restarts. */
  readonly signed: Statement[] = [];
  /** The timers that run, and for how long they were set. */
  readonly timers = new Map<TimerName, number>();
  readonly ownKey: Hex;
  readonly #options: ConsensusOptions;
  /** Whether the others tell it at each start that they have nothing of it. */
  isAnswered = true;
  #runs = 0;
  nowMs = NOW_MS;
  consensus!: Consensus;

  /** `before`: what is durable when it first starts. `ownKey`: of one that the genesis does not name. */
  constructor(
    network: TestNetwork,
    index: number,
    options: Partial<ConsensusOptions> = {},
    before: readonly PersistOperation[] = [],
    ownKey?: Hex,
  ) {
    this.ownKey = ownKey ?? network.genesis.replicas[index]!.publicKey;
    this.network = network;
    this.index = index;
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.store = new DurableStore(network.genesis);
    this.store.commit(before);
    this.restart();
  }

  get standing() {
    return this.consensus.standing;
  }

  /** Starts it from what is durable. */
  restart(): readonly Effect[] {
    const { genesis } = this.network;
    const durable = this.store.load();
    const membership = membershipAt(genesis, durable, this.ownKey);
    this.timers.clear();
    this.consensus = new Consensus(genesis, membership, this.#options, durable);
    const token = (++this.#runs).toString(16).padStart(2 * RUN_TOKEN_BYTES, '0');
    const start: Input = { type: 'start', token, signed: [] };
    if (!this.isAnswered) return this.give(start);
    const { epoch, ownIndex, replicas } = membership;
    const others = replicas.map((_, index) => index).filter((index) => index !== ownIndex);
    return this.give(start, ...others.map((from) => recall(from, token, epoch)));
  }

  /** Takes an input, and all signatures that it leads to. Returns everything that it asked for. */
  give(...inputs: readonly Input[]): readonly Effect[] {
    const effects: Effect[] = [];
    let waiting = inputs;
    while (waiting.length > 0) {
      const group = [
        ...waiting.flatMap((input) => this.consensus.step(input, this.nowMs)),
        ...this.consensus.flush(this.nowMs),
      ];
      this.#carryOut(group);
      effects.push(...group);
      waiting = group.flatMap((effect) => (effect.type === 'sign' ? [this.#sign(effect.statement)] : []));
    }
    return effects;
  }

  /** A message from the replica `from`. */
  hear(from: number, message: PeerMessage, bodies: readonly SignedRequest[] = []): readonly Effect[] {
    return this.give({ type: 'peerMessage', from, message, bodies });
  }

  /** The order of a block from `from`, with all its bodies. */
  hearOrder(from: number, accepted: AcceptedBlock): readonly Effect[] {
    return this.hear(from, orderMessage(accepted), accepted.block.requests);
  }

  /** The content of a block from `from`. */
  hearBlock(from: number, block: Block): readonly Effect[] {
    return this.hear(from, blockMessage(block), block.requests);
  }

  /** A timer rings. */
  ring(timer: TimerName): readonly Effect[] {
    this.timers.delete(timer);
    return this.give({ type: 'timer', timer });
  }

  #carryOut(effects: readonly Effect[]): void {
    this.store.commit(effects.flatMap((effect) => (effect.type === 'persist' ? [effect.operation] : [])));
    for (const effect of effects) {
      if (effect.type === 'setTimer') this.timers.set(effect.timer, effect.delayMs);
      if (effect.type === 'clearTimer') this.timers.delete(effect.timer);
    }
  }

  #sign(statement: Statement): Input {
    this.signed.push(statement);
    return { type: 'signed', statement, signature: signStatement(this.network, this.index, statement) };
  }
}

/** What `from` has of a replica, as an input of that replica: nothing. */
function recall(from: number, token: Hex, epoch: number): Input {
  return {
    type: 'peerMessage',
    from,
    message: { type: 'recall', epoch, token, statements: [] },
    bodies: [],
  };
}

/** `count` blocks after `prefix`, each of one request. Another `name` gives other blocks. */
export function makeBlocks(
  network: TestNetwork,
  name: string,
  count: number,
  prefix: readonly AcceptedBlock[] = [],
  view = 0,
): readonly AcceptedBlock[] {
  const chain = new TestChain(network);
  for (const { block } of prefix) chain.append(block.requests);
  return Array.from({ length: count }, () => chain.append(chain.requests(1, name), view));
}

export function headersOf(accepted: readonly AcceptedBlock[]): readonly HashedHeader[] {
  return accepted.map(({ block }) => block.header);
}

/** The message in which the primary orders a block, with all its bodies. */
export function orderMessage({ block, order }: AcceptedBlock): OrderedRequestMessage {
  const { header, requests, evidence } = block;
  const references = requests.map(({ timestampMs, id }) => ({ timestampMs, id }));
  const bodies = requests.map(({ bytes }) => bytes);
  return { type: 'orderedRequest', ...order!, header, references, bodies, evidence };
}

export function blockMessage({ header: { height, hash }, requests, evidence }: Block): BlockMessage {
  return { type: 'block', height, hash, requests: requests.map(({ bytes }) => bytes), evidence };
}

/** The answer to `getHeaders` that certifies the last of these blocks in `view`. */
export function headersMessage(
  network: TestNetwork,
  accepted: readonly AcceptedBlock[],
  view = 0,
): HeadersMessage {
  return { type: 'headers', headers: headersOf(accepted), certificate: stableAt(network, accepted, view) };
}

/** A checkpoint certificate for the last of these blocks. */
export function stableAt(
  network: TestNetwork,
  accepted: readonly AcceptedBlock[],
  view = 0,
): CheckpointCertificate {
  return makeCheckpointCertificate(network, accepted.at(-1)!.block.header, view);
}

/** The localCommit of the replica `replica` for a block. */
export function localCommit(
  network: TestNetwork,
  replica: number,
  { epoch, height, hash }: HashedHeader,
  view = 0,
): LocalCommitMessage {
  const statement: LocalCommitStatement = { type: 'localCommit', epoch, view, height, hash };
  return { ...statement, signature: signStatement(network, replica, statement) };
}

/** The message with which the replica `replica` asks for the view in `viewChange`. */
export function viewChangeMessage(
  network: TestNetwork,
  replica: number,
  viewChange: ViewChange,
): ViewChangeMessage {
  const { signature } = signViewChange(network, replica, viewChange);
  return { type: 'viewChange', viewChange, signature };
}

/** The message in which the primary opens the view of these view changes, given by replica in increasing order. */
export function newViewMessage(
  network: TestNetwork,
  viewChanges: readonly (readonly [replica: number, viewChange: ViewChange])[],
): NewViewMessage {
  const { epoch, view } = viewChanges[0]![1];
  const members = viewChanges.map(([replica, viewChange]) => signViewChange(network, replica, viewChange));
  const newView = { epoch, view, viewChanges: members };
  const primary = view % network.replicaSeeds.length;
  return { type: 'newView', newView, signature: signStatement(network, primary, newViewStatement(newView)) };
}

/** A beacon of a replica that knows of nothing but genesis, unless `parts` say more. */
export function beacon(parts: Partial<Omit<BeaconMessage, 'type'>> = {}): BeaconMessage {
  const lowest = { epoch: 0, view: 0, target: 0, stableHeight: 0, tipHeight: 0, participating: true };
  return { type: 'beacon', ...lowest, ...parts };
}

/** The messages of one type among the effects, to one replica or, with `to` null, to all. */
export function sent<T extends PeerMessage['type']>(
  effects: readonly Effect[],
  type: T,
): readonly { readonly to: number | null; readonly message: Extract<PeerMessage, { type: T }> }[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'send' && effect.type !== 'broadcast') return [];
    const { message } = effect;
    return isOf(message, type) ? [{ to: effect.type === 'send' ? effect.to : null, message }] : [];
  });
}

/** The announcements of one type among the effects. */
export function announced<T extends Announcement['type']>(
  effects: readonly Effect[],
  type: T,
): readonly Extract<Announcement, { type: T }>[] {
  return effects.flatMap((effect) =>
    effect.type === 'announce' && isOf(effect.announcement, type) ? [effect.announcement] : [],
  );
}

function isOf<V extends { readonly type: string }, T extends V['type']>(
  value: V,
  type: T,
): value is Extract<V, { type: T }> {
  return value.type === type;
}
