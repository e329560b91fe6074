/** What scenarios ask of a run. */
import { expect } from 'vitest';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import type { Statement } from '../../src/main/ledger/statement.ts';
import type { PeerMessage } from '../../src/main/consensus/messages.ts';
import type { Simulation } from '../support/simulation.ts';

/** A message between replicas that was handed to the network. */
export interface Observed {
  readonly from: number;
  readonly to: number;
  readonly message: PeerMessage;
  readonly atMs: number;
}

/** Collects every message from now on; `will` may drop or delay single ones. */
export function observe(
  simulation: Simulation,
  will: (from: number, to: number, message: PeerMessage) => 'drop' | { delayMs: number } | undefined = () =>
    undefined,
): readonly Observed[] {
  const seen: Observed[] = [];
  simulation.interfere = (from, to, message) => {
    seen.push({ from, to, message, atMs: simulation.agenda.nowMs });
    return will(from, to, message);
  };
  return seen;
}

/** The observed messages of one type. */
export function ofType<T extends PeerMessage['type']>(
  seen: readonly Observed[],
  type: T,
): readonly (Observed & { readonly message: Extract<PeerMessage, { type: T }> })[] {
  return seen.filter(
    (observed): observed is Observed & { readonly message: Extract<PeerMessage, { type: T }> } =>
      observed.message.type === type,
  );
}

/** Lines of the transcript that contain `text`. */
export function linesWith(simulation: Simulation, text: string): readonly string[] {
  return simulation.transcript.lines.filter((line) => line.includes(text));
}

/** Heights of the stable checkpoints of all correct replicas. */
export function stableHeights(simulation: Simulation): readonly number[] {
  return simulation.correct.map(({ store }) => store.stable.height);
}

/** Heights of the tips of all correct replicas. */
export function tipHeights(simulation: Simulation): readonly number[] {
  return simulation.correct.map(({ store }) => store.tip.height);
}

/** How often each request stands on the chain of the replica `index`, by id. */
export function executions(simulation: Simulation, index: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { block } of simulation.stores[index]!.blocks) {
    for (const { id } of block.requests) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** The view of each correct replica, and its target where it is on its way to another. */
export function views(simulation: Simulation): readonly (number | string)[] {
  return simulation.correct.map(({ store: { position } }) =>
    position.mode === 'normal' ? position.view : `${String(position.view)} to ${String(position.target)}`,
  );
}

/** All correct replicas hold one chain, all of it stable, in one view, and every request of the clients once. */
export function expectInStep(simulation: Simulation): void {
  const { correct } = simulation;
  expect(new Set(views(simulation)).size).toBe(1);
  expect(new Set(correct.map(({ store }) => store.tip.hash)).size).toBe(1);
  expect(stableHeights(simulation)).toEqual(tipHeights(simulation));
  for (const { index } of correct) {
    for (const [id, count] of executions(simulation, index)) expect([id, count]).toEqual([id, 1]);
  }
}

/** The request is on the chain of every correct replica, once, and under a stable checkpoint. */
export function expectFinalEverywhere(simulation: Simulation, requests: readonly SignedRequest[]): void {
  for (const { index, store } of simulation.correct) {
    const stable = store.blocks.slice(0, store.stable.height).flatMap(({ block }) => block.requests);
    const counts = requests.map((request) => stable.filter(({ id }) => id === request.id).length);
    expect([index, counts]).toEqual([index, requests.map(() => 1)]);
  }
}

/**
 * Every correct replica has evidence against `accused` alone, by these two statements, and the chain records it
 * exactly once, where the store says that it does.
 */
export function expectConvicted(simulation: Simulation, accused: number, pair: readonly Statement[]): void {
  for (const { store } of simulation.correct) {
    const recorded = store.blocks.flatMap(({ block: { header, evidence } }) =>
      evidence.map(({ replica }) => ({ replica, height: header.height })),
    );
    const known = store.evidence.map(({ evidence, recordedHeight }) => ({
      replica: evidence.replica,
      height: recordedHeight,
    }));
    expect(recorded.map(({ replica }) => replica)).toEqual([accused]);
    expect(known).toEqual(recorded);
    const { first, second } = store.evidence[0]!.evidence;
    const said = [first.statement, second.statement];
    expect(said).toHaveLength(pair.length);
    expect(said).toEqual(expect.arrayContaining([...pair]));
    expect(simulation.edge.provesFault(store.evidence[0]!.evidence, simulation.newest.replicaKeys)).toBe(
      true,
    );
  }
  expect([...simulation.monitor.accused]).toEqual([accused]);
}

/** Nobody has evidence against anybody. */
export function expectNobodyConvicted(simulation: Simulation): void {
  expect([...simulation.monitor.accused]).toEqual([]);
  for (const { store } of simulation.correct) expect(store.evidence).toEqual([]);
}
