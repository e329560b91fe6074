/**
 * The channels for whoever operates this replica: its peers.
 * @module
 */
import type { Handlers } from '../dispatch.ts';
import type { Running } from '../running.ts';
import { peersDetail } from './peersView.ts';

/** What the handlers work with. */
export interface OperatorContext {
  /** Throws why it does not run. */
  readonly running: () => Running;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

type OperatorHandlers = { readonly [C in Extract<keyof Handlers, `peers.${string}`>]: Handlers[C] };

export function createOperatorHandlers({ running, now }: OperatorContext): OperatorHandlers {
  return {
    'peers.get': async () => {
      const { node, networkWatch, pulse } = running();
      return peersDetail({
        status: node.replica.status(),
        own: node.ownEntry,
        watch: networkWatch,
        startedAtMs: pulse.startedAtMs,
        nowMs: now(),
      });
    },
  };
}
