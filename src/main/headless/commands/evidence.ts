/**
 * `countersign evidence`: what the replicas of an embedded network have against one another, and files of it that
 * anybody can check with `countersign verify`. It reads their ledgers, so the network must not run meanwhile: the
 * console shows the same while it does.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { KnownEvidence } from '../../consensus/effects.ts';
import type { EpochChange } from '../../ledger/epochChange.ts';
import { epochOf } from '../../ledger/evidence.ts';
import {
  checkEvidence,
  evidenceFileName,
  formatEvidenceFile,
  type ProvenEvidence,
} from '../../ledger/evidenceFile.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { epochChangesTo } from '../../replica/epochHistory.ts';
import { networkDirectory, replicaDirectory } from '../../replica/embeddedLayout.ts';
import {
  LEDGER_FILE,
  makeDirectory,
  openDataDirectory,
  openLedgerStore,
  writeFileAtomic,
} from '../../storage/index.ts';
import { createStoreWorker } from '../../storage/storeWorker.ts';
import { deedOf, evidenceValue } from '../evidenceWords.ts';
import type { Output } from '../output.ts';
import { checkWith, genesisOf, withVerifier } from '../session.ts';

export interface EvidenceOptions {
  /** Data directory of an embedded network. */
  readonly data: string;
  /** Where to write the files; none are written unless given. */
  readonly out?: string;
}

/** Readable by everybody: evidence is made to be handed on. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/** Evidence with the replicas whose ledgers hold it. */
interface Found extends ProvenEvidence {
  /** From the genesis to its epoch. */
  readonly changes: readonly EpochChange[];
  readonly recordedHeight: number | null;
  readonly knownTo: readonly number[];
}

export async function listEvidence({ data, out }: EvidenceOptions, output: Output): Promise<void> {
  const genesis = await genesisOf({ data });
  const found = await collect(data, genesis);
  const files = out === undefined ? [] : await writeFiles(out, genesis, found);
  const lines = found.map((one, index) => lineOf(one, genesis, files[index]));
  const text = lines.length === 0 ? 'There is no evidence against any replica.' : lines.join('\n');
  output.result(text, {
    evidence: found.map((one, index) => ({
      ...evidenceValue(one),
      recordedHeight: one.recordedHeight,
      knownTo: one.knownTo,
      ...(files[index] === undefined ? {} : { file: files[index] }),
    })),
  });
}

/** One piece against each accused replica of an epoch, in order of both. Each is checked: a ledger is only a file. */
async function collect(data: string, genesis: Genesis): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  await withVerifier(async (verifier) => {
    for (const holder of genesis.replicas.keys()) {
      const directory = replicaDirectory(networkDirectory(data), holder);
      for (const { evidence, recordedHeight, changes } of await evidenceIn(directory, genesis)) {
        // A replica is accused by its place in the set of an epoch.
        const key = `${String(epochOf(evidence))} ${String(evidence.replica)}`;
        const known = found.get(key);
        const proven = known ?? (await checkEvidence(genesis, evidence, checkWith(verifier), changes));
        found.set(key, {
          ...proven,
          changes,
          recordedHeight: known?.recordedHeight ?? recordedHeight,
          knownTo: [...(known?.knownTo ?? []), holder],
        });
      }
    }
  });
  return [...found.values()].sort(
    ({ evidence: left }, { evidence: right }) =>
      epochOf(left) - epochOf(right) || left.replica - right.replica,
  );
}

/** What one replica has. A ledger that is not there is not made: that would hide from its replica that it is lost. */
async function evidenceIn(
  directory: string,
  genesis: Genesis,
): Promise<readonly (KnownEvidence & Pick<Found, 'changes'>)[]> {
  const isThere = await access(join(directory, LEDGER_FILE)).then(
    () => true,
    () => false,
  );
  if (!isThere) return [];
  const lock = await openDataDirectory(directory);
  try {
    const store = await openLedgerStore({ directory, genesis, createWorker: createStoreWorker });
    try {
      const { evidence, stable } = await store.load();
      const found = [];
      for (const known of evidence) {
        const changes = await epochChangesTo(store, genesis, epochOf(known.evidence), stable.height);
        found.push({ ...known, changes });
      }
      return found;
    } finally {
      await store.close();
    }
  } finally {
    await lock.release();
  }
}

async function writeFiles(
  out: string,
  genesis: Genesis,
  found: readonly Found[],
): Promise<readonly string[]> {
  await makeDirectory(out, DIRECTORY_MODE);
  const files: string[] = [];
  for (const { evidence, changes } of found) {
    const file = join(out, evidenceFileName(evidence));
    await writeFileAtomic(file, formatEvidenceFile(genesis, evidence, changes), FILE_MODE);
    files.push(file);
  }
  return files;
}

function lineOf(
  { evidence, accused, recordedHeight, knownTo }: Found,
  genesis: Genesis,
  file?: string,
): string {
  const holders = knownTo.map((index) => genesis.replicas[index]?.name ?? String(index)).join(', ');
  const place =
    recordedHeight === null ? 'not on the chain yet' : `on the chain at height ${String(recordedHeight)}`;
  const words = `${accused.name} (${accused.organisation}) ${deedOf(evidence)}; ${place}; known to ${holders}`;
  return file === undefined ? words : `${words}\n  ${file}`;
}
