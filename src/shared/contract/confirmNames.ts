/**
 * The confirmation window's names, without the schemas: all that its sandboxed preload needs to know.
 * @module
 */
import type { ConfirmChannel } from './confirm.ts';

/** IPC channel names in Electron: `confirm:` and the channel. */
export const CONFIRM_IPC_PREFIX = 'confirm:';

/** What the preload puts on `window.countersignConfirm`: one function for each channel, values as plain data. */
export type ConfirmApi = Readonly<Record<ConfirmChannel, (input: unknown) => Promise<unknown>>>;
