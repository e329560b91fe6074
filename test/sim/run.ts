/**
 * Carries out a plan: a safety phase, in which anything may go wrong, and then a healed phase, in which everything must
 * come right (RELIABILITY.md, invariant 9).
 * @module
 */
import { newKey, type NewKey } from '../support/registry.ts';
import { makeGenesis, type TestNetwork } from '../support/ledger.ts';
import { behaviour } from '../support/simulation/byzantine/index.ts';
import { actAsFaultyClient } from '../support/simulation/byzantine/clients.ts';
import { ByzantineReplica, type Coalition } from '../support/simulation/byzantine/node.ts';
import { Changes } from '../support/simulation/changes.ts';
import { Violation } from '../support/simulation/monitor/violation.ts';
import { Simulation, type FaultyNode } from '../support/simulation.ts';
import { applyFault, networkAdversary } from './faults.ts';
import type { Plan } from './plan.ts';

/** What became of a run. */
export interface Outcome {
  readonly seed: number;
  readonly schedule: string;
  /** The rule that was broken first, and how; `null` where none was. */
  readonly violation: { readonly rule: string; readonly message: string } | null;
  /** Whether everything became final and everybody came into step after the network healed. */
  readonly converged: boolean;
  /** Why not, in the words of the first replica that was not. */
  readonly stuck: string | null;
  readonly traceHash: string;
  readonly finalHeight: number;
  /** The highest view that a correct replica entered. */
  readonly views: number;
  /** The newest epoch that a correct replica began. */
  readonly epoch: number;
  readonly accused: readonly number[];
  readonly virtualMs: number;
}

/** Virtual time within which everything must have become final after the network healed. */
const HEALED_MS = 20_000;
/** How often it is looked whether it has. */
const LOOK_MS = 25;

const networks = new Map<string, TestNetwork>();

/** Runs a plan. `transcript`: keeps a line for each event. */
export function run(plan: Plan, transcript = false): { outcome: Outcome; lines: readonly string[] } {
  const simulation = simulationOf(plan, transcript);
  let stuck: string | null = null;
  const problem = { violation: null as Outcome['violation'], converged: false };
  try {
    const changes = arrange(simulation, plan);
    simulation.run(plan.safetyMs);
    simulation.say(() => 'the network heals');
    simulation.heal();
    problem.converged = settles(simulation, changes);
    if (!problem.converged) stuck = whatIsMissing(simulation, changes);
  } catch (error) {
    problem.violation = violationOf(error);
    simulation.say(() => problem.violation!.message);
  }
  const outcome: Outcome = {
    seed: plan.seed,
    schedule: plan.schedule,
    ...problem,
    stuck: problem.violation === null ? stuck : null,
    traceHash: simulation.trace.hash,
    finalHeight: simulation.monitor.finalHeight,
    views: Math.max(...simulation.correct.map(({ store }) => store.position.lastNormalView)),
    epoch: simulation.newest.epoch,
    accused: [...simulation.monitor.accused],
    virtualMs: simulation.agenda.nowMs,
  };
  return { outcome, lines: simulation.transcript.lines };
}

function violationOf(error: unknown): NonNullable<Outcome['violation']> {
  if (error instanceof Violation) return { rule: error.rule, message: error.message };
  // A broken invariant of the program itself, or a defect: both end a replica.
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const data = error instanceof Error && 'data' in error ? JSON.stringify(error.data) : '';
  const rule = error instanceof Error ? error.message.split(':')[0]! : 'threw';
  return { rule, message: `${message} ${data}` };
}

function simulationOf(plan: Plan, transcript: boolean): Simulation {
  const members = plan.byzantine.map(({ replica }) => replica);
  const coalition: Coalition = { members, otherFace: new Map() };
  const nodes = new Map<number, FaultyNode>(
    plan.byzantine.map(({ replica, behaviours, split }) => [
      replica,
      (world) =>
        new ByzantineReplica(
          world,
          replica,
          coalition,
          behaviours.map((name) => behaviour(name, split)),
        ),
    ]),
  );
  const { seed, loss, duplication, delayMs, diskMs, noticeMs, clientTimeoutMs, clockSkewMs } = plan;
  const options = { seed, loss, duplication, delayMs, diskMs, noticeMs, clientTimeoutMs, clockSkewMs };
  const setup = {
    ...options,
    network: networkOf(plan),
    consensus: {
      viewTimeoutMs: plan.viewTimeoutMs,
      maxViewTimeoutMs: 1_000,
      viewChangeRetryMs: 50,
      bodyGraceMs: 10,
      fetchRetryMs: 60,
      checkpointIdleMs: plan.checkpointIdleMs,
      checkpointRetryMs: 100,
      beaconIntervalMs: 100,
      eagerMs: 300,
    },
    simulatedSignatures: true,
    coldStart: true,
    // Every eighth run goes round the codec; decoding is tested by itself.
    encodes: seed % 8 === 0,
    transcript,
    joiners: Array.from({ length: plan.joiners }, (_, number) => joinerOf(number)),
  };
  return new Simulation(setup, nodes);
}

function networkOf({ replicas, checkpointDistance, maxBlockRequests }: Plan): TestNetwork {
  const key = [replicas, checkpointDistance, maxBlockRequests].join(' ');
  const known = networks.get(key);
  if (known !== undefined) return known;
  const network = makeGenesis({ replicas, limits: { checkpointDistance, maxBlockRequests } });
  networks.set(key, network);
  return network;
}

/** Keys that no genesis names, made once in a process. */
const joiners: NewKey[] = [];

function joinerOf(number: number): NewKey {
  while (joiners.length <= number) joiners.push(newKey(joiners.length));
  return joiners[number]!;
}

function arrange(simulation: Simulation, plan: Plan): Changes {
  const { agenda } = simulation;
  for (const { atMs, to } of plan.requests) agenda.plan(atMs, () => simulation.submit(to ?? undefined));
  for (const { atMs, name } of plan.clients) agenda.plan(atMs, () => actAsFaultyClient(simulation, name));
  for (const fault of plan.faults) applyFault(simulation, fault);
  const adversary = networkAdversary(simulation, plan.faults);
  if (adversary !== null) simulation.interfere = adversary;
  return new Changes(simulation, plan.changes);
}

function settles(simulation: Simulation, changes: Changes): boolean {
  const untilMs = simulation.agenda.nowMs + HEALED_MS;
  while (simulation.agenda.nowMs < untilMs) {
    simulation.run(LOOK_MS);
    if (whatIsMissing(simulation, changes) === null) return true;
  }
  return false;
}

/** What keeps the run from being settled: a request that is not final, or a replica that is not in step. */
function whatIsMissing(simulation: Simulation, changes: Changes): string | null {
  for (const { request, finality } of simulation.client.sent.values()) {
    if (finality === null) return `${simulation.transcript.request(request.id)} is not final`;
  }
  if (changes.left > 0) return `${String(changes.left)} changes of the registry have not taken effect`;
  const [first, ...others] = simulation.correct;
  const { tip, stable } = first!.store;
  if (tip.height !== stable.height)
    return `r${String(first!.index)}: tip ${String(tip.height)}, stable ${String(stable.height)}`;
  for (const { index, store } of others) {
    if (store.tip.hash === tip.hash && store.stable.hash === stable.hash) continue;
    const where = `tip ${String(store.tip.height)}, stable ${String(store.stable.height)}`;
    return `r${String(index)}: ${where}; r${String(first!.index)}: stable ${String(stable.height)}`;
  }
  return null;
}
