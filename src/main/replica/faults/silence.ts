/**
 * A replica that says nothing: it hears, and agrees with itself alone.
 * @module
 */
import type { Outlet } from '../outlet.ts';

/** Loses everything. */
export const SILENT_OUTLET: Outlet = {
  toPeer: () => undefined,
  toPeers: () => undefined,
  toGuests: () => undefined,
  toClients: () => undefined,
};
