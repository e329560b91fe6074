/**
 * Chooses the bridge: the preload's in Electron, a WebSocket in a browser.
 * @module
 */
import {
  CONSOLE_SOCKET_PATH,
  CONSOLE_SUBPROTOCOL,
  TOKEN_PREFIX,
  type PreloadApi,
} from '../../shared/contract/bridge.ts';
import { ElectronBridge } from './electronBridge.ts';
import type { RendererBridge } from './rendererBridge.ts';
import { SocketBridge } from './socketBridge.ts';
import { takeToken } from './token.ts';

declare global {
  interface Window {
    /** What the preload puts there in Electron; absent in a browser. */
    readonly countersign?: PreloadApi;
  }
}

/** The page's bridge; `null` in a browser that was given no token. */
export function connectBridge(): RendererBridge | null {
  if (window.countersign !== undefined) return new ElectronBridge(window.countersign);
  const token = takeToken(window);
  if (token === null) return null;
  const url = new URL(CONSOLE_SOCKET_PATH, window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new SocketBridge({
    url: url.href,
    protocols: [CONSOLE_SUBPROTOCOL, `${TOKEN_PREFIX}${token}`],
    serverAnswers: async () => {
      try {
        return (await fetch('/', { method: 'HEAD', cache: 'no-store' })).ok;
      } catch {
        return false;
      }
    },
  });
}
