/**
 * Receipts that were handed over, and what verifying each showed. They are checked one after another, also when the page
 * is left; what was found stays until it is cleared, or the program's page is loaded anew.
 * @module
 */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { RECEIPT_CHARS_MAX } from '../../shared/contract/channels.ts';
import type { Verification } from '../../shared/contract/model.ts';
import { CountersignError, toPlainError, type PlainError } from '../../shared/errors.ts';
import { call } from '../bridge/current.ts';
import { useSession } from './session.ts';

/** `unchecked`: it could not be read, or not be verified. */
export const VERDICTS = ['valid', 'invalid', 'foreign', 'unchecked'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What became of a file: what verifying it showed, or why that could not be done. */
interface Outcome {
  readonly fileName: string;
  readonly result: Verification | null;
  readonly error: PlainError | null;
}

/** A file that was handed over. The whole result stays: its proof is shown as it was when it was checked. */
export interface CheckedFile extends Outcome {
  readonly number: number;
  readonly atMs: number;
  readonly verdict: Verdict;
}

/** Files that are listed. */
export const RESULTS_KEPT_MAX = 1_000;

const NONE: Readonly<Record<Verdict, number>> = { valid: 0, invalid: 0, foreign: 0, unchecked: 0 };

export const useVerifications = defineStore('verifications', () => {
  /** The newest first. */
  const results = shallowRef<readonly CheckedFile[]>([]);
  /** Of all since the list was cleared, also of those that it has no room for. */
  const counts = shallowRef(NONE);
  /** Files that are still to be checked. */
  const waiting = shallowRef(0);
  /** Numbers of those whose proof is shown. */
  const opened = shallowRef<ReadonlySet<number>>(new Set());
  /** The last one of those that were handed over together: it is shown by itself. */
  const latest = shallowRef<number | null>(null);
  const onlyBad = shallowRef(false);
  const session = useSession();
  let queue: File[] = [];
  let isWorking = false;
  let lastNumber = 0;
  /** How often it was cleared: what was under way at the time belongs to no list. */
  let clearings = 0;

  /** Checks `files`, each after the one before: the results come in their order. */
  function verify(files: readonly File[]): void {
    queue = [...queue, ...files];
    waiting.value += files.length;
    void work();
  }

  async function work(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const begun = clearings;
      const outcome = await outcomeOf(file);
      if (begun !== clearings) continue;
      waiting.value -= 1;
      add(outcome);
    }
    isWorking = false;
  }

  /** Takes over what verifying a receipt showed that the program was handed. */
  function take(fileName: string, result: Verification): void {
    add({ fileName, result, error: null });
  }

  function add(outcome: Outcome): void {
    const number = ++lastNumber;
    const verdict = verdictOf(outcome.result);
    const atMs = Date.now() + session.clockOffsetMs;
    results.value = withinBound([{ ...outcome, number, verdict, atMs }, ...results.value]);
    counts.value = { ...counts.value, [verdict]: counts.value[verdict] + 1 };
    // Of many, one: a proof that gives way to the next at once can be read by nobody.
    if (waiting.value === 0) show(number);
  }

  function show(number: number): void {
    const others = [...opened.value].filter((other) => other !== latest.value);
    opened.value = new Set([...others, number]);
    latest.value = number;
  }

  /** Shows the proof of one, or hides it. */
  function toggle(number: number): void {
    const next = new Set(opened.value);
    if (!next.delete(number)) next.add(number);
    opened.value = next;
  }

  /** Forgets all results, and what is still to be checked. */
  function clear(): void {
    clearings += 1;
    queue = [];
    waiting.value = 0;
    results.value = [];
    counts.value = NONE;
    opened.value = new Set();
    latest.value = null;
    onlyBad.value = false;
  }

  const total = computed(() => VERDICTS.reduce((sum, verdict) => sum + counts.value[verdict], 0));
  return {
    results,
    counts,
    total,
    /** How many are counted and not listed any more. */
    unlisted: computed(() => total.value - results.value.length),
    waiting,
    opened,
    latest,
    onlyBad,
    verify,
    take,
    toggle,
    clear,
  };
});

/** The oldest valid one gives way first: what is wrong must not vanish behind what is right. */
function withinBound(all: readonly CheckedFile[]): readonly CheckedFile[] {
  if (all.length <= RESULTS_KEPT_MAX) return all;
  const valid = all.findLastIndex(({ verdict }) => verdict === 'valid');
  // The newest stays in any case.
  const gone = valid > 0 ? valid : all.length - 1;
  return all.filter((_, index) => index !== gone);
}

function verdictOf(result: Verification | null): Verdict {
  if (result === null) return 'unchecked';
  if (result.valid) return 'valid';
  return result.error?.code === 'receipt.wrongNetwork' ? 'foreign' : 'invalid';
}

async function outcomeOf(file: File): Promise<Outcome> {
  const fileName = file.name;
  try {
    const result = await call('receipt.verify', { text: await readReceipt(file) });
    return { fileName, result, error: null };
  } catch (error) {
    return { fileName, result: null, error: toPlainError(error) };
  }
}

async function readReceipt(file: File): Promise<string> {
  if (file.size > RECEIPT_CHARS_MAX) {
    throw new CountersignError('encoding.tooLarge', { sizeBytes: file.size, maxBytes: RECEIPT_CHARS_MAX });
  }
  try {
    return await file.text();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new CountersignError('file.unreadable', { path: file.name, problem });
  }
}
