/**
 * Who may call the main process: the main frame of the console's window, at the console's origin (SECURITY.md 6).
 * @module
 */
import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { CONSOLE_ORIGIN } from './origin.ts';

/** Whether `event` comes from the page in `contents`. Ask at once: the frame of an event can navigate or end. */
export function isConsolePage(
  event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  contents: WebContents | null,
): boolean {
  return isPageAt(event, contents, CONSOLE_ORIGIN);
}

/** Whether `event` comes from the main frame of `contents`, at `origin`. Ask at once, as above. */
export function isPageAt(
  event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  contents: WebContents | null,
  origin: string,
): boolean {
  const { sender, senderFrame } = event;
  if (contents === null || sender !== contents || senderFrame === null) return false;
  return senderFrame.parent === null && senderFrame.origin === origin;
}
