/**
 * The few values that say where the replica stands: one row each, rewritten by the commits that change them. Each is
 * there from the beginning, so that a lost one is told from one that was never set.
 * @module
 */
import {
  decode,
  encode,
  hexBytes,
  list,
  nullable,
  oneOf,
  record,
  uint,
  type Codec,
} from '../../../shared/encoding/codec.ts';
import { toHex, type Hex } from '../../../shared/encoding/hex.ts';
import { invariant } from '../../../shared/errors.ts';
import type { KnownEvidence, LearnerMark, Opening, ViewPosition } from '../../consensus/effects.ts';
import { EVIDENCE_BYTES_MAX, evidenceCodec } from '../../ledger/evidence.ts';
import { REPLICAS_MAX } from '../../ledger/limits.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../ledger/hash.ts';
import {
  CERTIFICATE_BYTES_MAX,
  commitCertificateCodec,
  type CommitCertificate,
} from '../../ledger/statement.ts';
import {
  WINDOW_MAX,
  newViewBytesMax,
  newViewCodec,
  viewChangeBytesMax,
  viewChangeCodec,
  type ViewChange,
} from '../../ledger/viewChange.ts';
import { EVIDENCE_KEPT_MAX } from '../derive.ts';
import { RowReader, bytesCheck, rowCheck } from './column.ts';
import { decoding, type Database } from './sqlite.ts';

/** Limit for the values that are a few numbers and hashes, in bytes. */
export const SMALL_VALUE_BYTES_MAX = 256;

/** How far the chain reaches, and how much stands beside it. */
export interface ChainEnds {
  readonly tipHeight: number;
  readonly tipHash: Hex;
  readonly stableHeight: number;
  readonly rolledBackBlocks: number;
}

/** Everything of which there is one. */
export interface Standing {
  readonly networkId: Hex;
  readonly position: ViewPosition;
  readonly commitCertificate: CommitCertificate | null;
  readonly chain: ChainEnds;
  readonly viewChange: ViewChange | null;
  readonly opening: Opening | null;
  /** By epoch and replica. */
  readonly evidence: readonly KnownEvidence[];
  readonly learner: LearnerMark | null;
}

/** How a value is written, and the most bytes that it may take: for the largest network that a genesis can describe. */
interface Kind<T> {
  readonly codec: Codec<T>;
  readonly maxBytes: number;
}

const kinds: { readonly [K in keyof Standing]: Kind<Standing[K]> } = {
  networkId: { codec: hexBytes(DIGEST_BYTES), maxBytes: SMALL_VALUE_BYTES_MAX },
  position: {
    codec: record<ViewPosition>({
      epoch: uint(),
      view: uint(),
      mode: oneOf(['normal', 'changing']),
      target: uint(),
      lastNormalView: uint(),
      baseHeight: uint(),
    }),
    maxBytes: SMALL_VALUE_BYTES_MAX,
  },
  commitCertificate: { codec: nullable(commitCertificateCodec), maxBytes: CERTIFICATE_BYTES_MAX },
  chain: {
    codec: record<ChainEnds>({
      tipHeight: uint(),
      tipHash: hexBytes(DIGEST_BYTES),
      stableHeight: uint(),
      rolledBackBlocks: uint(),
    }),
    maxBytes: SMALL_VALUE_BYTES_MAX,
  },
  viewChange: { codec: nullable(viewChangeCodec), maxBytes: viewChangeBytesMax(WINDOW_MAX) },
  opening: {
    codec: nullable(
      record<Opening>({ newView: newViewCodec, signature: nullable(hexBytes(SIGNATURE_BYTES)) }),
    ),
    maxBytes: newViewBytesMax(REPLICAS_MAX, WINDOW_MAX),
  },
  evidence: {
    codec: list(
      record<KnownEvidence>({ evidence: evidenceCodec, recordedHeight: nullable(uint()) }),
      EVIDENCE_KEPT_MAX,
    ),
    maxBytes: (EVIDENCE_KEPT_MAX + 1) * EVIDENCE_BYTES_MAX,
  },
  learner: {
    codec: nullable(
      record<LearnerMark>({
        reason: oneOf(['stateLost', 'stateOld', 'keyInUse']),
        publicKey: hexBytes(PUBLIC_KEY_BYTES),
      }),
    ),
    maxBytes: SMALL_VALUE_BYTES_MAX,
  },
};

/** Reads one value. Throws `storage.corrupt` where it is missing or not what was written. */
export function readStanding<K extends keyof Standing>(database: Database, name: K): Standing[K] {
  const reader = new RowReader(database.path, name);
  const row = database.get('SELECT value, row_check FROM standing WHERE name = ?', name);
  if (row === undefined) return reader.fail('is missing');
  const value = reader.bytes(row, 'value');
  reader.checked(row, 'row_check', checkOf(name, value));
  const { codec, maxBytes } = kinds[name];
  return decoding(database.path, name, () => decode(codec, value, maxBytes));
}

/** Writes one value. */
export function writeStanding<K extends keyof Standing>(
  database: Database,
  name: K,
  value: Standing[K],
): void {
  const { codec, maxBytes } = kinds[name];
  const bytes = encode(codec, value);
  invariant(bytes.length <= maxBytes, 'what is written can be read again', () =>
    JSON.stringify({ name, sizeBytes: bytes.length, maxBytes }),
  );
  database.run(
    'INSERT OR REPLACE INTO standing (name, value, row_check) VALUES (?, ?, ?)',
    name,
    bytes,
    checkOf(name, bytes),
  );
}

function checkOf(name: string, value: Uint8Array): Uint8Array {
  return rowCheck(name, toHex(bytesCheck(value)));
}
