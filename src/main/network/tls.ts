/**
 * What both ends of a connection ask of TLS and of the WebSocket library.
 * @module
 */
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { ClientOptions, ServerOptions } from 'ws';
import { EXPORTER_BYTES } from './handshake.ts';
import type { NetworkLimits } from './limits.ts';

/** The only version spoken: its exporter is bound to the whole handshake, and it has no weak options. */
export const TLS_VERSION = 'TLSv1.3';

/** Names the purpose of the keying material (RFC 5705, section 4). */
const EXPORTER_LABEL = 'EXPORTER-countersign-1';

/** The TLS socket behind an upgraded connection. Throws a `TypeError` for anything else. */
export function tlsSocketOf(socket: Duplex): TLSSocket {
  if (!(socket instanceof TLSSocket)) throw new TypeError('expected a TLS socket');
  return socket;
}

/** Keying material that is equal at both ends of this connection and unlike that of any other. */
export function exporterOf(socket: TLSSocket): Uint8Array {
  return socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0));
}

/** WebSocket options of both ends. No compression: it costs memory, and what is signed hardly shrinks. */
export function webSocketOptions(limits: NetworkLimits): Pick<ServerOptions & ClientOptions, 'maxPayload'> {
  const options = {
    perMessageDeflate: false,
    maxPayload: limits.maxMessageBytes,
    closeTimeout: limits.closeGraceMs, // not in the published types yet
  };
  return options;
}

/** Longest header of a WebSocket frame (RFC 6455, section 5.2), in bytes. */
const FRAME_HEADER_BYTES = 14;

/**
 * Calls `onExceeded` when more than one message of a handshake arrives before `stop` is called. Bytes are counted
 * as they arrive, since the WebSocket library has one limit for the whole life of a connection.
 */
export function watchHandshakeBytes(
  socket: TLSSocket,
  maxHandshakeBytes: number,
  onExceeded: () => void,
): { stop: () => void } {
  let received = 0;
  const count = (chunk: Buffer): void => {
    received += chunk.length;
    if (received > maxHandshakeBytes + FRAME_HEADER_BYTES) onExceeded();
  };
  socket.on('data', count);
  return { stop: () => socket.off('data', count) };
}
