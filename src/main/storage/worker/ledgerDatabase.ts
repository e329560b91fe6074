/**
 * The durable ledger inside its worker: opens the file, and maps each method of the store to its part.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import { FIRST_POSITION } from '../../consensus/effects.ts';
import { genesisHeader } from '../../ledger/block.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { LedgerState } from '../../ledger/state.ts';
import { REQUESTS_BYTES_MAX } from '../ledgerStore.ts';
import type { OnProgress } from '../progress.ts';
import type { LedgerMethods, OpenRequest } from '../rpc.ts';
import { readBlockRow, writeBlock, writeCheckpoint } from './blockTable.ts';
import { carryOut, type Head } from './ledgerCommit.ts';
import { loadState } from './ledgerLoad.ts';
import {
  countAll,
  findBlock,
  findBlockByHash,
  findCheckpointCovering,
  findRequest,
  findRequests,
  listBlocks,
  listCheckpoints,
  listHeaders,
  searchRequests,
  executedAt,
} from './ledgerRead.ts';
import { readRegistryRequests } from './requestTable.ts';
import { LEDGER_FORMAT } from './ledgerTables.ts';
import { corrupt, openDatabase, type Database } from './sqlite.ts';
import { readStanding, writeStanding } from './standing.ts';

/** Opens the ledger of a network, making it where there is none. `report` is told of what takes long, now and later. */
export function openLedgerDatabase(
  request: Extract<OpenRequest, { readonly store: 'ledger' }>,
  report: OnProgress = () => undefined,
): LedgerMethods {
  const { path, genesis, maxSizeBytes } = request;
  const database = openDatabase(path, LEDGER_FORMAT, maxSizeBytes, report);
  try {
    if (isEmpty(database)) writeGenesis(database, genesis);
    checkNetwork(database, genesis);
    return methodsOf(database, genesis, readHead(database), report);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether the tables were made and genesis not yet written. */
function isEmpty(database: Database): boolean {
  return database.get('SELECT 1 FROM standing UNION ALL SELECT 1 FROM blocks LIMIT 1') === undefined;
}

function writeGenesis(database: Database, genesis: Genesis): void {
  const state = new LedgerState(genesis);
  const header = genesisHeader(genesis, state.digest);
  database.transaction(() => {
    writeBlock(database, { header, sizeBytes: 0, order: null, evidence: [] });
    writeCheckpoint(database, { height: 0, hash: header.hash, certificate: null, ...state.valuesAt(0) });
    writeStanding(database, 'networkId', networkIdOf(genesis));
    writeStanding(database, 'position', FIRST_POSITION);
    writeStanding(database, 'commitCertificate', null);
    writeStanding(database, 'chain', {
      tipHeight: 0,
      tipHash: header.hash,
      stableHeight: 0,
      rolledBackBlocks: 0,
    });
    writeStanding(database, 'viewChange', null);
    writeStanding(database, 'opening', null);
    writeStanding(database, 'evidence', []);
    writeStanding(database, 'learner', null);
  });
}

function checkNetwork(database: Database, genesis: Genesis): void {
  const expected = networkIdOf(genesis);
  const actual = readStanding(database, 'networkId');
  if (actual === expected) return;
  throw new CountersignError('storage.wrongNetwork', { path: database.path, expected, actual });
}

function readHead(database: Database): Head {
  const { tipHeight, tipHash, stableHeight, rolledBackBlocks } = readStanding(database, 'chain');
  const tip = readBlockRow(database, tipHeight)?.header;
  if (tip?.hash !== tipHash) throw corrupt(database.path, `block ${tipHeight}, the tip, is missing`);
  return {
    position: readStanding(database, 'position'),
    commitCertificate: readStanding(database, 'commitCertificate'),
    tip,
    stableHeight,
    rolledBackBlocks,
    viewChange: readStanding(database, 'viewChange'),
    opening: readStanding(database, 'opening'),
    evidence: readStanding(database, 'evidence'),
    learner: readStanding(database, 'learner'),
  };
}

function methodsOf(database: Database, genesis: Genesis, opened: Head, report: OnProgress): LedgerMethods {
  let head = opened;
  return {
    commit: (operations) => {
      let after = head;
      database.transaction(() => {
        after = carryOut(database, genesis, head, operations);
      });
      head = after;
    },
    load: () => loadState(database, genesis, report),
    block: (height) => findBlock(database, height),
    blockByHash: (height, hash) => findBlockByHash(database, height, hash),
    blocks: (from, to, limit) => listBlocks(database, from, to, limit),
    request: (id) => findRequest(database, id),
    requests: (ids, maxBytes = REQUESTS_BYTES_MAX) => findRequests(database, ids, maxBytes),
    headers: (from, to) => listHeaders(database, from, to),
    checkpointCovering: (height) => findCheckpointCovering(database, height),
    checkpoints: (limit, beforeHeight = Number.MAX_SAFE_INTEGER) =>
      listCheckpoints(database, limit, beforeHeight),
    executedAt: (height) => executedAt(database, height),
    registryRequests: (height) => readRegistryRequests(database, height),
    search: (query) => searchRequests(database, genesis.limits, query),
    counts: () => countAll(database, head),
    close: () => database.close(),
  };
}
