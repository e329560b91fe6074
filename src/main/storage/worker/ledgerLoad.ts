/**
 * Reads what a replica starts from, and verifies it: everything above the stable checkpoint in full, and the recent
 * requests below it against the digest that the checkpoint certifies. Older blocks are checked when they are read.
 *
 * Throws `storage.corrupt` for anything that is not what was written.
 * @module
 */
import { fromHex, type Hex } from '../../../shared/encoding/hex.ts';
import type { AcceptedBlock, DurableState, StableCheckpoint } from '../../consensus/effects.ts';
import { isLinked, type Block, type HashedHeader } from '../../ledger/block.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import type { Registry } from '../../ledger/registry/registry.ts';
import { epochBaseHeight, replayedRegistry } from '../../ledger/registry/replay.ts';
import { LedgerState, nextExecutedDigest, type ExecutedRequest } from '../../ledger/state.ts';
import { viewChangeForTarget } from '../derive.ts';
import type { OnProgress } from '../progress.ts';
import { checkEpoch, checkPosition, checkPromises, stateDigestOf } from '../rules.ts';
import { CHECKPOINT_COLUMNS, checkpointOf, readBlock, readBlockRow } from './blockTable.ts';
import { RowReader } from './column.ts';
import {
  REQUEST_COLUMNS,
  countRolledBackRequests,
  placedRequest,
  readRegistryRequests,
  readRequest,
} from './requestTable.ts';
import { isRolledBack, readAllRolledBack } from './rolledBackTable.ts';
import { corrupt, decoding, type Database } from './sqlite.ts';
import { readStanding, type ChainEnds } from './standing.ts';

/** Reads and verifies everything. `report` is told how far it is. */
export function loadState(database: Database, genesis: Genesis, report: OnProgress): DurableState {
  const ends = readStanding(database, 'chain');
  checkNothingBeyond(database, ends);
  const { stable, stableBlock, stableHeader } = readStable(database, genesis, ends.stableHeight);
  const registryRequests = readRegistryRequests(database, stable.height);
  const registry = replayedRegistry(genesis, registryRequests, stable.height);
  if (registry.digest !== stable.registryDigest) {
    throw corrupt(database.path, 'the changes of the registry are not those of the stable checkpoint');
  }
  const views = readViews(database, stableHeader);
  const chain = readChain(database, genesis, stable, stableHeader, registry, ends, report);
  return {
    ...views,
    stable,
    stableBlock,
    epochBase: readEpochBase(database, epochBaseHeight(genesis, registryRequests, stable.height)),
    chain,
    commitCertificate: readStanding(database, 'commitCertificate'),
    rolledBack: readRolledBack(database, ends, chain),
    evidence: readStanding(database, 'evidence'),
    learner: readStanding(database, 'learner'),
    recent: readRecent(database, genesis, stable, stableHeader, report),
    registryRequests,
  };
}

function checkNothingBeyond(database: Database, { tipHeight, stableHeight }: ChainEnds): void {
  const beyond =
    database.get('SELECT 1 FROM blocks WHERE height > ?', tipHeight) ??
    database.get('SELECT 1 FROM checkpoints WHERE height > ?', stableHeight) ??
    database.get('SELECT 1 FROM requests INDEXED BY requests_by_place WHERE height > ?', tipHeight);
  if (beyond !== undefined) throw corrupt(database.path, 'there is more than the chain reaches');
}

function readStable(
  database: Database,
  genesis: Genesis,
  height: number,
): { stable: StableCheckpoint; stableBlock: Block | null; stableHeader: HashedHeader } {
  const reader = new RowReader(database.path, `stable checkpoint ${height}`);
  const row = database.get(`SELECT ${CHECKPOINT_COLUMNS} FROM checkpoints WHERE height = ?`, height);
  if (row === undefined) return reader.fail('is missing');
  const stable = checkpointOf(database, row);
  const block = readBlock(database, height)?.block;
  if (block === undefined) return reader.fail('its block is missing');
  const { header } = block;
  const certified = stable.certificate ?? { height: 0, hash: header.hash, stateDigest: header.stateDigest };
  const agrees =
    stable.hash === header.hash &&
    certified.height === header.height &&
    certified.hash === header.hash &&
    certified.stateDigest === header.stateDigest &&
    stateDigestOf(genesis, stable) === header.stateDigest;
  if (!agrees) return reader.fail('it is not of the block at its height');
  return { stable, stableBlock: height === 0 ? null : block, stableHeader: header };
}

function readChain(
  database: Database,
  genesis: Genesis,
  stable: StableCheckpoint,
  stableHeader: HashedHeader,
  registry: Registry,
  { tipHeight, tipHash }: ChainEnds,
  report: OnProgress,
): readonly AcceptedBlock[] {
  const state = new LedgerState(genesis, { ...stable, recent: [], registry });
  const chain: AcceptedBlock[] = [];
  let tip = stableHeader;
  const total = tipHeight - stable.height;
  for (let height = stable.height + 1; height <= tipHeight; height++) {
    report({ step: 'blocks', fromHeight: stable.height, done: chain.length, total });
    const accepted = readBlock(database, height);
    if (accepted === undefined) throw corrupt(database.path, `block ${height} is missing`);
    const { block } = accepted;
    if (!isLinked(tip, block.header)) throw corrupt(database.path, `block ${height} is not linked`);
    decoding(database.path, `block ${height}`, () => state.execute(block));
    checkFoundById(database, block);
    chain.push(accepted);
    tip = block.header;
  }
  if (tip.hash !== tipHash) throw corrupt(database.path, 'the chain ends at another block');
  return chain;
}

