/**
 * Runs the real `openssl`, which must be able to read our keys and write keys that we read.
 * @module
 */
import { spawn } from 'node:child_process';

/** What a run of `openssl` came to. */
export interface OpensslResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `openssl` with `args`, `input` on its standard input. Fails loudly where it is not installed. */
export function runOpenssl(args: readonly string[], input = ''): Promise<OpensslResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', args, { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (cause) => {
      const hint = 'these tests need OpenSSL 3: apt-get install openssl, or brew install openssl@3';
      reject(new Error(`openssl does not start; ${hint}`, { cause }));
    });
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    // A broken pipe only says that openssl did not want all of its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** The standard output of a run that has to succeed. */
export async function openssl(args: readonly string[], input = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await runOpenssl(args, input);
  if (exitCode !== 0) throw new Error(`openssl ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}
