/**
 * The command line: `countersign`. Each command stands in a file of its own under `commands/`; `docs/CLI.md` says
 * what they do and how they end.
 * @module
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { DECISIONS } from '../../shared/domain/payload.ts';
import { DEFAULT_POLICY } from '../ledger/genesis.ts';
import { runChildReplica, type ChildOptions } from '../replica/childReplica.ts';
import { EMBEDDED_REPLICAS, FAULTS, SLOW_DELAY_MAX_MS, SLOW_DELAY_MS } from '../replica/embeddedNetwork.ts';
import { defaultDataDirectory } from '../storage/index.ts';
import { demo, type DemoOptions } from './commands/demo.ts';
import { draft, type DraftOptions } from './commands/draft.ts';
import { init, type InitOptions } from './commands/init.ts';
import { invite, type InviteOptions } from './commands/invite.ts';
import { join, type JoinCommandOptions } from './commands/join.ts';
import { keygen, type KeygenOptions } from './commands/keygen.ts';
import { listEvidence, type EvidenceOptions } from './commands/evidence.ts';
import { merge } from './commands/merge.ts';
import { exportReceipt } from './commands/receipts.ts';
import { rekey, type RekeyOptions } from './commands/rekey.ts';
import { serve, type ServeOptions } from './commands/serve.ts';
import { sign, type SignOptions } from './commands/sign.ts';
import { status } from './commands/status.ts';
import { submit, type SubmitOptions } from './commands/submit.ts';
import { verify } from './commands/verify.ts';
import { EXIT, Output, type ExitCode } from './output.ts';
import { collect, portNumber, timeoutOption, wholeNumber } from './optionValues.ts';
import { addRegistryCommands } from './registryCommands.ts';
import type { Places } from './session.ts';
import { VERSION } from './version.ts';

/** Default port of the served console: the same each time, so that an open page finds it again. */
const CONSOLE_PORT = 7430;
/** All but the one in this process can be made to misbehave. */
const FAULTABLE_REPLICAS = EMBEDDED_REPLICAS - 1;
const ENTRY = fileURLToPath(import.meta.url);

process.exitCode = await main(process.argv);

