/**
 * Where an embedded network keeps its files within a data directory.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { GENESIS_FILE } from './node.ts';

/** The vault with the private keys of whoever uses a data directory. It outlives the network beside it. */
export const VAULT_FILE = 'keys.vault';
/** The supervisor's encrypted key, as `countersign demo` and older versions make it. */
export const SUPERVISOR_KEY_FILE = 'supervisor.pem';
/** The passphrase of the replicas' keys: they start without anybody there to type it. */
export const PASSPHRASE_FILE = 'passphrase';

/** The network's files within a data directory. */
export function networkDirectory(directory: string): string {
  return join(directory, 'network');
}

/** The data directory of the replica with this index within a network's. */
export function replicaDirectory(network: string, index: number): string {
  return join(network, 'replicas', String(index));
}

/** Path of the vault in a data directory. */
export function vaultPath(directory: string): string {
  return join(directory, VAULT_FILE);
}

/** Path of the supervisor's key file in a data directory, where it has not become part of the vault yet. */
export function supervisorKeyPath(directory: string): string {
  return join(networkDirectory(directory), SUPERVISOR_KEY_FILE);
}

/** Path of the genesis in a data directory. */
export function genesisPath(directory: string): string {
  return join(networkDirectory(directory), GENESIS_FILE);
}

/** Whether a data directory holds an embedded network. */
export async function isEmbeddedNetwork(directory: string): Promise<boolean> {
  return await access(genesisPath(directory)).then(
    () => true,
    () => false,
  );
}
