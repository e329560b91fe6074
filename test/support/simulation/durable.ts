/**
 * What one simulated replica has made durable. It survives the crash of its replica; everything else does not.
 *
 * It refuses what no later start could do anything with. Whether the rules of agreement are kept is the monitor's to
 * see: a store that refused a planted bug would hide what the bug does.
 * @module
 */
import {
  FIRST_POSITION,
  type AcceptedBlock,
  type DurableState,
  type KnownEvidence,
  type LearnerMark,
  type Opening,
  type PersistOperation,
  type StableCheckpoint,
  type ViewPosition,
} from '../../../src/main/consensus/effects.ts';
import type { HeadersMessage } from '../../../src/main/consensus/messages.ts';
import { genesisHeader, isLinked, type Block, type HashedHeader } from '../../../src/main/ledger/block.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import { registryRequestsIn } from '../../../src/main/ledger/registry/replay.ts';
import { LedgerState, stateDigest } from '../../../src/main/ledger/state.ts';
import type { CommitCertificate } from '../../../src/main/ledger/statement.ts';
import type { ViewChange } from '../../../src/main/ledger/viewChange.ts';
import {
  compareBlocks,
  markedLearner,
  viewChangeForTarget,
  withEvidence,
} from '../../../src/main/storage/derive.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { invariant } from '../../../src/shared/errors.ts';

/** What was on a disk at some moment. */
export interface DurableCopy {
  readonly position: ViewPosition;
  readonly blocks: readonly AcceptedBlock[];
  readonly checkpoints: readonly StableCheckpoint[];
  readonly commitCertificate: CommitCertificate | null;
  readonly rolledBack: ReadonlyMap<Hex, Block>;
  readonly viewChange: ViewChange | null;
  readonly opening: Opening | null;
  readonly evidence: readonly KnownEvidence[];
  readonly learner: LearnerMark | null;
}

export class DurableStore {
  readonly #genesis: Genesis;
  readonly #genesisHeader: HashedHeader;
  #position: ViewPosition = FIRST_POSITION;
  /** The chain from height 1. */
  readonly #blocks: AcceptedBlock[] = [];
  /** From genesis, lowest first. */
  readonly #checkpoints: StableCheckpoint[];
  #commitCertificate: CommitCertificate | null = null;
  /** By hash: rolled-back blocks above the stable checkpoint (rule G1). */
  readonly #rolledBack = new Map<Hex, Block>();
  #viewChange: ViewChange | null = null;
  #opening: Opening | null = null;
  #evidence: readonly KnownEvidence[] = [];
  #learner: LearnerMark | null = null;
  /** Number of transactions. */
  commits = 0;

  constructor(genesis: Genesis) {
    this.#genesis = genesis;
    const state = new LedgerState(genesis);
    this.#genesisHeader = genesisHeader(genesis, state.digest);
    this.#checkpoints = [
      { height: 0, hash: this.#genesisHeader.hash, certificate: null, ...state.valuesAt(0) },
    ];
  }

  get position(): ViewPosition {
    return this.#position;
  }

  get commitCertificate(): CommitCertificate | null {
    return this.#commitCertificate;
  }

  /** The own view change that was stored last, whether or not it is still for the target. */
  get viewChange(): ViewChange | null {
    return this.#viewChange;
  }

  get opening(): Opening | null {
    return this.#opening;
  }

  /** By replica. */
  get evidence(): readonly KnownEvidence[] {
    return this.#evidence;
  }

  get learner(): LearnerMark | null {
    return this.#learner;
  }

  /** How many rolled-back blocks are kept. */
  get rolledBackBlocks(): number {
    return this.#rolledBack.size;
  }

  get tip(): HashedHeader {
    return this.#blocks.at(-1)?.block.header ?? this.#genesisHeader;
  }

  get stable(): StableCheckpoint {
    return this.#checkpoints.at(-1)!;
  }

  get checkpoints(): readonly StableCheckpoint[] {
    return this.#checkpoints;
  }

  /** The whole chain above genesis. */
  get blocks(): readonly AcceptedBlock[] {
    return this.#blocks;
  }

