/**
 * The fault panel's memory: what somebody made to go wrong with the embedded network's replicas, since when, and what
 * was healed again.
 * @module
 */
import type { Fault, FaultRun, FaultsView } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
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
  /** The key of each replica of the embedded network, in the network's own order. */
  readonly keys: readonly Hex[];
  /** The keys of the replicas that are shown now, in the order of the epoch: their places change with the set. */
  readonly shown: () => readonly Hex[];
  readonly now: () => number;
  readonly onChange: (view: FaultsView) => void;
}

export class FaultBook {
  readonly #options: FaultBookOptions;
  /** `replica` is the place in the network's own order. */
  #runs: readonly FaultRun[] = [];
  #nextId = 1;
  /** Faults that are being brought about or healed. */
  #busy = 0;

  constructor(options: FaultBookOptions) {
    this.#options = options;
  }

  view(): FaultsView {
    const { keys, shown, network } = this.#options;
    const places = shown();
    const possible = places.map((key) =>
      keys.includes(key) ? [...network.possibleFaults(keys.indexOf(key))] : [],
    );
    const runs = this.#runs.map((run) => ({ ...run, replica: places.indexOf(keys[run.replica] ?? '') }));
    return { possible, runs: runs.filter(({ replica }) => replica >= 0) };
  }

  /** The set of replicas has changed, and with it their places. */
  replaced(): void {
    this.#options.onChange(this.view());
  }

  /** Brings a fault about at the replica that is shown at `place`. Throws `fault.unavailable` where it cannot have it. */
  async inject(place: number, fault: Fault, delayMs: number | undefined): Promise<void> {
    const isPossible = this.view().possible[place]?.includes(fault) ?? false;
    if (!isPossible || (fault === 'slow') !== (delayMs !== undefined)) {
      throw new CountersignError('fault.unavailable', { replica: place, fault });
    }
    const replica = this.#ownPlace(place);
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

  /** Ends the fault of the replica that is shown at `place`; does nothing where it has none. */
  async heal(place: number): Promise<void> {
    const replica = this.#ownPlace(place);
    if (replica < 0) throw new CountersignError('fault.unavailable', { replica: place, fault: 'heal' });
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

  /** Where the network itself has the replica that is shown at `place`; -1 for one that is not its own. */
  #ownPlace(place: number): number {
    const { keys, shown } = this.#options;
    return keys.indexOf(shown()[place] ?? '');
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
