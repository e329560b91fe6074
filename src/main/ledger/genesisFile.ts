/**
 * The genesis as a file that people read, compare and hand on. `network_id` stands in it for them: it is computed
 * again on reading and must match, so a file says what its network id says.
 * @module
 */
import { z } from 'zod';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import { checkGenesis, networkIdOf, type Genesis } from './genesis.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES } from './hash.ts';
import {
  NAME_CHARS_MAX,
  PROPOSAL_BLOCKS_MAX,
  REPLICAS_MAX,
  REPLICAS_MIN,
  SUPERVISORS_MAX,
} from './limits.ts';
import { hexText, parseJson, pathText } from './json.ts';

/** Marks a genesis file. */
export const GENESIS_FILE_FORMAT = 'countersign-genesis';
/** Layout version of genesis files. */
export const GENESIS_FILE_VERSION = 2;
/** Largest genesis file, in UTF-16 code units: `SUPERVISORS_MAX` supervisors with names of good length. */
export const GENESIS_FILE_CHARS_MAX = 8 * 1024 * 1024;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const name = z.string().max(NAME_CHARS_MAX);
const key = hexText(PUBLIC_KEY_BYTES);

const fileSchema = z.strictObject({
  format: z.literal(GENESIS_FILE_FORMAT),
  version: z.literal(GENESIS_FILE_VERSION),
  network_id: hexText(DIGEST_BYTES),
  name,
  created_at_ms: count,
  replicas: z
    .array(
      z.strictObject({
        name,
        organisation: name,
        public_key: key,
        host: name.min(1),
        port: z.number().int().min(1).max(65_535),
      }),
    )
    .min(REPLICAS_MIN)
    .max(REPLICAS_MAX),
  supervisors: z
    .array(z.strictObject({ name, organisation: name, public_key: key }))
    .min(1)
    .max(SUPERVISORS_MAX),
  policy: z.strictObject({
    threshold: z.number().int().min(1).max(SUPERVISORS_MAX).nullable(),
    proposal_blocks: z.number().int().min(1).max(PROPOSAL_BLOCKS_MAX),
  }),
  limits: z.strictObject({
    max_request_bytes: count,
    max_block_requests: count,
    max_block_bytes: count,
    checkpoint_distance: count,
    max_request_age_ms: count,
    max_clock_skew_ms: count,
  }),
});

type GenesisFile = z.infer<typeof fileSchema>;

/** How a genesis file is read. */
export interface GenesisFileOptions {
  /** Whether a public key may be registered (`keys/ed25519.ts`). Where it is left out, every key may. */
  readonly isStrongKey?: (publicKey: Hex) => boolean;
}

/**
 * The text of the genesis file: JSON with two spaces of indentation and a line feed at its end.
 * Throws `genesis.invalid` for a genesis so large that its file could not be read.
 */
export function renderGenesisFile(genesis: Genesis): string {
  const text = `${JSON.stringify(toFile(genesis), null, 2)}\n`;
  checkSize(text);
  return text;
}

/**
 * The genesis that `text` describes. Line ends and indentation are free; everything else is checked.
 *
 * Throws `genesis.invalid` with the place in the file, `genesis.duplicateKey` where one key stands twice, and
 * `genesis.weakKey` for a key that `isStrongKey` refuses.
 */
export function parseGenesisFile(text: string, options: GenesisFileOptions = {}): Genesis {
  checkSize(text);
  const json = parseJson(text);
  if (!json.ok) throw invalid('the file', json.problem);
  const parsed = fileSchema.safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(pathText(issue?.path ?? [], 'the file'), issue?.message ?? 'is not a genesis file');
  }
  const genesis = fromFile(parsed.data);
  checkGenesis(genesis);
  const networkId = networkIdOf(genesis);
  if (networkId !== parsed.data.network_id) {
    throw invalid('network_id', `must be ${networkId}, the hash of what the file says`);
  }
  if (options.isStrongKey !== undefined) checkKeys(genesis, options.isStrongKey);
  return genesis;
}

function toFile(genesis: Genesis): GenesisFile {
  const { limits, policy } = genesis;
  return {
    format: GENESIS_FILE_FORMAT,
    version: GENESIS_FILE_VERSION,
    network_id: networkIdOf(genesis),
    name: genesis.name,
    created_at_ms: genesis.createdAtMs,
    replicas: genesis.replicas.map((replica) => ({
      name: replica.name,
      organisation: replica.organisation,
      public_key: replica.publicKey,
      host: replica.host,
      port: replica.port,
    })),
    supervisors: genesis.supervisors.map((supervisor) => ({
      name: supervisor.name,
      organisation: supervisor.organisation,
      public_key: supervisor.publicKey,
    })),
    policy: { threshold: policy.threshold, proposal_blocks: policy.proposalBlocks },
    limits: {
      max_request_bytes: limits.maxRequestBytes,
      max_block_requests: limits.maxBlockRequests,
      max_block_bytes: limits.maxBlockBytes,
      checkpoint_distance: limits.checkpointDistance,
      max_request_age_ms: limits.maxRequestAgeMs,
      max_clock_skew_ms: limits.maxClockSkewMs,
    },
  };
}

function fromFile(file: GenesisFile): Genesis {
  const { limits, policy } = file;
  return {
    name: file.name,
    createdAtMs: file.created_at_ms,
    replicas: file.replicas.map(({ public_key: publicKey, ...rest }) => ({ ...rest, publicKey })),
    supervisors: file.supervisors.map(({ public_key: publicKey, ...rest }) => ({ ...rest, publicKey })),
    policy: { threshold: policy.threshold, proposalBlocks: policy.proposal_blocks },
    limits: {
      maxRequestBytes: limits.max_request_bytes,
      maxBlockRequests: limits.max_block_requests,
      maxBlockBytes: limits.max_block_bytes,
      checkpointDistance: limits.checkpoint_distance,
      maxRequestAgeMs: limits.max_request_age_ms,
      maxClockSkewMs: limits.max_clock_skew_ms,
    },
  };
}

function checkKeys(genesis: Genesis, isStrongKey: (publicKey: Hex) => boolean): void {
  for (const list of ['replicas', 'supervisors'] as const) {
    for (const [index, { publicKey }] of genesis[list].entries()) {
      if (isStrongKey(publicKey)) continue;
      throw new CountersignError('genesis.weakKey', { key: publicKey, at: `${list}[${String(index)}]` });
    }
  }
}

function checkSize(text: string): void {
  if (text.length <= GENESIS_FILE_CHARS_MAX) return;
  throw invalid('the file', `has more than ${String(GENESIS_FILE_CHARS_MAX)} characters`);
}

function invalid(at: string, problem: string): CountersignError<'genesis.invalid'> {
  return new CountersignError('genesis.invalid', { at, problem });
}
