/**
 * What `countersign demo --fault` tells: each step as it happens, and the figures in the end.
 * @module
 */
import type { Fault } from '../replica/embeddedNetwork.ts';
import type { ReplicaEvent } from '../replica/replica.ts';
import { deedOf } from './evidenceWords.ts';

/** What there is to tell in the end. Times are milliseconds since the fault. */
export interface FaultDemoResult {
  readonly fault: Fault;
  readonly replica: string;
  readonly wasPrimary: boolean;
  readonly viewBefore: number;
  readonly viewAfter: number;
  /** From sending the first request after the fault until it was final. */
  readonly finalAfterMs: number;
  readonly enteredViewMs: number | null;
  readonly evidence: {
    readonly accused: string;
    readonly kind: string;
    readonly recordedHeight: number | null;
  } | null;
  /** From healing the fault until the replica stood where the others stand. */
  readonly backInStepMs: number;
  /** Whether it takes part again: one that is proven faulty only follows. */
  readonly participating: boolean;
}

/** What a replica does that has the fault. */
export const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  stop: 'is killed and stays down',
  pause: 'stands still',
  silence: 'says nothing any more',
  equivocate: 'contradicts itself',
  slow: 'is late with everything it says',
};

/** Of a replica that knows of evidence against itself. */
export const ONLY_FOLLOWS = ', and only follows: its signatures contradict one another';

const CAUSES = {
  timeout: 'it waited too long',
  others: 'others do',
  equivocation: 'the primary is proven faulty',
} as const;

/** What has happened, as one line; `undefined` for what is not worth one. */
export function eventWords(event: ReplicaEvent, nameOf: (index: number) => string): string | undefined {
  switch (event.type) {
    case 'suspected':
      return `${nameOf(event.by)} suspects the primary of view ${String(event.view)}`;
    case 'changingView':
      return `view change: leaves view ${String(event.view)} for view ${String(event.target)} (${CAUSES[event.cause]})`;
    case 'enteredView': {
      const { view, primary, baseHeight, keptBlocks, putBackBlocks } = event;
      const history = `${String(keptBlocks)} blocks kept, ${String(putBackBlocks)} put back`;
      return `new view ${String(view)}: ${nameOf(primary)} orders from height ${String(baseHeight + 1)} on; ${history}`;
    }
    case 'evidence': {
      const { evidence, recordedHeight } = event.known;
      const where =
        recordedHeight === null ? 'not recorded yet' : `recorded in block ${String(recordedHeight)}`;
      return `evidence: ${nameOf(evidence.replica)} ${deedOf(evidence)}; ${where}`;
    }
    case 'peer':
      return `${nameOf(event.index)} is ${event.connected ? 'connected' : 'not connected any more'}`;
    default:
      return undefined;
  }
}

/** The figures of a demonstration. */
export function resultLines(result: FaultDemoResult): readonly string[] {
  const { replica, fault, wasPrimary, viewBefore, viewAfter, finalAfterMs, evidence, backInStepMs } = result;
  const role = wasPrimary ? 'the primary' : 'a backup';
  const views =
    viewBefore === viewAfter
      ? `${String(viewAfter)}, unchanged`
      : `${String(viewBefore)} → ${String(viewAfter)}`;
  return [
    `${replica}, ${role}, ${FAULT_WORDS[fault]}: the next request was final after ${String(finalAfterMs)} ms`,
    `  view         ${views}`,
    ...(evidence === null
      ? []
      : [
          `  evidence     against ${evidence.accused} (${evidence.kind}), recorded in block ${String(evidence.recordedHeight)}`,
        ]),
    `  back in step ${String(backInStepMs)} ms after it was healed${result.participating ? '' : ONLY_FOLLOWS}`,
  ];
}
