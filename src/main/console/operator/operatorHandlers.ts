/**
 * The channels for whoever operates this replica: its peers, how the program fares, and what is set.
 * @module
 */
import { NOTICES_BY_DEFAULT } from '../../../shared/contract/settings.ts';
import type { ConsoleError } from '../../../shared/contract/model.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import type { Diagnostics } from '../diagnostics/diagnostics.ts';
import type { DesktopHost } from '../desktopHost.ts';
import type { Handlers } from '../dispatch.ts';
import { toConsoleError } from '../errors.ts';
import type { Running } from '../running.ts';
import type { Settings } from '../settings.ts';
import { runningPeers } from './peersView.ts';
import { createUpdateHandlers } from './updateHandlers.ts';

/** What the handlers work with. */
export interface OperatorContext {
  /** Throws why it does not run. */
  readonly running: () => Running;
  readonly diagnostics: Diagnostics;
  /** Throws why there are none. */
  readonly settings: () => Settings;
  /** `null` for `serve`, whose pages are in a browser. */
  readonly desktop: DesktopHost | null;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
}

type OperatorHandlers = {
  readonly [
    C in Extract<
      keyof Handlers,
      `${'desktop' | 'diagnostics' | 'opening' | 'peers' | 'settings' | 'update'}.${string}`
    >
  ]: Handlers[C];
};

export function createOperatorHandlers({
  running,
  diagnostics,
  settings,
  desktop,
  now,
}: OperatorContext): OperatorHandlers {
  return {
    'peers.get': async () => runningPeers(running(), now()),
    'diagnostics.get': async () => await diagnostics.view(),
    'diagnostics.log': async ({ after }) => ({
      log: diagnostics.log.id,
      entries: [...diagnostics.log.after(after)],
      dropped: diagnostics.log.dropped,
    }),
    'diagnostics.report': async ({ withNames }) => await diagnostics.report(withNames),
    'settings.get': async () => ({
      notices: settings().notices,
      defaults: { notices: NOTICES_BY_DEFAULT },
      networkWords: fingerprintOf(networkIdOf(running().node.genesis)),
      problem: problemOf(settings()),
    }),
    'settings.setNotices': async ({ notices }) => {
      await settings().setNotices(notices);
      return {};
    },
    'desktop.get': async () => ({ desktop: desktop?.view() ?? null }),
    'desktop.set': async (change) => {
      if (desktop === null) throw new CountersignError('desktop.absent', {});
      await desktop.set(change);
      return {};
    },
    ...createUpdateHandlers(desktop),
    'opening.next': async ({ taken }) =>
      (await desktop?.openNext(taken)) ?? { opened: null, number: 0, waiting: [] },
  };
}

function problemOf({ problem }: Settings): ConsoleError | null {
  return problem === null ? null : toConsoleError(problem);
}
