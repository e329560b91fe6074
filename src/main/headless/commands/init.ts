/**
 * `countersign init`: makes the keys of a replica, and of a supervisor where one is named, and the card file to hand
 * over to whoever makes the genesis.
 * @module
 */
import { resolve } from 'node:path';
import { CountersignError } from '../../../shared/errors.ts';
import { tidyName } from '../../../shared/text/name.ts';
import { readKeyFile } from '../../keys/keyFile.ts';
import { importKeyPem } from '../../keys/pkcs8.ts';
import { readPassphraseFile } from '../../replica/childReplica.ts';
import { memberPaths } from '../../replica/memberLayout.ts';
import { makeOwnCards } from '../../replica/ownCards.ts';
import { openDataDirectory } from '../../storage/index.ts';
import type { Output } from '../output.ts';

export interface InitOptions {
  readonly directory: string;
  readonly name: string;
  readonly organisation: string;
  readonly host: string;
  readonly port: number;
  readonly passphraseFile: string;
  /** Name of the supervisor. */
  readonly supervisor?: string;
  /** A key that the supervisor has already, and its passphrase where that is another one. */
  readonly supervisorKey?: string;
  readonly supervisorPassphraseFile?: string;
}

export async function init(options: InitOptions, output: Output): Promise<void> {
  const directory = resolve(options.directory);
  const passphrase = await readPassphraseFile(options.passphraseFile);
  const seed = await importedSeed(options, passphrase);
  const lock = await openDataDirectory(directory);
  try {
    const { host, port } = options;
    const cards = await makeOwnCards({
      directory,
      organisation: tidyName(options.organisation),
      passphrase,
      replica: { name: tidyName(options.name), host, port },
      supervisor:
        options.supervisor === undefined
          ? null
          : { name: tidyName(options.supervisor), ...(seed === null ? {} : { seed }) },
    });
    const card = memberPaths.ownCards(directory);
    output.result(
      [
        `${card}: hand this card over to whoever makes the genesis`,
        ...cards.map(({ kind, name, publicKey }) => `  ${kind.padEnd(10)}  ${publicKey}  ${name}`),
      ].join('\n'),
      {
        directory,
        card,
        cards: cards.map(({ kind, name, organisation, publicKey }) => ({
          kind,
          name,
          organisation,
          publicKey,
        })),
      },
    );
  } finally {
    seed?.fill(0);
    await lock.release();
  }
}

async function importedSeed(options: InitOptions, passphrase: string): Promise<Uint8Array | null> {
  const { supervisor, supervisorKey, supervisorPassphraseFile } = options;
  if (supervisorKey === undefined) return null;
  if (supervisor === undefined) {
    throw new CountersignError('cli.usage', { problem: 'say whose key it is: --supervisor NAME' });
  }
  const itsPassphrase =
    supervisorPassphraseFile === undefined ? passphrase : await readPassphraseFile(supervisorPassphraseFile);
  return await importKeyPem(await readKeyFile(supervisorKey), itsPassphrase);
}
