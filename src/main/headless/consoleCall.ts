/**
 * One call to a console that is served on this machine, by the address with the token that `serve` prints.
 * @module
 */
import { WebSocket } from 'ws';
import {
  CONSOLE_FRAME_BYTES_MAX,
  CONSOLE_SOCKET_PATH,
  CONSOLE_SUBPROTOCOL,
  TOKEN_PREFIX,
  serverFrameSchema,
} from '../../shared/contract/bridge.ts';
import { channels, type Channel, type Input, type Output } from '../../shared/contract/channels.ts';
import { CountersignError, fromPlainError, type PlainError } from '../../shared/errors.ts';

/** How long the answer may take, in milliseconds. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Throws `cli.usage` for an address without a token, `network.unreachable`, `timeout`, and what the console answers. */
export async function callConsole<C extends Channel>(
  address: string,
  channel: C,
  input: Input<C>,
): Promise<Output<C>> {
  const { url, origin, token } = parse(address);
  const socket = new WebSocket(url, [CONSOLE_SUBPROTOCOL, `${TOKEN_PREFIX}${token}`], {
    origin,
    maxPayload: CONSOLE_FRAME_BYTES_MAX,
    handshakeTimeout: ANSWER_TIMEOUT_MS,
  });
  const answered = Promise.withResolvers<unknown>();
  const timer = setTimeout(
    () => answered.reject(new CountersignError('timeout', { what: channel, timeoutMs: ANSWER_TIMEOUT_MS })),
    ANSWER_TIMEOUT_MS,
  );
  const unreachable = (problem: string): void =>
    answered.reject(new CountersignError('network.unreachable', { address: origin, problem }));
  socket.on('open', () => socket.send(JSON.stringify({ type: 'call', id: 1, channel, input })));
  socket.on('error', (error) => unreachable(error.message));
  socket.on('close', () => unreachable('the connection was closed'));
  socket.on('message', (data: Buffer) => {
    const frame = serverFrameSchema.safeParse(JSON.parse(data.toString('utf8')));
    if (!frame.success || frame.data.type !== 'answer') return;
    const { answer } = frame.data;
    if (answer.ok) answered.resolve(answer.output);
    else answered.reject(fromPlainError(answer.error as PlainError));
  });
  try {
    return channels[channel].output.parse(await answered.promise) as Output<C>;
  } finally {
    clearTimeout(timer);
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.close();
  }
}

function parse(address: string): { readonly url: string; readonly origin: string; readonly token: string } {
  const parsed = URL.parse(address);
  const token = new URLSearchParams(parsed?.hash.slice(1)).get('token');
  if (parsed === null || token === null || token === '') {
    throw new CountersignError('cli.usage', { problem: 'the address of a console ends with #token=…' });
  }
  return { url: `ws://${parsed.host}${CONSOLE_SOCKET_PATH}`, origin: parsed.origin, token };
}
