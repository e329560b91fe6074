/**
 * What can be done now, as the command palette lists it: each page and each part of the shell offers its own commands
 * while it is there, so that nothing has to be named twice.
 * @module
 */
import { defineStore } from 'pinia';
import { computed, onScopeDispose, shallowRef } from 'vue';

/** Something that a person can ask for by its words. */
export interface Command {
  /** Among all that are offered. */
  readonly id: string;
  /** Key of its words, and what they name; `count` chooses their plural form. */
  readonly title: string;
  readonly named?: Readonly<Record<string, string>>;
  readonly count?: number;
  /** Keys that do the same, as they are pressed one after the other. */
  readonly keys?: readonly string[];
  readonly run: () => unknown;
}
/** Gives what can be done at the moment; read anew whenever something that it reads has changed. */
export type Offer = () => readonly Command[];

export const useCommandStore = defineStore('commands', () => {
  const offers = shallowRef<readonly Offer[]>([]);
  const wanted = shallowRef<string | null>(null);

  /** Offers commands; gives a function that withdraws them. */
  function offer(commands: Offer): () => void {
    offers.value = [...offers.value, commands];
    return () => (offers.value = offers.value.filter((other) => other !== commands));
  }

  /** Leaves word for a page that is not there yet. */
  function want(what: string): void {
    wanted.value = what;
  }

  /** Whether `what` was wanted; it is not any more. */
  function take(what: string): boolean {
    if (wanted.value !== what) return false;
    wanted.value = null;
    return true;
  }

  const commands = computed(() => offers.value.flatMap((offered) => offered()));
  return { commands, offer, wanted: computed(() => wanted.value), want, take };
});

/** Offers `commands` as long as the component is there. */
export function useCommands(commands: Offer): void {
  onScopeDispose(useCommandStore().offer(commands));
}
