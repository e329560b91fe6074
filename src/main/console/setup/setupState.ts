/**
 * How far the making or joining of a network has come, kept in the data directory so that a restart loses nothing:
 * `setup.json`, which holds only what is public. The own keys and cards lie beside it (`memberLayout.ts`).
 * @module
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SETUP_PATHS, type SetupPath } from '../../../shared/contract/setup.ts';
import { CountersignError, hasCode } from '../../../shared/errors.ts';
import { parseCardFile, renderCardFile, type Card } from '../../ledger/card.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { parseGenesisFile, renderGenesisFile } from '../../ledger/genesisFile.ts';
import { parseJson } from '../../ledger/json.ts';
import { readTextFile, writeFileAtomic } from '../../storage/index.ts';

/** Name of the file in a data directory. */
export const SETUP_FILE = 'setup.json';
/** Largest such file, in bytes: a genesis and cards, each with room for what JSON puts around them. */
export const SETUP_FILE_BYTES_MAX = 32 * 1024 * 1024;

const VERSION = 1;
const fileSchema = z.strictObject({
  version: z.literal(VERSION),
  path: z.enum(SETUP_PATHS).nullable(),
  /** The text of a card file for each card. */
  cards: z.array(z.string()),
  genesis: z.string().nullable(),
});

/** See the module. Cards have been verified, the genesis too. */
export interface SetupState {
  readonly path: SetupPath | null;
  readonly cards: readonly Card[];
  readonly genesis: Genesis | null;
}

/** Nothing is chosen yet. */
export const NOTHING_YET: SetupState = { path: null, cards: [], genesis: null };

/** Only the version: what a newer one keeps need not fit. */
const versionSchema = z.object({
  version: z
    .number()
    .int()
    .min(VERSION + 1),
});

/** The state that a data directory holds. Throws `storage.newerSchema`, `storage.corrupt` and `file.*`. */
export async function readSetupState(directory: string): Promise<SetupState> {
  const path = join(directory, SETUP_FILE);
  let text: string;
  try {
    text = await readTextFile(path, SETUP_FILE_BYTES_MAX);
  } catch (error) {
    if (hasCode(error, 'file.notFound')) return NOTHING_YET;
    throw error;
  }
  const json = parseJson(text);
  const newer = json.ok ? versionSchema.safeParse(json.value) : null;
  if (newer?.success === true) {
    throw new CountersignError('storage.newerSchema', { path, found: newer.data.version, known: VERSION });
  }
  const parsed = json.ok ? fileSchema.safeParse(json.value) : null;
  if (parsed?.success !== true) throw corrupt(path, 'it is no state of a setup');
  try {
    return {
      path: parsed.data.path,
      cards: parsed.data.cards.flatMap(parseCardFile),
      genesis: parsed.data.genesis === null ? null : parseGenesisFile(parsed.data.genesis),
    };
  } catch (error) {
    if (error instanceof CountersignError) throw corrupt(path, error.message);
    throw error;
  }
}

/** Keeps the state; durable when it resolves. */
export async function writeSetupState(directory: string, state: SetupState): Promise<void> {
  const file: z.infer<typeof fileSchema> = {
    version: VERSION,
    path: state.path,
    cards: state.cards.map((card) => renderCardFile([card])),
    genesis: state.genesis === null ? null : renderGenesisFile(state.genesis),
  };
  await writeFileAtomic(join(directory, SETUP_FILE), JSON.stringify(file));
}

/** Forgets it, once a network is joined. */
export async function removeSetupState(directory: string): Promise<void> {
  await rm(join(directory, SETUP_FILE), { force: true });
}

function corrupt(path: string, problem: string): CountersignError<'storage.corrupt'> {
  return new CountersignError('storage.corrupt', { path, problem });
}
