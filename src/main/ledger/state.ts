/**
 * The ledger's state: who may sign, and which requests have been executed. Blocks are executed speculatively and
 * can be undone to the exact digest (RELIABILITY.md, invariants 2, 5 and 6).
 * @module
 */
import type { SupervisorEntry } from '../../shared/domain/registry.ts';
import { encode, hexBytes, record, uint, type Codec } from '../../shared/encoding/codec.ts';
import { fromHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, invariant, type PlainError } from '../../shared/errors.ts';
import type { Block, BlockHeader } from './block.ts';
import type { Genesis, GenesisLimits } from './genesis.ts';
import { DIGEST_BYTES, ZERO_HASH, digestHex } from './hash.ts';
import { networkIdOf } from './genesis.ts';
import { Registry } from './registry/registry.ts';
import { registryRequestOf } from './registry/replay.ts';
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
  /** `null`: that of the genesis. */
  readonly registry: Registry | null;
}

/** The snapshot of a ledger with no blocks. */
export const EMPTY_SNAPSHOT: StateSnapshot = {
  height: 0,
  executedDigest: ZERO_HASH,
  executedCount: 0,
  recent: [],
  registry: null,
};

/** What undoing one block restores. */
interface UndoRecord {
  readonly height: number;
  readonly executedDigest: Hex;
  readonly executedCount: number;
  readonly registry: Registry;
  readonly ids: readonly Hex[];
}

/** The running values at one height, to which a state digest leads. */
export interface StateValues {
  readonly executedDigest: Hex;
  readonly executedCount: number;
  /** Of the registry (`registry/registry.ts`). */
  readonly registryDigest: Hex;
}

/** What a block leads to: both stand in its header. */
export interface BlockOutcome {
  readonly stateDigest: Hex;
  /** Digest of the set of replicas that follows, where the block changes it; else `null` (PROTOCOL.md, rule E1). */
  readonly nextReplicas: Hex | null;
}

interface DigestedState extends StateValues {
  readonly networkId: Hex;
  readonly height: number;
}

const digestCodec: Codec<DigestedState> = record<DigestedState>({
  networkId: hexBytes(DIGEST_BYTES),
  height: uint(),
  registryDigest: hexBytes(DIGEST_BYTES),
  executedDigest: hexBytes(DIGEST_BYTES),
  executedCount: uint(),
});

/** The digest of a ledger's state, as it stands in the header of the block that led to it. */
export function stateDigest(state: DigestedState): Hex {
  return digestHex('countersign/state/2', encode(digestCodec, state));
}

/** The state of the ledger at the tip of one chain. Deterministic: equal blocks lead to equal digests. */
export class LedgerState {
  readonly networkId: Hex;
  readonly limits: GenesisLimits;
  readonly #executed = new Map<Hex, ExecutedRequest>();
  #undo: UndoRecord[] = [];
  #height: number;
  #executedDigest: Hex;
  #executedCount: number;
  /** The seed's `supervisors` cache is part of it: the materialised registry, looked up by public key in O(1). */
  #registry: Registry;

  constructor(genesis: Genesis, snapshot: StateSnapshot = EMPTY_SNAPSHOT) {
    this.networkId = networkIdOf(genesis);
    this.limits = genesis.limits;
    this.#registry = snapshot.registry ?? Registry.ofGenesis(genesis);
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
    return this.#digestWith(this.#height, this.#executedDigest, this.#executedCount, this.#registry);
  }

  /** Who may sign, and who takes part, after the last executed block. */
  get registry(): Registry {
    return this.#registry;
  }

  /** How many recent executed requests are remembered. */
  get recentCount(): number {
    return this.#executed.size;
  }

  /** The supervisor with this key, if it is registered. */
  supervisor(publicKey: Hex): SupervisorEntry | undefined {
    return this.#registry.supervisor(publicKey);
  }

  /** Where the request with this id was executed, if it was, recently. */
  executed(id: Hex): ExecutedRequest | undefined {
    return this.#executed.get(id);
  }