/** Runs the command that `argv` names; its exit code. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: EXIT.done };
  const output = new Output(argv.includes('--json'));
  try {
    await program(output, outcome).parseAsync([...argv]);
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      const problem = error.message.replace(/^error: /, '');
      return output.failure({ code: 'cli.usage', data: { problem } });
    }
    return output.error(error);
  }
}

function program(output: Output, outcome: { code: ExitCode }): Command {
  const root = new Command('countersign')
    .version(VERSION)
    .description('One ledger of reviewed requests, kept by organisations that need not trust one another.')
    .exitOverride()
    .showHelpAfterError();
  const commandOf = (parent: Command | null, name: string, description: string): Command =>
    (parent ?? root)
      .command(name)
      .description(description)
      .option('--json', 'print one JSON object on the last line')
      .exitOverride();
  const command = (name: string, description: string): Command => commandOf(null, name, description);

  command('demo', 'run a network of four replicas on this machine and sign a sample batch')
    .option('--data <directory>', 'data directory (default: a new temporary one)')
    .option('--passphrase-file <file>', "passphrase of the supervisor's key (default: one is made up)")
    .option('--empty', 'sign nothing', false)
    .option('--once', 'end when the sample is final', false)
    .addOption(
      new Option('--fault <fault>', 'make this go wrong with a replica, tell what happens, and end')
        .choices(FAULTS)
        .conflicts(['empty', 'once']),
    )
    .option(
      '--replica <which>',
      `the replica that gets the fault: its number, 1 to ${String(FAULTABLE_REPLICAS)}, or primary`,
      whichReplica,
      'primary',
    )
    .option('--delay <milliseconds>', 'by how much a slow replica is late', delayOf, SLOW_DELAY_MS)
    .action(async (options: DemoOptions, self: Command) => {
      checkFaultOptions(options, self);
      await demo(options, ENTRY, output);
    });

  command('serve', 'serve the console to a browser on this machine')
    .option(
      '--data, --directory <directory>',
      'data directory',
      defaultDataDirectory(process.env, process.platform),
    )
    .option('--passphrase-file <file>', "passphrase of the replica's key (default: the page asks for it)")
    .option('--host <address>', 'loopback address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes any free one', portNumber, CONSOLE_PORT)
    .option('--listen <host:port>', 'where the replica listens to others (default: its registered address)')
    .action(
      async ({ directory, ...options }: Omit<ServeOptions, 'data'> & { directory: string }) =>
        await serve({ ...options, data: resolve(directory) }, ENTRY, VERSION, output),
    );

  withDirectory(command('init', 'make the keys and the card of a replica, to take part in a network'))
    .requiredOption('--name <text>', 'name of the replica')
    .requiredOption('--organisation <text>', 'organisation that runs it')
    .requiredOption('--host <address>', 'host name or IP address at which the others reach it')
    .requiredOption('--port <number>', 'port at which the others reach it', portNumber)
    .requiredOption('--passphrase-file <file>', 'file whose first line is the passphrase of the keys')
    .option('--supervisor <text>', 'name of a supervisor, who gets a key and a card too')
    .option('--supervisor-key <file>', 'the key that the supervisor has already')
    .option('--supervisor-passphrase-file <file>', 'passphrase of that key, where it is another one')
    .action(async (options: InitOptions) => await init(options, output));

  command('invite', 'make the genesis of a network of the cards of all who take part')
    .argument('<card...>', 'card files')
    .requiredOption('--name <text>', 'name of the network')
    .requiredOption('--out <file>', 'where to write the genesis')
    .option('--invitation <file>', 'where to write it once more, as text to paste')
    .option(
      '--threshold <number>',
      'supervisors that must approve a change of the registry (default: a majority)',
      wholeNumber,
    )
    .option(
      '--proposal-blocks <number>',
      'blocks during which a proposed change can be approved',
      wholeNumber,
      DEFAULT_POLICY.proposalBlocks,
    )
    .action(async (files: string[], options: InviteOptions) => await invite(files, options, output));

  withDirectory(command('join', 'take a genesis into a data directory that has keys'))
    .argument('<genesis>', 'the genesis, or an invitation')
    .requiredOption('--passphrase-file <file>', 'file whose first line is the passphrase of the keys')
    .option('--fingerprint <words>', 'the twelve words, as whoever made the genesis told them')
    .option('--follow', 'the network runs already: follow it until supervisors admit this replica')
    .action(async (path: string, options: JoinCommandOptions) => await join(path, options, output));

  withDirectory(
    command('rekey', 'make the next key of a replica, for supervisors to admit in place of the present one'),
  )
    .requiredOption('--passphrase-file <file>', 'file whose first line is the passphrase of the keys')
    .action(async (options: RekeyOptions) => await rekey(options, output));

  command('keygen', 'make a key, or import one, encrypted with a passphrase')
    .requiredOption('--out <file>', 'where to write the key (PKCS#8 PEM)')
    .requiredOption('--passphrase-file <file>', 'file whose first line is the passphrase')
    .option('--import <file>', 'encrypted key of OpenSSL or Countersign to read, instead of making one')
    .option('--import-passphrase-file <file>', 'its passphrase (default: the same)')
    .action(async (options: KeygenOptions) => await keygen(options, output));

  withPlaces(command('draft', 'make a draft of a table or of documents, for others to sign'))
    .argument('<file...>', 'what is to be signed')
    .requiredOption('--out <file>', 'where to write the draft (.csdraft)')
    .option('--signer <who>', 'name or public key of a supervisor whose signature is waited for', collect, [])
    .option('--note <text>', 'a word to the signers, which is not signed', '')
    .addOption(new Option('--as <kind>', 'how to read the files').choices(['assessments', 'document']))
    .option('--title <text>', 'title of the request (default: the name of the file)')
    .option('--remark <text>', 'remark, which is signed', '')
    .addOption(
      new Option('--decision <word>', 'decision about documents').choices(DECISIONS).default('approved'),
    )
    .action(async (files: string[], options: DraftOptions) => await draft(files, options, output));

  withPlaces(
    command('sign', 'make signed requests of tables (CSV, JSON), documents (any file) and drafts (.csdraft)'),
  )
    .argument('<file...>', 'what to sign')
    .option('--key <file>', "the supervisor's encrypted key")
    .requiredOption('--passphrase-file <file>', 'file whose first line is the passphrase')
    .option('--yes', 'sign drafts without asking', false)
    .addOption(new Option('--as <kind>', 'how to sign the files').choices(['assessments', 'document']))
    .option('--title <text>', 'title of the request (default: the name of the file)')
    .option('--remark <text>', 'remark of the supervisor', '')
    .addOption(
      new Option('--decision <word>', 'decision about documents').choices(DECISIONS).default('approved'),
    )
    .option('--out-dir <directory>', 'where to write the signed requests', '.')
    .action(async (files: string[], options: Omit<SignOptions, 'contentOptions'>, used: Command) => {
      const contentOptions = ['as', 'title', 'remark', 'decision']
        .filter((name) => used.getOptionValueSource(name) === 'cli')
        .map((name) => `--${name}`);
      const terminal = { input: process.stdin, output: process.stderr };
      await sign(files, { ...options, contentOptions }, output, terminal);
    });

  withPlaces(command('submit', 'send signed requests and wait until they are final'))
    .argument('<request...>', 'signed requests, as written by sign')
    .addOption(timeoutOption('how long to wait'))
    .action(
      async (files: string[], { timeout, ...places }: Places & { timeout: SubmitOptions['timeoutMs'] }) => {
        outcome.code = await submit(files, { ...places, timeoutMs: timeout }, output);
      },
    );

  withPlaces(command('merge', 'show who has signed a draft and who has not'))
    .argument('<draft>', 'the draft')
    .argument('[request...]', 'signed requests')
    .action(async (path: string, files: string[], options: Places) => {
      outcome.code = await merge(path, files, options, output);
    });

  withPlaces(command('status', 'show where each replica stands')).action(
    async (options: Places) => await status(options, output),
  );

  withPlaces(command('export', 'write the receipt of a final request'))
    .argument('<id>', 'id of the request')
    .requiredOption('-o, --output <file>', 'where to write the receipt')
    .action(
      async (id: string, options: Places & { readonly output: string }) =>
        await exportReceipt(id, options, output),
    );

  withPlaces(command('verify', 'check a receipt or evidence with nothing but the genesis'))
    .argument('<file>', 'the receipt, or the evidence')
    .action(async (path: string, options: Places) => await verify(path, options, output));

  addRegistryCommands({
    command: commandOf,
    withPlaces,
    portNumber,
    wholeNumber,
    output,
    finish: (code) => {
      outcome.code = code;
    },
  });

  command('evidence', 'show what the replicas of an embedded network have against one another')
    .requiredOption('--data <directory>', 'data directory of an embedded network that is not running')
    .option('--out <directory>', 'where to write a file for each accused replica')
    .action(async (options: EvidenceOptions) => await listEvidence(options, output));

  root
    .command('replica', { hidden: true })
    .requiredOption('--data <directory>')
    .requiredOption('--passphrase-file <file>')
    .option('--listen <address>')
    .exitOverride()
    .action(async ({ data, ...given }: { data: string; passphraseFile: string; listen?: string }) => {
      const options: ChildOptions = { directory: data, ...given };
      outcome.code = (await runChildReplica(options)) === 0 ? EXIT.done : EXIT.failed;
    });
  return root;
}

/** The option that says which data directory. */
function withDirectory(command: Command): Command {
  return command.requiredOption('--data, --directory <directory>', 'data directory');
}

