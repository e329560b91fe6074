/**
 * A network of four organisations made with the command line alone: each with a data directory, a card and a process of
 * its own (`countersign serve`), which may run in a network namespace.
 * @module
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { done } from './commandLine.ts';

/** The built program: `serve` needs the built page. `npm run build` makes it. */
const BUILT = fileURLToPath(new URL('../../../out/main/headless.js', import.meta.url));

export const PASSPHRASE = 'correct horse battery staple';

/** One organisation. */
export interface Member {
  readonly directory: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** What stands before the command, so that it runs elsewhere. */
  readonly within: readonly string[];
}

/** What `init` says. */
export interface Init {
  readonly card: string;
  readonly cards: readonly { readonly kind: string; readonly publicKey: string }[];
}

/** Writes the passphrase where the commands read it; the options that name it. */
export async function passphraseIn(home: string): Promise<readonly string[]> {
  const file = join(home, 'passphrase');
  await writeFile(file, `${PASSPHRASE}\n`);
  return ['--passphrase-file', file];
}

/** `init` of a member with a supervisor. */
export async function init(member: Member, passphrase: readonly string[]): Promise<Init> {
  const { directory, name, host, port } = member;
  const who = ['--name', `Replica ${name}`, '--organisation', `Organisation ${name}`];
  const where = ['--host', host, '--port', String(port), '--supervisor', `Supervisor ${name}`];
  return (await done(['init', '--directory', directory, ...who, ...where, ...passphrase])) as unknown as Init;
}

/** `init` of all, `invite`, and `join` of all with the fingerprint. The path of the genesis. */
export async function makeNetwork(
  home: string,
  members: readonly Member[],
  passphrase: readonly string[],
): Promise<string> {
  const genesis = join(home, 'genesis.json');
  const invitation = join(home, 'invitation.txt');
  const inits = await Promise.all(members.map(async (member) => await init(member, passphrase)));
  const cards = inits.map(({ card }) => card);
  const made = await done([
    'invite',
    ...cards,
    '--name',
    'Four',
    '--out',
    genesis,
    '--invitation',
    invitation,
  ]);
  const told = ['--fingerprint', String(made['fingerprint'])];
  await Promise.all(
    members.map(async ({ directory }, index) => {
      // The file and the pasted text are the same genesis.
      const given = index % 2 === 0 ? genesis : invitation;
      await done(['join', given, '--directory', directory, ...passphrase, ...told]);
    }),
  );
  return genesis;
}

/** Runs a command that succeeds where the member is; what it printed last. */
export async function runWithin(
  { within }: Member,
  args: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  // `env` runs whatever follows it, wherever that leads.
  const command = [...within, process.execPath, BUILT, ...args, '--json'];
  const { stdout } = await promisify(execFile)('env', command, { env: environment() });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>;
}

function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, LANG: 'C.UTF-8' };
}

/** `countersign serve` of a member. */
export class Served {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  errors = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  /** Starts it; what it says so far is in `errors`. */
  static start({ directory, within }: Member, passphrase: readonly string[]): Served {
    const args = [BUILT, 'serve', '--directory', directory, '--port', '0', ...passphrase, '--json'];
    const [command = '', ...rest] = [...within, process.execPath, ...args];
    return new Served(spawn(command, rest, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Waits until it has said this. */
  async says(text: string): Promise<void> {
    while (!this.errors.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}
