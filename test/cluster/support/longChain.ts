/**
 * A long history for replicas that have not started yet: valid blocks and certificates, signed by all of them, written
 * through the store. The four ledgers are equal, so one is written and copied. The sign guards know of the last votes:
 * a replica whose guard does not would rightly take itself for a restored backup. One replica may have been away.
 * @module
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PersistOperation } from '../../../src/main/consensus/effects.ts';
import { DiskGuardFile } from '../../../src/main/keys/guard/guardFile.ts';
import { GUARD_FILE } from '../../../src/main/keys/guard/openSignGuard.ts';
import { SignGuard } from '../../../src/main/keys/guard/signGuard.ts';
import type { Signer } from '../../../src/main/keys/signer.ts';
import { genesisHeader, hashed, type Block, type HashedHeader } from '../../../src/main/ledger/block.ts';
import { evidenceDigest } from '../../../src/main/ledger/evidence.ts';
import { networkIdOf, windowOf } from '../../../src/main/ledger/genesis.ts';
import { merkleRoot } from '../../../src/main/ledger/merkle.ts';
import {
  requestId,
  requestSigningDigest,
  signedRequest,
  type Draft,
  type SignedRequest,
} from '../../../src/main/ledger/request.ts';
import { LedgerState } from '../../../src/main/ledger/state.ts';
import {
  statementDigest,
  type CheckpointCertificate,
  type CheckpointVoteStatement,
} from '../../../src/main/ledger/statement.ts';
import { LEDGER_FILE } from '../../../src/main/storage/index.ts';
import type { ReplicaProcesses } from './processes.ts';

/** Time between two blocks of the history, in milliseconds. */
export const BLOCK_STEP_MS = 5_000;
const BLOCKS_PER_COMMIT = 512;

/**
 * Gives all replicas, none of which has started, the same history of `blocks` blocks of one request each. `awayIndex`: a
 * replica that was not there: it has none of them and has signed nothing.
 */
export async function writeLongChain(
  processes: ReplicaProcesses,
  blocks: number,
  awayIndex: number | null = null,
): Promise<void> {
  const { genesis } = processes;
  const present = genesis.replicas.map((_, index) => index).filter((index) => index !== awayIndex);
  const signers = new Map<number, Signer>();
  for (const index of present) signers.set(index, await processes.signerOf(index));
  const [firstIndex = 0] = present;
  const store = await processes.store(firstIndex);
  const state = new LedgerState(genesis);
  let tip = genesisHeader(genesis, state.digest);
  let operations: PersistOperation[] = [];
  while (tip.height < blocks) {
    const block = nextBlock(processes, state, tip);
    state.execute(block);
    tip = block.header;
    operations.push({ type: 'append', accepted: { block, order: null } });
    if (tip.height % genesis.limits.checkpointDistance === 0 || tip.height === blocks) {
      const certificate = certify(networkIdOf(genesis), signers, tip);
      const { height, hash } = tip;
      const checkpoint = { height, hash, certificate, ...state.valuesAt(height) };
      operations.push({ type: 'checkpoint', checkpoint });
      state.settle(tip);
    }
    if (operations.length < BLOCKS_PER_COMMIT && tip.height < blocks) continue;
    await store.commit(operations);
    operations = [];
  }
  await store.close();
  for (const [index, signer] of signers)
    await rememberVote(processes, processes.directoryOf(index), signer, tip);
  const [first = '', ...others] = present.map((index) => join(processes.directoryOf(index), LEDGER_FILE));
  await Promise.all(others.map(async (path) => await copyFile(first, path)));
}

function nextBlock(processes: ReplicaProcesses, state: LedgerState, parent: HashedHeader): Block {
  const requests = [requestOf(processes, parent)];
  const header = hashed({
    epoch: 0,
    height: parent.height + 1,
    previousHash: parent.hash,
    timeMs: parent.timeMs + BLOCK_STEP_MS,
    requestCount: requests.length,
    requestsRoot: merkleRoot(requests.map(({ id }) => id)),
    evidenceDigest: evidenceDigest([]),
    ...state.outcomeOf(requests),
  });
  return { header, requests, evidence: [] };
}

function requestOf({ genesis, signer }: ReplicaProcesses, { height, timeMs }: HashedHeader): SignedRequest {
  const networkId = networkIdOf(genesis);
  const draft: Draft = {
    networkId,
    timestampMs: timeMs,
    supervisor: genesis.supervisors[0]!.publicKey,
    payload: {
      kind: 'document',
      title: `Report ${String(height + 1)}`,
      decision: 'approved',
      remark: '',
      files: [{ name: 'report.pdf', mediaType: 'application/pdf', sizeBytes: 1, sha256: 'ab'.repeat(32) }],
    },
  };
  return signedRequest(draft, signer.sign(requestSigningDigest(networkId, requestId(draft))));
}

function certify(
  networkId: string,
  signers: ReadonlyMap<number, Signer>,
  header: HashedHeader,
): CheckpointCertificate {
  const vote = voteFor(header);
  const digest = statementDigest(networkId, vote);
  const signatures = [...signers].map(([replica, signer]) => ({ replica, signature: signer.sign(digest) }));
  const { type: _, ...fields } = vote;
  return { ...fields, signatures };
}

function voteFor({ epoch, height, hash, stateDigest }: HashedHeader): CheckpointVoteStatement {
  return { type: 'checkpointVote', epoch, view: 0, height, hash, stateDigest };
}

/** Lets a replica's guard sign the vote for `header` as well; forgets the key. */
async function rememberVote(
  { genesis }: ReplicaProcesses,
  directory: string,
  signer: Signer,
  header: HashedHeader,
): Promise<void> {
  const file = new DiskGuardFile(join(directory, GUARD_FILE));
  const windowBlocks = windowOf(genesis.limits);
  const guard = await SignGuard.open({ signer, networkId: networkIdOf(genesis), windowBlocks, file });
  await guard.sign([voteFor(header)]);
  await guard.close();
}
