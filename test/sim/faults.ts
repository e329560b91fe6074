/**
 * How the faults of a plan happen.
 * @module
 */
import type { Interference, Simulation } from '../support/simulation.ts';
import type { Fault } from './plan.ts';

/** Most effects that a replica still carries out when it stops in the midst of them. */
const EFFECTS_MAX = 12;

/** Plans a fault, and its end. */
export function applyFault(simulation: Simulation, fault: Fault): void {
  const { agenda } = simulation;
  const { atMs, forMs } = fault;
  const during = (begin: () => void, end: () => void) => {
    agenda.plan(atMs, begin);
    agenda.plan(atMs + forMs, end);
  };
  switch (fault.kind) {
    case 'stop':
      return stop(simulation, fault);
    case 'restore':
      return restore(simulation, fault);
    case 'pause': {
      const replica = simulation.replicas[fault.replica]!;
      return during(
        () => replica.pause(true),
        () => replica.pause(false),
      );
    }
    case 'cut': {
      const set = (isCut: boolean) => {
        for (const from of fault.from) {
          for (const to of fault.to) {
            if (from === to) continue;
            if (fault.oneWay) simulation.cutOneWay(from, to, isCut);
            else simulation.cut(from, to, isCut);
          }
        }
      };
      return during(
        () => set(true),
        () => set(false),
      );
    }
    case 'clock':
      return during(
        () => (simulation.clockShiftMs[fault.replica] = fault.shiftMs),
        () => (simulation.clockShiftMs[fault.replica] = 0),
      );
    case 'slowDisk':
      return during(
        () => simulation.slowDiskMs.set(fault.replica, fault.diskMs),
        () => simulation.slowDiskMs.delete(fault.replica),
      );
    case 'hold':
  }
}

/** The network's part in the faults: it loses messages, or holds them up until the end of the fault. */
export function networkAdversary(simulation: Simulation, faults: readonly Fault[]): Interference | null {
  const holds = faults
    .filter((fault) => fault.kind === 'hold')
    .map((fault) => ({
      ...fault,
      types: new Set(fault.types),
      from: new Set(fault.from),
      to: new Set(fault.to),
      untilMs: fault.atMs + fault.forMs,
    }));
  if (holds.length === 0) return null;
  return (from, to, { type }) => {
    const { nowMs } = simulation.agenda;
    for (const hold of holds) {
      if (nowMs < hold.atMs || nowMs >= hold.untilMs || !hold.types.has(type)) continue;
      if (!hold.from.has(from) || !hold.to.has(to)) continue;
      return hold.lose ? 'drop' : { delayMs: hold.untilMs - nowMs };
    }
    return undefined;
  };
}

function stop(simulation: Simulation, fault: Extract<Fault, { kind: 'stop' }>): void {
  const { agenda, random } = simulation;
  const { replica: index, moment, commits } = fault;
  const replica = simulation.replicas[index]!;
  if (simulation.monitor.faulty.has(index)) return;
  agenda.plan(fault.atMs, () => {
    if (!replica.isUp) return;
    if (moment === 'now') simulation.stop(index);
    else {
      const exactly = moment === 'midway' ? { effects: random.integer(0, EFFECTS_MAX) } : moment;
      replica.plannedStop = { commit: replica.store.commits + commits, moment: exactly };
    }
    agenda.plan(fault.forMs, () => {
      replica.plannedStop = null;
      if (!replica.isUp) simulation.restart(index);
    });
  });
}

function restore(simulation: Simulation, fault: Extract<Fault, { kind: 'restore' }>): void {
  const { agenda } = simulation;
  const { replica: index, what } = fault;
  const replica = simulation.replicas[index]!;
  if (simulation.monitor.faulty.has(index)) return;
  agenda.plan(fault.copyAtMs, () => {
    const copy = {
      ...(what === 'guard' ? {} : { store: simulation.stores[index]!.copy() }),
      ...(what === 'ledger' ? {} : { guard: simulation.guards[index]!.copy() }),
    };
    agenda.plan(Math.max(0, fault.atMs - fault.copyAtMs), () => {
      if (replica.isUp) simulation.stop(index);
      simulation.restore(index, copy);
      agenda.plan(fault.forMs, () => {
        if (!replica.isUp) simulation.restart(index);
      });
    });
  });
}
