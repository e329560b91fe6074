/**
 * The channels for new releases of the desktop program.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import type { DesktopHost, UpdateHost } from '../desktopHost.ts';
import type { Handlers } from '../dispatch.ts';

type UpdateHandlers = { readonly [C in Extract<keyof Handlers, `update.${string}`>]: Handlers[C] };

/** `desktop`: `null` for `serve`, whose program nobody but its operator replaces. */
export function createUpdateHandlers(desktop: DesktopHost | null): UpdateHandlers {
  const updates = (): UpdateHost => {
    if (desktop === null) throw new CountersignError('desktop.absent', {});
    return desktop.updates;
  };
  return {
    'update.get': async () => ({ update: desktop?.updates.view() ?? null }),
    'update.set': async ({ looksByItself }) => {
      await updates().setLooksByItself(looksByItself);
      return {};
    },
    'update.look': async () => {
      updates().look();
      return {};
    },
    'update.fetch': async ({ fileName }) => {
      updates().fetch(fileName);
      return {};
    },
    'update.cancel': async () => {
      updates().cancel();
      return {};
    },
    'update.check': async () => {
      await updates().choose();
      return {};
    },
    'update.show': async () => {
      await updates().show();
      return {};
    },
  };
}
