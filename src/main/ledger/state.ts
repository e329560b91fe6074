/**
 * The ledger's state: who may sign, and which requests have been executed. Blocks are executed speculatively and
 * can be undone to the exact digest (RELIABILITY.md, invariants 2, 5 and 6).
 * @module
 */
import { encode, hexBytes, list, record, text, uint } from '../../shared/encoding/codec.ts';
import { fromHex, toHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, invariant, type PlainError } from '../../shared/errors.ts';
import type { Block, BlockHeader } from './block.ts';
import type { Genesis, GenesisLimits, GenesisSupervisor } from './genesis.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, ZERO_HASH, digest, digestHex } from './hash.ts';
import { NAME_CHARS_MAX } from './payload.ts';
import { networkIdOf } from './genesis.ts';
import type { SignedRequest } from './request.ts';

/** A request that was executed: enough to refuse it a second time. */
export interface ExecutedRequest {
  readonly id: Hex;
  readonly timestampMs: number;
  readonly height: number;
}

/** What a new `LedgerState` continues from: the state after a stable block, as the store kept it. */
export interface StateSnapshot {
  readonly height: number;
  /** Running digest over the ids of all executed requests. */
  readonly executedDigest: Hex;
  readonly executedCount: number;
  /** Executed requests young enough to be refused as duplicates rather than as too old. */
  readonly recent: readonly ExecutedRequest[];
}

/** The snapshot of a ledger with no blocks. */
export const EMPTY_SNAPSHOT: StateSnapshot = {
  height: 0,
  executedDigest: ZERO_HASH,
  executedCount: 0,
  recent: [],
};

/** What undoing one block restores. */
interface UndoRecord {
  readonly height: number;
  readonly executedDigest: Hex;
  readonly executedCount: number;
  readonly ids: readonly Hex[];
}

const supervisorsCodec = list(
  record<GenesisSupervisor>({
    name: text(NAME_CHARS_MAX),
    organisation: text(NAME_CHARS_MAX),
    publicKey: hexBytes(PUBLIC_KEY_BYTES),
  }),
  Number.MAX_SAFE_INTEGER,
);
const digestCodec = record({
  networkId: hexBytes(DIGEST_BYTES),
  height: uint(),
  registryDigest: hexBytes(DIGEST_BYTES),
  executedDigest: hexBytes(DIGEST_BYTES),
  executedCount: uint(),
});

/** The state of the ledger at the tip of one chain. Deterministic: equal blocks lead to equal digests. */
export class LedgerState {
  readonly networkId: Hex;
  readonly limits: GenesisLimits;
  /** The seed's `supervisors` cache: the materialised registry, looked up by public key in O(1). */
  readonly #supervisors: ReadonlyMap<Hex, GenesisSupervisor>;
  readonly #registryDigest: Hex;
  readonly #executed = new Map<Hex, ExecutedRequest>();
  #undo: UndoRecord[] = [];
  #height: number;
  #executedDigest: Hex;
  #executedCount: number;

  constructor(genesis: Genesis, snapshot: StateSnapshot = EMPTY_SNAPSHOT) {
    this.networkId = networkIdOf(genesis);
    this.limits = genesis.limits;
    this.#supervisors = new Map(genesis.supervisors.map((supervisor) => [supervisor.publicKey, supervisor]));
    this.#registryDigest = registryDigest(genesis.supervisors);
    this.#height = snapshot.height;
    this.#executedDigest = snapshot.executedDigest;
    this.#executedCount = snapshot.executedCount;
    for (const request of snapshot.recent) this.#executed.set(request.id, request);
  }

  /** Height of the last executed block. */
  get height(): number {
    return this.#height;
  }

  /** Digest of this state, as it stands in the header of the block that led to it. */
  get digest(): Hex {
    return this.#digestWith(this.#height, this.#executedDigest, this.#executedCount);
  }

  /** How many recent executed requests are remembered. */
  get recentCount(): number {
    return this.#executed.size;
  }

  /** The supervisor with this key, if it is registered. */
  supervisor(publicKey: Hex): GenesisSupervisor | undefined {
    return this.#supervisors.get(publicKey);
  }

  /** Where the request with this id was executed, if it was, recently. */
  executed(id: Hex): ExecutedRequest | undefined {
    return this.#executed.get(id);
  }

  /**
   * Why `request` may not go into a block with time `timeMs`; `undefined` if it may.
   * Its signature has been checked before: that does not depend on the order.
   */
  objection(request: SignedRequest, timeMs: number): PlainError | undefined {
    const early = this.objectionWhateverTheOrder(request);
    if (early !== undefined) return early;
    const oldestMs = timeMs - this.limits.maxRequestAgeMs;
    if (request.timestampMs < oldestMs) {
      return { code: 'request.tooOld', data: { timestampMs: request.timestampMs, oldestMs } };
    }
    const latestMs = timeMs + this.limits.maxClockSkewMs;
    if (request.timestampMs > latestMs) {
      return { code: 'request.fromFuture', data: { timestampMs: request.timestampMs, latestMs } };
    }
    return undefined;
  }

