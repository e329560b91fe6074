/** What scenarios ask of a run. */
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
