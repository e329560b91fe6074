/**
 * The channels for whoever operates this replica: its peers, how the program fares, and what is set.
 * @module
 */
import { NOTICES_BY_DEFAULT } from '../../../shared/contract/settings.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import type { Diagnostics } from '../diagnostics/diagnostics.ts';
import type { Handlers } from '../dispatch.ts';
import type { Running } from '../running.ts';
import type { Settings } from '../settings.ts';
import { runningPeers } from './peersView.ts';

/** What the handlers work with. */
export interface OperatorContext {
  /** Throws why it does not run. */
  readonly running: () => Running;
  readonly diagnostics: Diagnostics;
  /** Throws why there are none. */
  readonly settings: () => Settings;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

type OperatorHandlers = {
  readonly [C in Extract<keyof Handlers, `${'peers' | 'diagnostics' | 'settings'}.${string}`>]: Handlers[C];
};

export function createOperatorHandlers({
  running,
  diagnostics,
  settings,
  now,
}: OperatorContext): OperatorHandlers {
  return {
    'peers.get': async () => runningPeers(running(), now()),
    'diagnostics.get': async () => await diagnostics.view(),
    'diagnostics.log': async ({ after }) => ({
      entries: [...diagnostics.log.after(after)],
      dropped: diagnostics.log.dropped,
    }),
    'diagnostics.report': async ({ withNames }) => await diagnostics.report(withNames),
    'settings.get': async () => ({
      notices: settings().notices,
      defaults: { notices: NOTICES_BY_DEFAULT },
      networkWords: fingerprintOf(networkIdOf(running().node.genesis)),
    }),
    'settings.setNotices': async ({ notices }) => {
      await settings().setNotices(notices);
      return {};
    },
  };
}
