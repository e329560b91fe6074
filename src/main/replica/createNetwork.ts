/**
 * Makes an embedded network: four replicas and one supervisor in one data directory, in one step. It is built aside
 * and renamed into place, so there is a whole network or none.
 *
 * Each replica's ledger and its guard's log are made along with it, empty (`emptyLedger.ts`): one that is missing later
 * has been lost, and its replica must not sign again what it may have signed before (`node.ts`).
 *
 * Layout: `network/genesis.json`, `network/supervisor.pem`, `network/passphrase` (of the replicas' keys, readable by
 * its owner alone), and `network/replicas/<index>/` with a replica's data directory each (`node.ts`).
 * @module
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { toHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import { generateSeed, publicKeyOf } from '../keys/ed25519.ts';
import { GUARD_FILE, createGuardLog } from '../keys/guard/openSignGuard.ts';
import { exportKeyPem } from '../keys/pkcs8.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_POLICY,
  checkGenesis,
  networkIdOf,
  sortedGenesis,
  type Genesis,
  type GenesisReplica,
} from '../ledger/genesis.ts';
import { renderGenesisFile } from '../ledger/genesisFile.ts';
import { makeDirectory, writeFileAtomic } from '../storage/index.ts';
import { DIRECTORY_MODE, buildAside } from './buildAside.ts';
import { makeEmptyLedgers } from './emptyLedger.ts';
import { GENESIS_FILE, REPLICA_KEY_FILE } from './node.ts';
import {
  PASSPHRASE_FILE,
  SUPERVISOR_KEY_FILE,
  isEmbeddedNetwork,
  networkDirectory,
  replicaDirectory,
} from './embeddedLayout.ts';

export interface CreateNetworkOptions {
  /** Data directory that will hold the network. */
  readonly directory: string;
  readonly networkName: string;
  readonly supervisor: { readonly name: string; readonly organisation: string; readonly publicKey: Hex };
  /** The supervisor's encrypted key, to be kept with the network where no vault holds it. */
  readonly supervisorKeyPem?: string;
  /** Milliseconds since 1970 in UTC. */
  readonly nowMs: number;
}

/** Replicas of an embedded network: the fewest that bear one fault. */
export const EMBEDDED_REPLICAS = 4;
const LOOPBACK = '127.0.0.1';
const PASSPHRASE_BYTES = 24;

/** Makes the network. Throws `setup.alreadyDone` where there is one, and the errors of writing files. */
export async function createEmbeddedNetwork(options: CreateNetworkOptions): Promise<void> {
  const { directory } = options;
  const target = networkDirectory(directory);
  if (await isEmbeddedNetwork(directory)) throw new CountersignError('setup.alreadyDone', { path: target });
  await buildAside(target, async (building) => await writeNetwork(building, options));
}

async function writeNetwork(building: string, options: CreateNetworkOptions): Promise<void> {
  const seeds = Array.from({ length: EMBEDDED_REPLICAS }, generateSeed).sort((left, right) =>
    publicKeyOf(left) < publicKeyOf(right) ? -1 : 1,
  );
  const ports = await freePorts(EMBEDDED_REPLICAS);
  const genesis = genesisOf(options, seeds.map(publicKeyOf), ports);
  const genesisText = renderGenesisFile(genesis);
  const passphrase = toHex(randomBytes(PASSPHRASE_BYTES));
  await Promise.all(
    seeds.map(async (seed, index) => {
      const replica = replicaDirectory(building, index);
      await makeDirectory(replica, DIRECTORY_MODE);
      await writeFileAtomic(join(replica, REPLICA_KEY_FILE), await exportKeyPem(seed, passphrase));
      await writeFileAtomic(join(replica, GENESIS_FILE), genesisText);
      const owner = { networkId: networkIdOf(genesis), publicKey: publicKeyOf(seed) };
      await createGuardLog(join(replica, GUARD_FILE), owner);
      seed.fill(0);
    }),
  );
  await makeEmptyLedgers(
    seeds.map((_, index) => replicaDirectory(building, index)),
    genesis,
  );
  await writeFileAtomic(join(building, PASSPHRASE_FILE), `${passphrase}\n`);
  const { supervisorKeyPem } = options;
  if (supervisorKeyPem !== undefined) {
    await writeFileAtomic(join(building, SUPERVISOR_KEY_FILE), supervisorKeyPem);
  }
  await writeFileAtomic(join(building, GENESIS_FILE), genesisText);
}

function genesisOf(
  { networkName, supervisor, nowMs }: CreateNetworkOptions,
  keys: readonly Hex[],
  ports: readonly number[],
): Genesis {
  const replicas = keys.map((publicKey, index): GenesisReplica => {
    const number = String(index + 1);
    const port = ports[index] ?? 0;
    return {
      name: `Replica ${number}`,
      organisation: `Organisation ${number}`,
      publicKey,
      host: LOOPBACK,
      port,
    };
  });
  const genesis = sortedGenesis({
    name: networkName,
    createdAtMs: nowMs,
    replicas,
    supervisors: [supervisor],
    policy: DEFAULT_POLICY,
    limits: DEFAULT_LIMITS,
  });
  checkGenesis(genesis);
  return genesis;
}

/** Ports that nobody listens on just now: asked of the system all at once, so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map(async (server) => await new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
  return server;
}