/** The options that say which network. */
function withPlaces(command: Command): Command {
  return command
    .option('--genesis <file>', 'genesis of the network')
    .option('--data <directory>', 'data directory of a network, instead of --genesis and --key');
}

/** The index of the replica with this number: `Replica 1` is the first. */
function whichReplica(text: string): number | 'primary' {
  if (text === 'primary') return text;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > FAULTABLE_REPLICAS) {
    throw new InvalidArgumentError(
      `It must be primary, or a number from 1 to ${String(FAULTABLE_REPLICAS)}: the last replica runs in this process.`,
    );
  }
  return number - 1;
}

/** Options that would do nothing are a misunderstanding. */
function checkFaultOptions({ fault }: DemoOptions, command: Command): void {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (fault === undefined && isGiven('replica')) command.error("error: '--replica' needs '--fault'");
  if (fault !== 'slow' && isGiven('delay')) command.error("error: '--delay' needs '--fault slow'");
}

function delayOf(text: string): number {
  const delayMs = Number(text);
  if (!Number.isInteger(delayMs) || delayMs < 1 || delayMs > SLOW_DELAY_MAX_MS) {
    throw new InvalidArgumentError(`It must be a number from 1 to ${String(SLOW_DELAY_MAX_MS)}.`);
  }
  return delayMs;
}
