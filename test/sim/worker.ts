/**
 * One process that runs seeds. A planted bug is put in before anything of the program is loaded, so everything else is
 * imported afterwards.
 * @module
 */
import type { Plan } from './plan.ts';
import type { Outcome } from './run.ts';
import type { Shrunk } from './shrink.ts';
import { plant } from './plants/hooks.ts';
import { plantNamed } from './plants/plants.ts';

/** What the plan of a seed does not decide. */
export interface Wanted {
  readonly replicas: number | null;
  readonly schedule: string | null;
}

/** What a worker is asked. */
export type Question =
  | { readonly type: 'run'; readonly fromSeed: number; readonly seeds: number; readonly wanted: Wanted }
  | { readonly type: 'shrink'; readonly plan: Plan }
  | { readonly type: 'replay'; readonly plan: Plan }
  | { readonly type: 'plan'; readonly seed: number; readonly wanted: Wanted }
  | { readonly type: 'end' };

export type Answer =
  | { readonly type: 'ran'; readonly outcomes: readonly Outcome[] }
  | { readonly type: 'shrunk'; readonly shrunk: Shrunk }
  | { readonly type: 'replayed'; readonly outcome: Outcome; readonly lines: readonly string[] }
  | { readonly type: 'plan'; readonly plan: Plan }
  | { readonly type: 'failed'; readonly message: string };

const planted = plantNamed(process.argv[2] ?? '');
if (planted !== undefined) plant(planted);
const { planOf } = await import('./plan.ts');
const { run } = await import('./run.ts');
const { shrink } = await import('./shrink.ts');

process.on('message', (question: Question) => {
  try {
    answer(question);
  } catch (error) {
    say({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

function answer(question: Question): void {
  switch (question.type) {
    case 'run': {
      const { fromSeed, seeds, wanted } = question;
      const outcomes = Array.from(
        { length: seeds },
        (_, index) => run(planOf(fromSeed + index, wanted.replicas, wanted.schedule)).outcome,
      );
      return say({ type: 'ran', outcomes });
    }
    case 'shrink':
      return say({ type: 'shrunk', shrunk: shrink(question.plan) });
    case 'replay': {
      const { outcome, lines } = run(question.plan, true);
      return say({ type: 'replayed', outcome, lines });
    }
    case 'plan':
      return say({
        type: 'plan',
        plan: planOf(question.seed, question.wanted.replicas, question.wanted.schedule),
      });
    case 'end':
      process.disconnect();
  }
}

function say(said: Answer): void {
  process.send!(said);
}