  /**
   * Why `request` may not go into the next block, with time `timeMs`; `undefined` if it may.
   * Its signature has been checked before: that does not depend on the order.
   */
  objection(request: SignedRequest, timeMs: number): PlainError | undefined {
    return this.objectionAtAnyHeight(request, timeMs) ?? this.objectionOfRegistry(request);
  }

  /** Why `request` may not go into a block with time `timeMs`, whatever the registry says there. */
  objectionAtAnyHeight(request: SignedRequest, timeMs: number): PlainError | undefined {
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
    return undefined;
  }

  /** Why the registry as it is now does not allow `request`; `undefined` where it does. */
  objectionOfRegistry(request: SignedRequest): PlainError | undefined {
    const { supervisor, payload } = request;
    const stranger = this.objectionToSupervisor(request);
    if (stranger !== undefined) return stranger;
    return payload.kind === 'registry' ? this.#registry.objection(supervisor, payload.action) : undefined;
  }

  /** Whether `request` is of a supervisor that is registered now. */
  objectionToSupervisor({ supervisor }: SignedRequest): PlainError | undefined {
    if (this.#registry.supervisor(supervisor) !== undefined) return undefined;
    return { code: 'request.unknownSupervisor', data: { supervisor } };
  }

  /** What the next block would lead to with these requests. */
  outcomeOf(requests: readonly SignedRequest[]): BlockOutcome {
    const { executedDigest, executedCount } = this.#afterExecuting(requests);
    const registry = this.#registryAfter(requests);
    const stateDigest = this.#digestWith(this.#height + 1, executedDigest, executedCount, registry);
    return { stateDigest, nextReplicas: this.#nextReplicas(registry) };
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
      registry: this.#registry,
      ids: requests.map(({ id }) => id),
    });
    const after = this.#afterExecuting(requests);
    const registry = this.#registryAfter(requests);
    const nextReplicas = this.#nextReplicas(registry);
    for (const { id, timestampMs } of requests) {
      invariant(!this.#executed.has(id), 'a request is executed once', () => id);
      this.#executed.set(id, { id, timestampMs, height: header.height });
    }
    this.#height = header.height;
    this.#executedDigest = after.executedDigest;
    this.#executedCount = after.executedCount;
    this.#registry = registry;
    invariant(
      this.digest === header.stateDigest && nextReplicas === header.nextReplicas,
      'equal digests at equal blocks',
      () => JSON.stringify(header),
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
    this.#registry = record.registry;
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

  /** The running values at the height `height`, which is at most the tip and at least the stable block. */
  valuesAt(height: number): StateValues {
    const at =
      height === this.#height
        ? {
            executedDigest: this.#executedDigest,
            executedCount: this.#executedCount,
            registry: this.#registry,
          }
        : this.#undo.find((candidate) => candidate.height === height);
    if (at === undefined)
      throw new CountersignError('internal', { problem: `no state at ${String(height)}` });
    const { executedDigest, executedCount, registry } = at;
    return { executedDigest, executedCount, registryDigest: registry.digest };
  }

  #registryAfter(requests: readonly SignedRequest[]): Registry {
    return this.#registry.after(this.#height + 1, registryRequestOf(requests)).registry;
  }

  #nextReplicas(after: Registry): Hex | null {
    const { replicasDigest } = after.summary;
    return replicasDigest === this.#registry.summary.replicasDigest ? null : replicasDigest;
  }

  #afterExecuting(requests: readonly SignedRequest[]): { executedDigest: Hex; executedCount: number } {
    const executedDigest = requests.reduce(
      (running, { id }) => nextExecutedDigest(running, id),
      this.#executedDigest,
    );
    return { executedDigest, executedCount: this.#executedCount + requests.length };
  }

  #digestWith(height: number, executedDigest: Hex, executedCount: number, { digest }: Registry): Hex {
    return stateDigest({
      networkId: this.networkId,
      height,
      registryDigest: digest,
      executedDigest,
      executedCount,
    });
  }
}

/** The running digest over the ids of all executed requests, with one more. */
export function nextExecutedDigest(running: Hex, id: Hex): Hex {
  return digestHex('countersign/executed/1', fromHex(running), fromHex(id));
}
