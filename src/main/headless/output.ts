/**
 * What the command line says: results on standard output, as text or with `--json` as one JSON object on the last
 * line; progress and errors on standard error.
 * @module
 */
import { toPlainError, type ErrorCode, type PlainError } from '../../shared/errors.ts';
import { errorWords, type AnyError } from '../../shared/locales/errorWords.ts';

/** Exit codes, documented in docs/CLI.md. */
export const EXIT = {
  done: 0,
  /** Something failed that may work another time: a file, the network, a timeout. */
  failed: 1,
  /** The command was given wrongly. */
  usage: 2,
  /** The answer is no: a receipt or evidence does not hold, a request was refused, a passphrase is wrong. */
  refused: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const REFUSED_PREFIXES = [
  'request.',
  'receipt.',
  'evidence.',
  'genesis.',
  'card.',
  'invitation.',
  'fingerprint.',
  'name.',
  'address.',
  'import.',
  'draftFile.',
  'registry.',
  'key.',
  'encoding.',
];
const MAYBE_LATER: ReadonlySet<string> = new Set([
  'request.notFound',
  'request.notFinal',
  'request.poolFull',
  'evidence.notFound',
]);

/** The exit code for an error. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  if (code === 'cli.usage') return EXIT.usage;
  if (MAYBE_LATER.has(code)) return EXIT.failed;
  return REFUSED_PREFIXES.some((prefix) => code.startsWith(prefix)) ? EXIT.refused : EXIT.failed;
}

export class Output {
  readonly #json: boolean;
  #progressShown = false;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** Prints a result: `text` for people, `value` for programs. */
  result(text: string, value: Readonly<Record<string, unknown>>): void {
    this.#endProgress();
    process.stdout.write(`${this.#json ? JSON.stringify(value) : text}\n`);
  }

  /** Prints a line for people that is not the result. */
  note(text: string): void {
    this.#endProgress();
    process.stderr.write(`${text}\n`);
  }

  /** Shows how far something has come, in place where a terminal allows it. */
  progress(text: string): void {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\u001b[K${text}`);
      this.#progressShown = true;
    } else if (!this.#json) process.stderr.write(`${text}\n`);
  }

  /** Prints an error with what to do, and returns its exit code. */
  error(error: unknown): ExitCode {
    this.#endProgress();
    const plain = toPlainError(error);
    process.stderr.write(`${describeError(plain)}\n`);
    return this.failure(plain);
  }

  /** Prints an error for programs alone, where people have read of it already, and returns its exit code. */
  failure(error: PlainError): ExitCode {
    if (this.#json) process.stdout.write(`${JSON.stringify({ error })}\n`);
    return exitCodeOf(error.code);
  }

  #endProgress(): void {
    if (this.#progressShown) process.stderr.write('\r\u001b[K');
    this.#progressShown = false;
  }
}

/** What happened and what to do, in the language that the environment asks for. */
export function describeError(error: AnyError): string {
  const { what, action } = errorWords(error, languageOf(process.env), { shortHashes: false });
  return `${what}\n${action}`;
}

/** The language that the environment asks for (POSIX locale variables). */
function languageOf(environment: NodeJS.ProcessEnv): 'en' | 'zh-CN' {
  const locale = [environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return locale?.startsWith('zh') === true ? 'zh-CN' : 'en';
}
