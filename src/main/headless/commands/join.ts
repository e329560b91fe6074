/**
 * `countersign join`: takes a genesis, or an invitation, into a data directory that has keys.
 * @module
 */
import { resolve } from 'node:path';
import { isStrongPublicKey } from '../../keys/ed25519.ts';
import { assertFingerprint, fingerprintOf } from '../../ledger/fingerprint.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import { GENESIS_TEXT_CHARS_MAX, readGenesisText } from '../../ledger/invitation.ts';
import { readPassphraseFile } from '../../replica/childReplica.ts';
import { joinNetwork } from '../../replica/joinNetwork.ts';
import { memberPaths } from '../../replica/memberLayout.ts';
import { openDataDirectory, readTextFile } from '../../storage/index.ts';
import type { Output } from '../output.ts';

export interface JoinCommandOptions {
  readonly directory: string;
  readonly passphraseFile: string;
  /** As it was told by whoever made the genesis. */
  readonly fingerprint?: string;
  /** The network runs already: follow it until supervisors admit this replica. */
  readonly follow?: boolean;
}

export async function join(path: string, options: JoinCommandOptions, output: Output): Promise<void> {
  const directory = resolve(options.directory);
  const genesis = readGenesisText(await readTextFile(path, GENESIS_TEXT_CHARS_MAX), {
    isStrongKey: isStrongPublicKey,
  });
  const networkId = networkIdOf(genesis);
  const fingerprint = fingerprintOf(networkId);
  const compared = options.fingerprint !== undefined;
  if (options.fingerprint !== undefined) assertFingerprint(options.fingerprint, networkId);
  const passphrase = await readPassphraseFile(options.passphraseFile);
  const follow = options.follow ?? false;
  const lock = await openDataDirectory(directory);
  const joinedAs = await joinNetwork({ directory, genesis, passphrase, follow }).finally(
    async () => await lock.release(),
  );
  const card = memberPaths.ownCards(directory);
  output.result(
    [
      joinedAs === 'member'
        ? `${directory} takes part in ${genesis.name}`
        : `${directory} waits to be admitted to ${genesis.name}, and follows it when it is started`,
      `Network id   ${networkId}`,
      `Fingerprint  ${fingerprint}${compared ? ' (as told)' : ''}`,
      ...(compared ? [] : ['Compare the fingerprint with the others before you start.']),
      ...(joinedAs === 'member' ? [] : [`${card}: hand this card over to a supervisor, who proposes it`]),
    ].join('\n'),
    { directory, network: genesis.name, networkId, fingerprint, compared, joinedAs, card },
  );
}
