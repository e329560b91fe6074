/**
 * `countersign rekey`: makes the next key of a replica, and the card for supervisors to admit it in place of the present
 * one.
 * @module
 */
import { resolve } from 'node:path';
import { readPassphraseFile } from '../../replica/childReplica.ts';
import { makeNextKey } from '../../replica/nextKey.ts';
import { openDataDirectory } from '../../storage/index.ts';
import type { Output } from '../output.ts';

export interface RekeyOptions {
  readonly directory: string;
  readonly passphraseFile: string;
}

export async function rekey(options: RekeyOptions, output: Output): Promise<void> {
  const directory = resolve(options.directory);
  const passphrase = await readPassphraseFile(options.passphraseFile);
  const lock = await openDataDirectory(directory);
  const { number, publicKey, card } = await makeNextKey(directory, passphrase).finally(
    async () => await lock.release(),
  );
  output.result(
    [
      `${card}: hand this card over to a supervisor, who proposes it in place of the present key`,
      `  key ${String(number)}  ${publicKey}`,
      'Start the replica again: it goes over to the new key by itself when enough supervisors have approved.',
    ].join('\n'),
    { directory, number, publicKey, card },
  );
}