/** By id it is seen that a request is not executed twice: that index must not have lost one. */
function checkFoundById(database: Database, { header, requests }: Block): void {
  for (const { id } of requests) {
    const row = database.get(
      'SELECT height FROM requests INDEXED BY requests_by_id WHERE id = ?',
      fromHex(id),
    );
    if (row?.['height'] !== header.height) {
      throw corrupt(database.path, `request ${id} is not found by its id`);
    }
  }
}

/** The rolled-back blocks. All of them must be there, and of the requests off the chain just those they hold. */
function readRolledBack(
  database: Database,
  { stableHeight, rolledBackBlocks }: ChainEnds,
  chain: readonly AcceptedBlock[],
): readonly Block[] {
  const reader = new RowReader(database.path, 'the rolled-back blocks');
  // Most of what was rolled back is ordered again: what has been read above is not read a second time.
  const requests = new Map(chain.flatMap(({ block }) => block.requests.map((each) => [each.id, each])));
  let unplaced = 0;
  const blocks = readAllRolledBack(database, (id) => {
    const read = requests.get(id);
    if (read !== undefined) return read;
    const found = readRequest(database, id);
    if (found === undefined) return undefined;
    if (!found.isPlaced) unplaced += 1;
    requests.set(id, found.request);
    return found.request;
  });
  if (blocks.length !== rolledBackBlocks) return reader.fail('there are more or fewer than were written');
  if (unplaced !== countRolledBackRequests(database)) return reader.fail('their requests are others');
  for (const { header } of blocks) {
    const onChain = chain[header.height - stableHeight - 1]?.block.header.hash === header.hash;
    if (header.height <= stableHeight || onChain) return reader.fail(`block ${header.height} is not one`);
    if (!isRolledBack(database, header))
      return reader.fail(`block ${header.height} is not found by its hash`);
  }
  return blocks;
}

/** The block that changed the set of replicas last; `null` where that is genesis. */
function readEpochBase(database: Database, height: number): HashedHeader | null {
  if (height === 0) return null;
  const header = readBlockRow(database, height)?.header;
  if (header === undefined || header.nextReplicas === null) {
    throw corrupt(database.path, `block ${height} does not change the set of replicas`);
  }
  return header;
}

/** Where the replica stands among the views, and what it has promised there. */
function readViews(
  database: Database,
  stableHeader: HashedHeader,
): Pick<DurableState, 'position' | 'viewChange' | 'opening'> {
  const position = readStanding(database, 'position');
  const viewChange = readStanding(database, 'viewChange');
  const opening = readStanding(database, 'opening');
  decoding(database.path, 'the position', () => {
    checkPosition(position, position);
    checkPromises(position, viewChange, opening);
    checkEpoch(position, stableHeader, false);
  });
  return { position, viewChange: viewChangeForTarget(viewChange, position), opening };
}

/**
 * Executed requests at or below the stable block that are young enough to be refused as duplicates. None of them may
 * be missing, so the running digest over all ids is carried on from an old checkpoint to the stable one.
 */
function readRecent(
  database: Database,
  genesis: Genesis,
  stable: StableCheckpoint,
  stableHeader: HashedHeader,
  report: OnProgress,
): readonly ExecutedRequest[] {
  const { maxRequestAgeMs, maxClockSkewMs } = genesis.limits;
  const oldestMs = stableHeader.timeMs - maxRequestAgeMs;
  const base = checkpointBefore(database, oldestMs - maxClockSkewMs);
  const reader = new RowReader(database.path, 'an executed request');
  const recent: ExecutedRequest[] = [];
  let running: Hex = base.executedDigest;
  let count = base.executedCount;
  const total = stable.executedCount - base.executedCount;
  database.each(
    `SELECT ${REQUEST_COLUMNS} FROM requests INDEXED BY requests_by_place
     WHERE height > ? AND height <= ? ORDER BY height, position`,
    [base.height, stable.height],
    (row) => {
      report({ step: 'requests', done: count - base.executedCount, total });
      const { id, timestampMs, height } = placedRequest(reader, row);
      running = nextExecutedDigest(running, id);
      count += 1;
      if (timestampMs >= oldestMs) recent.push({ id, timestampMs, height });
    },
  );
  if (running !== stable.executedDigest || count !== stable.executedCount) {
    return reader.fail('the executed requests are not those of the stable checkpoint');
  }
  return recent;
}

/** The highest checkpoint whose block is older than `timeMs`; genesis where none is. */
function checkpointBefore(database: Database, timeMs: number): StableCheckpoint {
  const row = database.get(
    `SELECT ${CHECKPOINT_COLUMNS} FROM checkpoints
     WHERE height <= (SELECT height FROM blocks WHERE time_ms < ? ORDER BY time_ms DESC LIMIT 1)
     ORDER BY height DESC LIMIT 1`,
    timeMs,
  );
  const chosen = row ?? database.get(`SELECT ${CHECKPOINT_COLUMNS} FROM checkpoints WHERE height = 0`);
  if (chosen === undefined) throw corrupt(database.path, 'the checkpoint of genesis is missing');
  // Verified before it is relied on: the block below which nothing is read must really be old.
  const checkpoint = checkpointOf(database, chosen);
  if (
    checkpoint.height > 0 &&
    (readBlockRow(database, checkpoint.height)?.header.timeMs ?? timeMs) >= timeMs
  ) {
    throw corrupt(database.path, `checkpoint ${checkpoint.height} is not of the block at its height`);
  }
  return checkpoint;
}