  header(height: number): HashedHeader | undefined {
    return height === 0 ? this.#genesisHeader : this.#blocks[height - 1]?.block.header;
  }

  block(height: number): AcceptedBlock | undefined {
    return this.#blocks[height - 1];
  }

  /** The block of this hash at `height`: on the chain, or rolled back and above the stable checkpoint. */
  blockByHash(height: number, hash: Hex): Block | undefined {
    const onChain = this.block(height)?.block;
    if (onChain?.header.hash === hash) return onChain;
    const block = this.#rolledBack.get(hash);
    return block?.header.height === height ? block : undefined;
  }

  contains(height: number, hash: Hex): boolean {
    return this.header(height)?.hash === hash;
  }

  /** All of it, to be put back later by `restore`. */
  copy(): DurableCopy {
    return {
      position: this.#position,
      blocks: [...this.#blocks],
      checkpoints: [...this.#checkpoints],
      commitCertificate: this.#commitCertificate,
      rolledBack: new Map(this.#rolledBack),
      viewChange: this.#viewChange,
      opening: this.#opening,
      evidence: this.#evidence,
      learner: this.#learner,
    };
  }

  /** An older copy takes the place of everything. */
  restore(copy: DurableCopy): void {
    this.#position = copy.position;
    this.#blocks.splice(0, Infinity, ...copy.blocks);
    this.#checkpoints.splice(0, Infinity, ...copy.checkpoints);
    this.#commitCertificate = copy.commitCertificate;
    this.#rolledBack.clear();
    for (const [hash, block] of copy.rolledBack) this.#rolledBack.set(hash, block);
    this.#viewChange = copy.viewChange;
    this.#opening = copy.opening;
    this.#evidence = copy.evidence;
    this.#learner = copy.learner;
  }

  /** One transaction: everything in it, or nothing of it, survives. */
  commit(operations: readonly PersistOperation[]): void {
    this.commits++;
    for (const operation of operations) this.#apply(operation);
  }

  /** What the replica starts from. */
  load(): DurableState {
    const { stable } = this;
    const stableHeader = this.header(stable.height)!;
    const oldestMs = stableHeader.timeMs - this.#genesis.limits.maxRequestAgeMs;
    const recent = this.#blocks
      .slice(0, stable.height)
      .flatMap(({ block }) =>
        block.requests.map(({ id, timestampMs }) => ({ id, timestampMs, height: block.header.height })),
      )
      .filter(({ timestampMs }) => timestampMs >= oldestMs);
    return {
      position: this.#position,
      stable,
      stableBlock: this.#blocks[stable.height - 1]?.block ?? null,
      epochBase: this.epochBase,
      chain: this.#blocks.slice(stable.height),
      commitCertificate: this.#commitCertificate,
      rolledBack: [...this.#rolledBack.values()].sort(compareBlocks),
      viewChange: viewChangeForTarget(this.#viewChange, this.#position),
      opening: this.#opening,
      evidence: this.#evidence,
      learner: this.#learner,
      recent,
      registryRequests: registryRequestsIn(this.#blocks.slice(0, stable.height).map(({ block }) => block)),
    };
  }

  /** The last stable block that changed the set of replicas. */
  get epochBase(): HashedHeader | null {
    for (let { height } = this.stable; height > 0; height--) {
      const header = this.header(height)!;
      if (header.nextReplicas !== null) return header;
    }
    return null;
  }

  /** The answer to `getHeaders`: up to the lowest checkpoint at or above `fromHeight`. */
  headersFrom(fromHeight: number): HeadersMessage | undefined {
    const checkpoint = this.#checkpoints.find(({ height }) => height >= fromHeight);
    if (checkpoint?.certificate === null || checkpoint === undefined || fromHeight < 1) return undefined;
    const headers = this.#blocks.slice(fromHeight - 1, checkpoint.height).map(({ block }) => block.header);
    return { type: 'headers', headers, certificate: checkpoint.certificate };
  }

  #apply(operation: PersistOperation): void {
    switch (operation.type) {
      case 'position':
        checkForward('the view', this.#position, operation.position);
        this.#position = operation.position;
        return;
      case 'append':
        this.#append(operation.accepted);
        return;
      case 'orderSigned':
        this.#signOrder(operation);
        return;
      case 'rollback':
        this.#rollBack(operation.height);
        return;
      case 'commitCertificate':
        this.#raiseCertificate(operation.certificate);
        return;
      case 'checkpoint':
        this.#settle(operation.checkpoint);
        return;
      case 'viewChange':
        checkForward('a view change', this.#viewChange, operation.viewChange);
        this.#viewChange = operation.viewChange;
        return;
      case 'newView':
        checkForward('a new view', this.#opening?.newView ?? null, operation.opening.newView);
        this.#opening = operation.opening;
        return;
      case 'evidence':
        this.#evidence = withEvidence(this.#evidence, operation.known);
        return;
      case 'learner':
        this.#learner = markedLearner(this.#learner, {
          reason: operation.reason,
          publicKey: operation.publicKey,
        });
        return;
    }
  }

  #append(accepted: AcceptedBlock): void {
    const { header } = accepted.block;
    invariant(isLinked(this.tip, header), 'a durable block is linked', () =>
      JSON.stringify([this.tip, header]),
    );
    this.#blocks.push(accepted);
    this.#rolledBack.delete(header.hash);
  }

  #rollBack(height: number): void {
    invariant(height >= this.stable.height, 'nothing stable is taken back', () =>
      JSON.stringify([height, this.stable]),
    );
    for (let index = height; index < this.#blocks.length; index++) {
      const { block } = this.#blocks[index]!;
      this.#rolledBack.set(block.header.hash, block);
    }
    this.#blocks.length = Math.min(height, this.#blocks.length);
  }

  #signOrder({ height, view, signature }: Extract<PersistOperation, { type: 'orderSigned' }>): void {
    const accepted = this.#blocks[height - 1];
    invariant(accepted !== undefined, 'a signed order is of the chain', () => String(height));
    const before = accepted.order;
    const same = before === null || (before.view === view && before.signature === signature);
    invariant(same, 'an order is signed once', () => JSON.stringify({ height, before, view, signature }));
    this.#blocks[height - 1] = { ...accepted, order: { view, signature } };
  }

  #raiseCertificate(certificate: CommitCertificate): void {
    const before = this.#commitCertificate;
    const higher =
      before === null ||
      certificate.epoch > before.epoch ||
      certificate.view > before.view ||
      (certificate.view === before.view && certificate.height >= before.height);
    invariant(higher, 'the commit certificate is never lowered', () => JSON.stringify([before, certificate]));
    this.#commitCertificate = certificate;
  }

  #settle(checkpoint: StableCheckpoint): void {
    invariant(checkpoint.height > this.stable.height, 'the stable height never goes back', () =>
      JSON.stringify([this.stable, checkpoint]),
    );
    invariant(this.contains(checkpoint.height, checkpoint.hash), 'a checkpoint is of the chain', () =>
      JSON.stringify(checkpoint),
    );
    const { height } = checkpoint;
    const { executedDigest, executedCount, registryDigest } = checkpoint;
    const networkId = this.#genesisHeader.previousHash;
    const digest = stateDigest({ networkId, height, registryDigest, executedDigest, executedCount });
    invariant(digest === this.header(height)!.stateDigest, 'a checkpoint leads to its digest', () =>
      JSON.stringify(checkpoint),
    );
    this.#checkpoints.push(checkpoint);
    for (const [hash, block] of this.#rolledBack) {
      if (block.header.height <= height) this.#rolledBack.delete(hash);
    }
  }
}

interface Place {
  readonly epoch: number;
  readonly view: number;
}

function checkForward(what: string, before: Place | null, after: Place): void {
  const forward =
    before === null ||
    after.epoch > before.epoch ||
    (after.epoch === before.epoch && after.view >= before.view);
  invariant(forward, `${what} never goes back`, () => JSON.stringify([before?.view, after.view]));
}