  /** Why `request` could never go into a block of this ledger, apart from its signature. */
  objectionWhateverTheOrder(request: SignedRequest): PlainError | undefined {
    if (request.networkId !== this.networkId) {
      return {
        code: 'request.wrongNetwork',
        data: { expected: this.networkId, actual: request.networkId },
      };
    }
    if (request.bytes.length > this.limits.maxRequestBytes) {
      const data = { sizeBytes: request.bytes.length, maxBytes: this.limits.maxRequestBytes };
      return { code: 'request.tooLarge', data };
    }
    if (!this.#supervisors.has(request.supervisor)) {
      return { code: 'request.unknownSupervisor', data: { supervisor: request.supervisor } };
    }
    return undefined;
  }

  /** The digest that the state would have after the next block with these requests. */
  digestAfter(requests: readonly SignedRequest[]): Hex {
    const { executedDigest, executedCount } = this.#afterExecuting(requests);
    return this.#digestWith(this.#height + 1, executedDigest, executedCount);
  }

  /**
   * Executes a block whose requests have no `objection`. It must be the next one, and lead to the digest in its
   * header; the caller has checked both.
   */
  execute({ header, requests }: Block): void {
    invariant(header.height === this.#height + 1, 'blocks are executed in order', () =>
      JSON.stringify(header),
    );
    this.#undo.push({
      height: this.#height,
      executedDigest: this.#executedDigest,
      executedCount: this.#executedCount,
      ids: requests.map(({ id }) => id),
    });
    const after = this.#afterExecuting(requests);
    for (const { id, timestampMs } of requests) {
      invariant(!this.#executed.has(id), 'a request is executed once', () => id);
      this.#executed.set(id, { id, timestampMs, height: header.height });
    }
    this.#height = header.height;
    this.#executedDigest = after.executedDigest;
    this.#executedCount = after.executedCount;
    invariant(this.digest === header.stateDigest, 'equal digests at equal blocks', () =>
      JSON.stringify(header),
    );
  }

  /** Undoes the last executed block. Throws `invariant.broken` below the last stable block. */
  undo(): void {
    const record = this.#undo.pop();
    invariant(record !== undefined, 'nothing stable is undone', () => `at height ${String(this.#height)}`);
    for (const id of record.ids) this.#executed.delete(id);
    this.#height = record.height;
    this.#executedDigest = record.executedDigest;
    this.#executedCount = record.executedCount;
  }

  /**
   * The blocks up to `header` are stable: they will not be undone, and requests that no later block can hold,
   * because they would be too old for it, need not be remembered.
   */
  settle(header: BlockHeader): void {
    this.#undo = this.#undo.filter(({ height }) => height >= header.height);
    const oldestMs = header.timeMs - this.limits.maxRequestAgeMs;
    for (const { id, timestampMs, height } of this.#executed.values()) {
      // In order of execution, which is nearly that of time: what is left behind here goes at a later checkpoint.
      if (height > header.height || timestampMs >= oldestMs) break;
      this.#executed.delete(id);
    }
  }

  /** The running digest and count at the height `height`, which is at most the tip and at least the stable block. */
  executedAt(height: number): { readonly executedDigest: Hex; readonly executedCount: number } {
    if (height === this.#height) {
      return { executedDigest: this.#executedDigest, executedCount: this.#executedCount };
    }
    const record = this.#undo.find((candidate) => candidate.height === height);
    if (record === undefined)
      throw new CountersignError('internal', { problem: `no state at ${String(height)}` });
    return { executedDigest: record.executedDigest, executedCount: record.executedCount };
  }

  #afterExecuting(requests: readonly SignedRequest[]): { executedDigest: Hex; executedCount: number } {
    const executedDigest = requests.reduce(
      (running, { id }) => nextExecutedDigest(running, id),
      this.#executedDigest,
    );
    return { executedDigest, executedCount: this.#executedCount + requests.length };
  }

  #digestWith(height: number, executedDigest: Hex, executedCount: number): Hex {
    const fields = {
      networkId: this.networkId,
      height,
      registryDigest: this.#registryDigest,
      executedDigest,
      executedCount,
    };
    return toHex(digest('countersign/state/1', encode(digestCodec, fields)));
  }
}

/** The running digest over the ids of all executed requests, with one more. */
export function nextExecutedDigest(running: Hex, id: Hex): Hex {
  return digestHex('countersign/executed/1', fromHex(running), fromHex(id));
}

/** Digest of the registry of supervisors. */
export function registryDigest(supervisors: readonly GenesisSupervisor[]): Hex {
  return toHex(digest('countersign/registry/1', encode(supervisorsCodec, supervisors)));
}
