/**
 * The fault panel's memory: what somebody made to go wrong with the embedded network's replicas, since when, and what
 * was healed again.
 * @module
 */
import type { Fault, FaultRun, FaultsView } from '../../../shared/contract/model.ts';
import { CountersignError } from '../../../shared/errors.ts';

/** Faults that are remembered, the newest: some screens of them. Those that last are always among them. */
export const FAULT_RUNS_MAX = 50;

/** What is needed of an embedded network. */
export interface FaultyNetwork {
  /** The fault that each replica has now, of those that have one. */
  readonly faults: ReadonlyMap<number, { readonly fault: Fault }>;
  /** The faults that a replica can be given. */
  possibleFaults(replica: number): readonly Fault[];
  injectFault(replica: number, fault: Fault, delayMs?: number): Promise<void>;
  healFault(replica: number): Promise<void>;
}

export interface FaultBookOptions {
  readonly network: FaultyNetwork;
  readonly replicas: number;
  readonly now: () => number;
  readonly onChange: (view: FaultsView) => void;
}

export class FaultBook {
  readonly #options: FaultBookOptions;
  #runs: readonly FaultRun[] = [];
  #nextId = 1;
  /** Faults that are being brought about or healed. */
  #busy = 0;

  constructor(options: FaultBookOptions) {
    this.#options = options;
  }

  view(): FaultsView {
    const { replicas, network } = this.#options;
    const possible = Array.from({ length: replicas }, (_, index) => [...network.possibleFaults(index)]);
    return { possible, runs: [...this.#runs] };
  }

  /** Brings a fault about. Throws `fault.unavailable` for a replica that cannot have it. */
  async inject(replica: number, fault: Fault, delayMs: number | undefined): Promise<void> {
    const isPossible = this.view().possible[replica]?.includes(fault) ?? false;
    if (!isPossible || (fault === 'slow') !== (delayMs !== undefined)) {
      throw new CountersignError('fault.unavailable', { replica, fault });
    }
    // Ahead of its effects, so that they come after it.
    const startedAtMs = this.#options.now();
    await this.#changing(async () => await this.#options.network.injectFault(replica, fault, delayMs));
    this.#end(replica, startedAtMs);
    const run: FaultRun = {
      id: this.#nextId++,
      replica,
      fault,
      delayMs: delayMs ?? null,
      startedAtMs,
      endedAtMs: null,
    };
    this.#keep([run, ...this.#runs]);
  }

  /** Ends a replica's fault; does nothing where it has none. */
  async heal(replica: number): Promise<void> {
    if (!(replica < this.#options.replicas)) {
      throw new CountersignError('fault.unavailable', { replica, fault: 'heal' });
    }
    await this.#changing(async () => await this.#options.network.healFault(replica));
    this.#end(replica, this.#options.now());
    this.#keep(this.#runs);
  }

  /** A replica whose process ended by itself, and was started again, is rid of its fault. */
  look(): void {
    const { network, now } = this.#options;
    const gone = this.#runs.filter(
      ({ replica, fault, endedAtMs }) => endedAtMs === null && network.faults.get(replica)?.fault !== fault,
    );
    // While one fault replaces another, neither lasts.
    if (gone.length === 0 || this.#busy > 0) return;
    for (const { replica } of gone) this.#end(replica, now());
    this.#keep(this.#runs);
  }

  async #changing(work: () => Promise<void>): Promise<void> {
    this.#busy += 1;
    try {
      await work();
    } finally {
      this.#busy -= 1;
    }
  }

  #end(replica: number, endedAtMs: number): void {
    this.#runs = this.#runs.map((run) =>
      run.replica === replica && run.endedAtMs === null ? { ...run, endedAtMs } : run,
    );
  }

  #keep(runs: readonly FaultRun[]): void {
    // One fault lasts at a time for each replica, so those that last are few.
    const lasting = runs.filter(({ endedAtMs }) => endedAtMs === null).length;
    let healed = Math.max(0, FAULT_RUNS_MAX - lasting);
    this.#runs = runs.filter(({ endedAtMs }) => endedAtMs === null || healed-- > 0);
    this.#options.onChange(this.view());
  }
}
