/**
 * What pages may not do: ask for a permission, reach a network, leave the console (SECURITY.md 4 and 5).
 * @module
 */
import type { CommandLine, Event, Session, WebContents } from 'electron';
import { consolePathOf, isConsoleBlob } from './origin.ts';

/** Chromium resolves no name and connects to no address. The replica's sockets are Node's. Before the app is ready. */
export function refuseChromiumNetwork(commandLine: CommandLine): void {
  commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
}

/** What the pages of a session may ask for: everything else is cancelled. */
export interface OwnRequests {
  readonly isOwnRequest: (url: string) => boolean;
  /** Whether an address may be saved as a file. */
  readonly isOwnDownload: (url: string) => boolean;
}

/** What the console's pages may ask for. */
export function consoleRequests(allowDevTools: boolean): OwnRequests {
  return { isOwnRequest: (url) => isOwnRequest(url, allowDevTools), isOwnDownload: isConsoleBlob };
}

/** Refuses every permission, and every request that is not the session's own. */
export function confineSession(session: Session, own: OwnRequests): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  // It would fetch its dictionaries.
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest(({ url }, callback) => {
    callback({ cancel: !own.isOwnRequest(url) });
  });
  session.on('will-download', (event, item) => {
    if (!own.isOwnDownload(item.getURL())) event.preventDefault();
  });
}

/** Keeps a page where it is: no other address, no other window, no guest. */
export function confineContents(contents: WebContents): void {
  const refuse = (event: Pick<Event, 'preventDefault'>): void => event.preventDefault();
  contents.on('will-navigate', refuse);
  contents.on('will-frame-navigate', refuse);
  contents.on('will-redirect', refuse);
  contents.on('will-attach-webview', refuse);
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  // WebRTC goes past the request filter.
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

function isOwnRequest(url: string, allowDevTools: boolean): boolean {
  return (
    consolePathOf(url) !== null ||
    isConsoleBlob(url) ||
    url.startsWith('data:') ||
    (allowDevTools && url.startsWith('devtools://'))
  );
}
