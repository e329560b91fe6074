/**
 * Values of options, from the text that was typed. What is wrong with one is told with its option.
 * @module
 */
import { InvalidArgumentError, Option } from 'commander';

const SECOND_MS = 1_000;
const TIMEOUT_SECONDS = 60;

/** Gathers an option that may be given more than once. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** A whole number from 1 on. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number.');
  return number;
}

/** A port, where 0 takes any free one. */
export function portNumber(text: string): number {
  const PORT_MAX = 65_535;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw new InvalidArgumentError('It must be a port number, from 0 to 65535.');
  }
  return port;
}

/** `--timeout`: how long to wait, told in seconds and given in milliseconds. */
export function timeoutOption(description: string): Option {
  return new Option('--timeout <seconds>', description)
    .argParser(milliseconds)
    .default(TIMEOUT_SECONDS * SECOND_MS, String(TIMEOUT_SECONDS));
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('It must be a number of seconds.');
  return value * SECOND_MS;
}
