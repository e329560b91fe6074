/**
 * What one simulated replica has made durable. It survives the crash of its replica; everything else does not.
 * @module
 */
import {
  FIRST_POSITION,
  type AcceptedBlock,
  type DurableState,
  type PersistOperation,
  type StableCheckpoint,
  type ViewPosition,
} from '../../../src/main/consensus/effects.ts';
import type { HeadersMessage } from '../../../src/main/consensus/messages.ts';
import { genesisHeader, isLinked, type HashedHeader } from '../../../src/main/ledger/block.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import { EMPTY_SNAPSHOT, LedgerState } from '../../../src/main/ledger/state.ts';
import type { CommitCertificate } from '../../../src/main/ledger/statement.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { invariant } from '../../../src/shared/errors.ts';

export class DurableStore {
  readonly #genesis: Genesis;
  readonly #genesisHeader: HashedHeader;
  #position: ViewPosition = FIRST_POSITION;
  /** The chain from height 1. */
  readonly #blocks: AcceptedBlock[] = [];
  /** From genesis, lowest first. */
  readonly #checkpoints: StableCheckpoint[];
  #commitCertificate: CommitCertificate | null = null;
  /** Number of transactions. */
  commits = 0;

  constructor(genesis: Genesis) {
    this.#genesis = genesis;
    this.#genesisHeader = genesisHeader(genesis, new LedgerState(genesis).digest);
    const { executedDigest, executedCount } = EMPTY_SNAPSHOT;
    this.#checkpoints = [
      { height: 0, hash: this.#genesisHeader.hash, certificate: null, executedDigest, executedCount },
    ];
  }

  get position(): ViewPosition {
    return this.#position;
  }

  get commitCertificate(): CommitCertificate | null {
    return this.#commitCertificate;
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

  contains(height: number, hash: Hex): boolean {
    return this.header(height)?.hash === hash;
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
      chain: this.#blocks.slice(stable.height),
      commitCertificate: this.#commitCertificate,
      recent,
    };
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
        invariant(operation.position.view >= this.#position.view, 'views never go back', () =>
          JSON.stringify([this.#position, operation.position]),
        );
        this.#position = operation.position;
        return;
      case 'append':
        invariant(isLinked(this.tip, operation.accepted.block.header), 'a durable block is linked', () =>
          JSON.stringify([this.tip, operation.accepted.block.header]),
        );
        this.#blocks.push(operation.accepted);
        return;
      case 'orderSigned':
        this.#signOrder(operation);
        return;
      case 'rollback':
        invariant(operation.height >= this.stable.height, 'nothing stable is taken back', () =>
          JSON.stringify([operation, this.stable]),
        );
        this.#blocks.length = operation.height;
        return;
      case 'commitCertificate':
        this.#raiseCertificate(operation.certificate);
        return;
      case 'checkpoint':
        this.#settle(operation.checkpoint);
        return;
    }
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
    const { height, executedDigest, executedCount } = checkpoint;
    const state = new LedgerState(this.#genesis, { height, executedDigest, executedCount, recent: [] });
    invariant(state.digest === this.header(height)!.stateDigest, 'a checkpoint leads to its digest', () =>
      JSON.stringify(checkpoint),
    );
    this.#checkpoints.push(checkpoint);
  }
}
