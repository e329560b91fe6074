/**
 * How one side tells the other why it ends a connection.
 *
 * During the handshake a `refused` message says so; afterwards the WebSocket close frame does, because every
 * message then belongs to the layers above. The close frame always carries the number from the table below, and as
 * its reason the code and its data as `code name=value name=value`, each value percent-encoded, or the code
 * alone where that exceeds the 123 bytes of a close frame.
 *
 * What the other side tells is checked against the same table, so that its data has the shape that `ErrorData`
 * promises.
 * @module
 */
import type { ErrorCode, ErrorData, PlainError } from '../../shared/errors.ts';
import { brokeOff } from './connectionErrors.ts';

type FieldKinds<C extends ErrorCode> = {
  readonly [K in keyof ErrorData[C]]: ErrorData[C][K] extends number ? 'uint' : 'text';
};
type Table = { readonly [C in ErrorCode]?: { readonly closeCode: number; readonly fields: FieldKinds<C> } };

/** What one side may tell the other: the close code (4000 to 4999 are free for applications), and the data. */
const REFUSALS = {
  'handshake.malformed': { closeCode: 4000, fields: { problem: 'text' } },
  'handshake.version': { closeCode: 4001, fields: { expected: 'uint', actual: 'uint' } },
  'handshake.wrongNetwork': { closeCode: 4002, fields: { expected: 'text', actual: 'text' } },
  'handshake.unknownReplica': { closeCode: 4003, fields: { publicKey: 'text' } },
  'handshake.wrongReplica': { closeCode: 4004, fields: { expected: 'text', actual: 'text' } },
  'handshake.badProof': { closeCode: 4005, fields: { publicKey: 'text' } },
  'handshake.timeout': { closeCode: 4006, fields: { timeoutMs: 'uint' } },
  'handshake.duplicate': { closeCode: 4007, fields: { publicKey: 'text' } },
  'admission.tooManyConnections': { closeCode: 4010, fields: { maxConnections: 'uint' } },
  'admission.rate': { closeCode: 4011, fields: { maxPerSecond: 'uint' } },
  'admission.messageTooLarge': { closeCode: 4012, fields: { maxBytes: 'uint' } },
  'admission.queueFull': { closeCode: 4013, fields: { maxBytes: 'uint' } },
  'admission.badMessages': { closeCode: 4014, fields: { maxPerMinute: 'uint' } },
  'encoding.invalid': { closeCode: 4020, fields: { at: 'text', problem: 'text' } },
  stopped: { closeCode: 4021, fields: { what: 'text' } },
  'message.badSignature': { closeCode: 4022, fields: { from: 'text', type: 'text' } },
} as const satisfies Table;

/** Longest text in a refusal, in UTF-16 code units: two keys in hex fit, an essay does not. */
export const REFUSAL_TEXT_MAX_CHARS = 128;

/** Most data in a refusal. No code has more than two; the rest is room for later versions. */
export const REFUSAL_MAX_ENTRIES = 8;

/** The longest reason of a close frame (RFC 6455, section 5.5), in bytes. */
const CLOSE_REASON_MAX_BYTES = 123;

/** Stands for a close frame that never came (RFC 6455, section 7.1.5). */
const CLOSE_ABNORMAL = 1006;

/** The close code of RFC 6455 for a message that is too large; the WebSocket library sends it by itself. */
const CLOSE_TOO_LARGE = 1009;

/** One datum of a refusal. */
export interface RefusalEntry {
  readonly name: string;
  readonly value: string | number;
}

/** A refusal as it travels: the error code, and its data in the order of the table. */
export interface Refusal {
  readonly code: string;
  readonly data: readonly RefusalEntry[];
}

/** `error` as something that may be told. What is none of the other side's business becomes `stopped`. */
export function tellable(error: PlainError): PlainError {
  return isTellable(error.code) ? error : { code: 'stopped', data: { what: 'connection' } };
}

/** The refusal that tells of a `tellable` error. */
export function refusalOf(error: PlainError): Refusal {
  const data = Object.keys(fieldsOf(error.code)).map((name) => ({
    name,
    value: shorten(error.data[name] ?? ''),
  }));
  return { code: error.code, data };
}

/** The error that a refusal tells of. An unknown one is a `handshake.malformed` that quotes it. */
export function errorOfRefusal(refusal: Refusal): PlainError {
  const fields = Object.entries(fieldsOf(refusal.code));
  const values = new Map(refusal.data.map((entry) => [entry.name, entry.value]));
  const complete = fields.every(([name, kind]) => kindOf(values.get(name)) === kind);
  if (!isTellable(refusal.code) || !complete) {
    return {
      code: 'handshake.malformed',
      data: { problem: `was refused in unknown words: ${refusal.code}` },
    };
  }
  const data = Object.fromEntries(fields.map(([name]) => [name, values.get(name) ?? '']));
  return { code: refusal.code, data };
}

/** The close code for a `tellable` error. */
export function closeCodeOf(error: PlainError): number {
  return isTellable(error.code) ? REFUSALS[error.code].closeCode : REFUSALS.stopped.closeCode;
}

/** The reason in the close frame for a `tellable` error. */
export function closeReasonOf(error: PlainError): string {
  const entries = refusalOf(error).data.map(
    ({ name, value }) => `${name}=${encodeURIComponent(String(value).toWellFormed())}`,
  );
  const reason = [error.code, ...entries].join(' ');
  return reason.length <= CLOSE_REASON_MAX_BYTES ? reason : error.code;
}

/**
 * The error that a close frame tells of.
 *
 * @param address - of the other side, for a connection that broke off without a reason
 * @param maxMessageBytes - the limit that a message exceeded when the close code says no more than that
 */
export function errorOfClose(
  closeCode: number,
  reason: string,
  address: string,
  maxMessageBytes: number,
): PlainError {
  if (closeCode === CLOSE_ABNORMAL) return brokeOff(address);
  if (closeCode === CLOSE_TOO_LARGE) {
    return { code: 'admission.messageTooLarge', data: { maxBytes: maxMessageBytes } };
  }
  const [code = '', ...entries] = reason.split(' ');
  const told = errorOfRefusal({ code, data: entries.map((entry) => parseEntry(entry, code)) });
  if (told.code === code && closeCodeOf(told) === closeCode) return told;
  const quoted = reason === '' ? '' : `: ${shorten(reason)}`;
  return {
    code: 'network.unreachable',
    data: { address, problem: `closed with code ${closeCode}${quoted}` },
  };
}

function parseEntry(entry: string, code: string): RefusalEntry {
  const [name = '', encoded = ''] = entry.split('=');
  const isNumber = fieldsOf(code)[name] === 'uint' && /^\d{1,15}$/.test(encoded);
  return { name, value: isNumber ? Number(encoded) : decodeText(encoded) };
}

function decodeText(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function isTellable(code: string): code is keyof typeof REFUSALS {
  return Object.hasOwn(REFUSALS, code);
}

function fieldsOf(code: string): Readonly<Record<string, 'uint' | 'text'>> {
  return isTellable(code) ? REFUSALS[code].fields : {};
}

function kindOf(value: string | number | undefined): 'uint' | 'text' | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'number' ? 'uint' : 'text';
}

function shorten<T extends string | number>(value: T): T | string {
  return typeof value === 'string' ? value.slice(0, REFUSAL_TEXT_MAX_CHARS).toWellFormed() : value;
}
