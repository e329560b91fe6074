/**
 * The commands about the registry: `countersign card` and `countersign registry …`.
 * @module
 */
import { Option, type Command } from 'commander';
import type { RegistryChange } from '../../shared/domain/registry.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { card, type CardOptions } from './commands/card.ts';
import { actOnProposal, proposeChange, type RegistryChangeOptions } from './commands/registryChange.ts';
import { showRegistry, type RegistryShowOptions } from './commands/registryShow.ts';
import type { ExitCode, Output } from './output.ts';
import {
  addition,
  keyOf,
  renaming,
  replicaRotation,
  replicaUpdate,
  supervisorRotation,
} from './registryChanges.ts';
import { timeoutOption } from './optionValues.ts';
import { signerOf } from './session.ts';

/** How the program makes its commands, and the options that several have. */
export interface CommandParts {
  readonly command: (parent: Command | null, name: string, description: string) => Command;
  readonly withPlaces: (command: Command) => Command;
  readonly portNumber: (text: string) => number;
  readonly wholeNumber: (text: string) => number;
  readonly output: Output;
  readonly finish: (code: ExitCode) => void;
}

export function addRegistryCommands(parts: CommandParts): void {
  const { command, withPlaces, portNumber, wholeNumber, output } = parts;
  withPlaces(command(null, 'card', 'make a card of a key, for a network that is there already'))
    .option('--key <file>', 'the encrypted key')
    .requiredOption('--passphrase-file <file>', 'file whose first line is its passphrase')
    .requiredOption('--name <text>', 'name of the supervisor or the replica')
    .requiredOption('--organisation <text>', 'its organisation')
    .option('--host <address>', 'of a replica: host name or IP address at which the others reach it')
    .option('--port <number>', 'of a replica: port at which the others reach it', portNumber)
    .requiredOption('--out <file>', 'where to write the card (.cscard)')
    .action(async (options: CardOptions) => await card(options, output));

  const registry = command(null, 'registry', 'show the registry, and change it');
  command(registry, 'show', 'show who counts, and what waits for approvals')
    .option('--data <directory>', 'data directory of a network that is not running')
    .option('--console <url>', 'address of a console that runs, as serve prints it')
    .action(async (options: RegistryShowOptions) => await showRegistry(options, output));
  for (const type of ['approve', 'withdraw'] as const) {
    const words =
      type === 'approve' ? 'approve a proposal' : 'withdraw a proposal, or the own approval of it';
    signing(parts, command(registry, type, words))
      .argument('<id>', 'id of the request that proposed it')
      .action(async (id: string, options: Typed) => {
        parts.finish(await actOnProposal(type, id, optionsOf(options), output, terminal()));
      });
  }

  const propose = command(registry, 'propose', 'propose a change');
  const kind = (
    name: string,
    words: string,
    argument: string | null,
    changeOf: (genesis: Genesis, who: string, options: Typed) => RegistryChange | Promise<RegistryChange>,
  ): Command => {
    const made = signing(parts, command(propose, name, words));
    if (argument !== null) made.argument('<which>', argument);
    return made.action(async (...given: unknown[]) => {
      const who = argument === null ? '' : String(given[0]);
      const options = given[argument === null ? 0 : 1] as Typed;
      const change = async (genesis: Genesis): Promise<RegistryChange> =>
        await changeOf(genesis, who, options);
      parts.finish(await proposeChange(change, optionsOf(options), output, terminal()));
    });
  };
  const supervisor = 'public key of a supervisor, or its name in the genesis';
  const replica = 'public key of a replica, or its name in the genesis';
  kind('add-supervisor', 'add a supervisor by its card', 'card file', async (genesis, path) =>
    addition(genesis, 'supervisor', path),
  );
  kind('revoke-supervisor', 'revoke a supervisor', supervisor, ({ supervisors }, who) => ({
    kind: 'revokeSupervisor',
    publicKey: keyOf(supervisors, who),
  }));
  kind('rename-supervisor', 'rename a supervisor', supervisor, (genesis, who, options) =>
    renaming(genesis, who, options.name ?? '', options.organisation ?? ''),
  )
    .requiredOption('--name <text>', 'its name')
    .requiredOption('--organisation <text>', 'its organisation');
  kind('rotate-supervisor', 'give the supervisor who signs a new key', null, async (genesis, _, options) => {
    const signer = await signerOf(options);
    const { publicKey } = signer;
    signer.dispose();
    const { newKey = '', newPassphraseFile = options.passphraseFile ?? '' } = options;
    return await supervisorRotation(genesis, publicKey, newKey, newPassphraseFile);
  })
    .requiredOption('--new-key <file>', 'the new encrypted key')
    .option('--new-passphrase-file <file>', 'its passphrase (default: the same)');
  kind('add-replica', 'add a replica by its card', 'card file', async (genesis, path) =>
    addition(genesis, 'replica', path),
  );
  kind('remove-replica', 'remove a replica', replica, ({ replicas }, who) => ({
    kind: 'removeReplica',
    publicKey: keyOf(replicas, who),
  }));
  kind('update-replica', 'give a replica another name or address', replica, replicaUpdate)
    .option('--name <text>', 'its name')
    .option('--organisation <text>', 'its organisation')
    .option('--host <address>', 'host name or IP address')
    .option('--port <number>', 'port', portNumber);
  kind(
    'rotate-replica',
    'give a replica the key of a card',
    replica,
    async (genesis, who, { card: path = '' }) => replicaRotation(genesis, who, path),
  ).requiredOption('--card <file>', 'card of the new key');
  kind('set-policy', 'change who decides', null, (_genesis, _who, { threshold, proposalBlocks = 0 }) => ({
    kind: 'setPolicy',
    policy: { threshold: threshold ?? null, proposalBlocks },
  }))
    .option('--threshold <number>', 'supervisors that must approve (default: a majority)', wholeNumber)
    .requiredOption(
      '--proposal-blocks <number>',
      'blocks during which a change can be approved',
      wholeNumber,
    );
}

/** Everything that the options of one of these commands can be. */
interface Typed extends Omit<RegistryChangeOptions, 'timeoutMs'> {
  readonly timeout: number;
  readonly name?: string;
  readonly organisation?: string;
  readonly host?: string;
  readonly port?: number;
  readonly card?: string;
  readonly newKey?: string;
  readonly newPassphraseFile?: string;
  readonly threshold?: number;
  readonly proposalBlocks?: number;
}

function optionsOf({ timeout, ...options }: Typed): RegistryChangeOptions {
  return { ...options, timeoutMs: timeout };
}

function signing({ withPlaces }: CommandParts, command: Command): Command {
  return withPlaces(command)
    .option('--key <file>', "the supervisor's encrypted key")
    .option('--passphrase-file <file>', 'file whose first line is the passphrase')
    .option('--remark <text>', 'remark, which is signed', '')
    .addOption(new Option('--draft <file>', 'make a draft to sign elsewhere (.csdraft), and send nothing'))
    .option('--yes', 'sign without asking', false)
    .addOption(timeoutOption('how long to wait until it is final'));
}

function terminal(): { readonly input: typeof process.stdin; readonly output: typeof process.stderr } {
  return { input: process.stdin, output: process.stderr };
}
