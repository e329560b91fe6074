/**
 * What is wrong with a connection, from what the system, or the WebSocket library, says of it: the usual cases
 * have words of their own, which the console has in every language.
 * @module
 */
import type { PlainError } from '../../shared/errors.ts';

const NOT_LISTENING = new Set(['ECONNREFUSED']);
const BROKEN = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);
const SILENT = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/** @param problem - the code that the system gives, or else what it says */
export function connectionError(address: string, problem: string): PlainError {
  if (NOT_LISTENING.has(problem)) return { code: 'network.notListening', data: { address } };
  if (BROKEN.has(problem)) return brokeOff(address);
  if (SILENT.has(problem)) return silent(address);
  return { code: 'network.unreachable', data: { address, problem } };
}

/** The connection ended without a reason: a program that was killed, a cable, a machine without power. */
export function brokeOff(address: string): PlainError {
  return { code: 'network.brokeOff', data: { address } };
}

/** Whoever is there does not answer. */
export function silent(address: string): PlainError {
  return { code: 'network.silent', data: { address } };
}
