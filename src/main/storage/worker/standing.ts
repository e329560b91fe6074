/**
 * The few values that say where the replica stands: one row each, rewritten by the commits that change them.
 * @module
 */
import {
  decode,
  encode,
  hexBytes,
  nullable,
  oneOf,
  record,
  uint,
  type Codec,
} from '../../../shared/encoding/codec.ts';
import { toHex, type Hex } from '../../../shared/encoding/hex.ts';
import type { ViewPosition } from '../../consensus/effects.ts';
import { DIGEST_BYTES } from '../../ledger/hash.ts';
import {
  CERTIFICATE_BYTES_MAX,
  commitCertificateCodec,
  type CommitCertificate,
} from '../../ledger/statement.ts';
import { RowReader, rowCheck } from './column.ts';
import { decoding, type Database } from './sqlite.ts';

/** Both ends of the part of the chain that can still change. */
export interface ChainEnds {
  readonly tipHeight: number;
  readonly tipHash: Hex;
  readonly stableHeight: number;
}

/** Everything of which there is one. */
export interface Standing {
  readonly networkId: Hex;
  readonly position: ViewPosition;
  readonly commitCertificate: CommitCertificate | null;
  readonly chain: ChainEnds;
}

const codecs: { readonly [K in keyof Standing]: Codec<Standing[K]> } = {
  networkId: hexBytes(DIGEST_BYTES),
  position: record<ViewPosition>({
    epoch: uint(),
    view: uint(),
    mode: oneOf(['normal', 'changing']),
    target: uint(),
    lastNormalView: uint(),
    baseHeight: uint(),
  }),
  commitCertificate: nullable(commitCertificateCodec),
  chain: record<ChainEnds>({ tipHeight: uint(), tipHash: hexBytes(DIGEST_BYTES), stableHeight: uint() }),
};

/** Reads one value. Throws `storage.corrupt` where it is missing or not what was written. */
export function readStanding<K extends keyof Standing>(database: Database, name: K): Standing[K] {
  const reader = new RowReader(database.path, name);
  const row = database.get('SELECT value, row_check FROM standing WHERE name = ?', name);
  if (row === undefined) return reader.fail('is missing');
  const value = reader.bytes(row, 'value');
  reader.checked(row, 'row_check', rowCheck(name, toHex(value)));
  return decoding(database.path, name, () => decode(codecs[name], value, CERTIFICATE_BYTES_MAX));
}

/** Writes one value. */
export function writeStanding<K extends keyof Standing>(
  database: Database,
  name: K,
  value: Standing[K],
): void {
  const bytes = encode(codecs[name], value);
  database.run(
    'INSERT OR REPLACE INTO standing (name, value, row_check) VALUES (?, ?, ?)',
    name,
    bytes,
    rowCheck(name, toHex(bytes)),
  );
}
