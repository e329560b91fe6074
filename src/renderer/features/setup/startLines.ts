/**
 * The lines of the page that shows a start: which phases there are, and how far each one is.
 * @module
 */
import { START_PHASES, type StartingStage, type StartPhaseName } from '../../../shared/contract/model.ts';

export interface StartLine {
  readonly phase: StartPhaseName;
  readonly state: 'done' | 'current' | 'later';
  /** How long it took; `null` while it is not done. */
  readonly tookMs: number | null;
}

/** Only some starts have them: they are not announced before they come. */
const NOT_ALWAYS: readonly StartPhaseName[] = ['again', 'make', 'replicas'];

export function startLines({ phase: current, done }: StartingStage): readonly StartLine[] {
  const took = new Map(done.map(({ phase, tookMs }) => [phase, tookMs]));
  return START_PHASES.flatMap((phase): StartLine[] => {
    if (phase === current) return [{ phase, state: 'current', tookMs: null }];
    const tookMs = took.get(phase);
    if (tookMs !== undefined) return [{ phase, state: 'done', tookMs }];
    return NOT_ALWAYS.includes(phase) ? [] : [{ phase, state: 'later', tookMs: null }];
  });
}
