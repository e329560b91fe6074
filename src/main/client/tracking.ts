/**
 * How far one sent request has come, counted from what each replica said (PROTOCOL.md, rules, 8). Pure: the client
 * feeds it and acts on what it finds.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { PlainError } from '../../shared/errors.ts';
import type { FinalMessage, RefusalMessage, ResponseMessage } from '../consensus/messages.ts';
import type { QuorumSizes } from '../ledger/genesis.ts';

/** What people see of a sent request (PRODUCT.md, "Finality"). */
export interface Progress {
  readonly requestId: Hex;
  readonly state: 'sent' | 'accepted' | 'final' | 'refused';
  /** Replicas that answered alike: CP. */
  readonly accepted: number;
  readonly replicas: number;
  /** Height of its block, as those replicas say; `null` before any said it. */
  readonly height: number | null;
  /** `fast`: all n replicas answered alike. `certified`: a stable checkpoint covers it. */
  readonly finality: 'fast' | 'certified' | null;
  /** Whether a stable checkpoint covers it, so that there is a receipt. */
  readonly covered: boolean;
  /** Why it was refused, or what the last replica objected to. */
  readonly error: PlainError | null;
  /** Replicas that object as `error` says. More than f: at least one of them is correct. */
  readonly objecting: number;
}

/** The block that most replicas named alike, and how many did. */
interface Agreement {
  readonly height: number;
  readonly hash: Hex;
  readonly tag: Hex;
  readonly replicas: readonly number[];
}

/** Refusals that follow from the request and the genesis alone: what one correct replica says, all say, always. */
const LASTING_REFUSALS: ReadonlySet<string> = new Set([
  'request.unknownSupervisor',
  'request.badSignature',
  'request.wrongNetwork',
  'request.tooLarge',
]);
/** A replica that lags behind may call a request too old that the others have made final. */
const TOO_OLD = 'request.tooOld';

export class Tracking {
  readonly requestId: Hex;
  #epoch: number;
  #sizes: QuorumSizes;
  readonly #responses = new Map<number, ResponseMessage>();
  readonly #finals = new Map<number, FinalMessage>();
  readonly #refusals = new Map<number, PlainError>();
  #finality: Progress['finality'] = null;
  #height: number | null = null;
  #covered = false;

  /** @param sizes - of the set of replicas of `epoch` */
  constructor(requestId: Hex, sizes: QuorumSizes, epoch = 0) {
    this.requestId = requestId;
    this.#sizes = sizes;
    this.#epoch = epoch;
  }

  /**
   * Another set of replicas is asked from now on, by their own indexes. What the former ones said counts no more (rule
   * E3); what is final stays so.
   */
  enter(epoch: number, sizes: QuorumSizes): void {
    this.#epoch = epoch;
    this.#sizes = sizes;
    this.#responses.clear();
    this.#finals.clear();
    this.#refusals.clear();
  }

  /**
   * A replica has accepted the block that holds the request. Its last word counts, if it is one of the epoch: a replica
   * of both may not have left the former yet, and there it needs the answers of others to be final (rule E3).
   */
  response(replica: number, message: ResponseMessage): void {
    if (message.epoch !== this.#epoch) return;
    this.#responses.set(replica, message);
    this.#refusals.delete(replica);
    const agreement = this.agreement;
    // FAST: all n, alike, in one view (rules C5 and K1). Never taken back.
    if (agreement?.replicas.length === this.#sizes.n) this.#settle('fast', agreement.height);
  }

  /** A replica says that a stable checkpoint covers the request: f+1 alike cannot all be lying (rule K1). */
  final(replica: number, message: FinalMessage): void {
    this.#finals.set(replica, message);
    const alike = [...this.#finals.values()].filter(
      ({ height, hash }) => height === message.height && hash === message.hash,
    );
    if (alike.length <= this.#sizes.f) return;
    this.#covered = true;
    this.#settle('certified', message.height);
  }

  /** A replica will not take the request. */
  refusal(replica: number, message: RefusalMessage): void {
    // Set anew, so that the last one to object stands last.
    this.#refusals.delete(replica);
    this.#refusals.set(replica, message.error);
  }

  /** What most replicas answered alike, with equal tags (rule M3 guards FAST). */
  get agreement(): Agreement | null {
    const groups = new Map<string, Agreement>();
    for (const [replica, { height, hash, tag }] of this.#responses) {
      const key = `${String(height)}:${hash}:${tag}`;
      const replicas = [...(groups.get(key)?.replicas ?? []), replica];
      groups.set(key, { height, hash, tag, replicas });
    }
    return [...groups.values()].reduce<Agreement | null>(
      (best, group) => (best === null || group.replicas.length > best.replicas.length ? group : best),
      null,
    );
  }

  /** Whether a quorum answered alike, so that a commit makes it certified (rule K2). */
  get hasQuorum(): boolean {
    return (this.agreement?.replicas.length ?? 0) >= this.#sizes.q;
  }

  /** Nothing more is expected: it is covered, or it was refused for good. */
  get isSettled(): boolean {
    return this.#covered || this.#lastingRefusal !== null;
  }

  get progress(): Progress {
    const agreement = this.agreement;
    const refusal = this.#lastingRefusal;
    const accepted = agreement?.replicas.length ?? 0;
    const error = this.#finality === null ? (refusal ?? [...this.#refusals.values()].at(-1) ?? null) : null;
    return {
      requestId: this.requestId,
      state:
        this.#finality !== null ? 'final' : refusal !== null ? 'refused' : accepted > 0 ? 'accepted' : 'sent',
      accepted,
      replicas: this.#sizes.n,
      height: this.#height ?? agreement?.height ?? null,
      finality: this.#finality,
      covered: this.#covered,
      error,
      objecting: error === null ? 0 : this.#objecting(error.code),
    };
  }

  /** Replicas from which no answer that counts has come. */
  missing(): readonly number[] {
    const answered = new Set(this.agreement?.replicas);
    return Array.from({ length: this.#sizes.n }, (_, replica) => replica).filter(
      (replica) => !answered.has(replica),
    );
  }

  #settle(finality: 'fast' | 'certified', height: number): void {
    this.#finality ??= finality;
    this.#height ??= height;
  }

  /**
   * The refusal that stays: by f+1 replicas where at least one correct one decides it for all; by a quorum where the
   * replicas may differ, because a quorum holds a correct replica of every quorum that could have made it final.
   */
  get #lastingRefusal(): PlainError | null {
    if (this.#finality !== null) return null;
    const { f, q } = this.#sizes;
    for (const error of this.#refusals.values()) {
      const needed = LASTING_REFUSALS.has(error.code) ? f + 1 : error.code === TOO_OLD ? q : Infinity;
      if (this.#objecting(error.code) >= needed) return error;
    }
    return null;
  }

  #objecting(code: string): number {
    return [...this.#refusals.values()].filter((error) => error.code === code).length;
  }
}
