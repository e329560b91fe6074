/**
 * The tables of `ledger.sqlite`.
 *
 * A request stays in its table when its block is rolled back (PROTOCOL.md, rule G1): it loses its place, and goes
 * when a stable checkpoint covers `keep_height`, the greatest height at which it was ever accepted. What its block was
 * stays as well, in a table of its own, for as long. Blocks of the chain need no index by hash: they are linked, so a
 * hash stands for its height.
 *
 * Words in what requests say are not indexed here, but in a file of their own (`searchTables.ts`).
 * @module
 */
import type { FileFormat } from './sqlite.ts';

export const LEDGER_FORMAT: FileFormat = {
  // 'CSLG'
  applicationId: 0x43534c47,
  version: 2,
  tables: `
    CREATE TABLE standing (
      name TEXT PRIMARY KEY,
      value BLOB NOT NULL,
      row_check BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE blocks (
      height INTEGER PRIMARY KEY,
      time_ms INTEGER NOT NULL,
      size_bytes INTEGER NOT NULL,
      hash BLOB NOT NULL,
      header BLOB NOT NULL,
      order_view INTEGER,
      order_signature BLOB,
      evidence BLOB NOT NULL,
      row_check BLOB NOT NULL
    ) STRICT;
    CREATE INDEX blocks_by_time ON blocks (time_ms);

    CREATE TABLE rolled_back_blocks (
      height INTEGER NOT NULL,
      hash BLOB NOT NULL,
      header BLOB NOT NULL,
      evidence BLOB NOT NULL,
      request_ids BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX rolled_back_by_hash ON rolled_back_blocks (height, hash);

    CREATE TABLE requests (
      id BLOB NOT NULL,
      height INTEGER,
      position INTEGER,
      keep_height INTEGER NOT NULL,
      supervisor BLOB NOT NULL,
      timestamp_ms INTEGER NOT NULL,
      kind TEXT NOT NULL,
      title TEXT NOT NULL,
      size_bytes INTEGER NOT NULL,
      row_check BLOB NOT NULL,
      body_check BLOB NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX requests_by_id ON requests (id);
    CREATE UNIQUE INDEX requests_by_place ON requests (height, position) WHERE height IS NOT NULL;
    CREATE INDEX requests_by_supervisor ON requests (supervisor, height, position) WHERE height IS NOT NULL;
    CREATE INDEX requests_of_registry ON requests (height, position) WHERE kind = 'registry' AND height IS NOT NULL;
    CREATE INDEX requests_rolled_back ON requests (keep_height) WHERE height IS NULL;

    CREATE TABLE checkpoints (
      height INTEGER PRIMARY KEY,
      hash BLOB NOT NULL,
      certificate BLOB,
      executed_digest BLOB NOT NULL,
      executed_count INTEGER NOT NULL,
      registry_digest BLOB NOT NULL,
      row_check BLOB NOT NULL
    ) STRICT;
  `,
};
