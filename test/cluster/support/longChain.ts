/**
 * A long history for replicas that have not started yet: valid blocks and certificates, signed by all of them, written
 * through the store. The four ledgers are equal, so one is written and copied.
 * @module
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PersistOperation } from '../../../src/main/consensus/effects.ts';
import { genesisHeader, hashed, type Block, type HashedHeader } from '../../../src/main/ledger/block.ts';
import { evidenceDigest } from '../../../src/main/ledger/evidence.ts';
import { networkIdOf } from '../../../src/main/ledger/genesis.ts';
import { merkleRoot } from '../../../src/main/ledger/merkle.ts';
import {
  requestId,
  requestSigningDigest,
  signedRequest,
  type Draft,
  type SignedRequest,
} from '../../../src/main/ledger/request.ts';
import { LedgerState } from '../../../src/main/ledger/state.ts';
import { statementDigest, type CheckpointCertificate } from '../../../src/main/ledger/statement.ts';
import { LEDGER_FILE } from '../../../src/main/storage/index.ts';
import type { ReplicaProcesses } from './processes.ts';

/** Time between two blocks of the history, in milliseconds. */
export const BLOCK_STEP_MS = 5_000;
const BLOCKS_PER_COMMIT = 512;

type Signers = readonly { sign(digest: Uint8Array): string }[];

/** Gives all replicas, none of which has started, the same history of `blocks` blocks of one request each. */
export async function writeLongChain(processes: ReplicaProcesses, blocks: number): Promise<void> {
  const { genesis } = processes;
  const signers = await Promise.all(
    genesis.replicas.map(async (_, index) => await processes.signerOf(index)),
  );
  const store = await processes.store(0);
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
  for (const signer of signers) signer.dispose();
  const [first = '', ...others] = genesis.replicas.map((_, index) =>
    join(processes.directoryOf(index), LEDGER_FILE),
  );
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

function certify(networkId: string, signers: Signers, header: HashedHeader): CheckpointCertificate {
  const { epoch, height, hash, stateDigest } = header;
  const fields = { epoch, view: 0, height, hash, stateDigest };
  const digest = statementDigest(networkId, { type: 'checkpointVote', ...fields });
  const signatures = signers.map((signer, replica) => ({ replica, signature: signer.sign(digest) }));
  return { ...fields, signatures };
}
