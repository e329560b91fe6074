/** Bit rot: what is read back is what was written, or it is refused; nothing is silently wrong. */
import { titleOf } from '../../../src/shared/domain/payload.ts';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST_POSITION, type AcceptedBlock } from '../../../src/main/consensus/effects.ts';
import type { LedgerMethods, StoredOperation } from '../../../src/main/storage/rpc.ts';
import { openLedgerDatabase } from '../../../src/main/storage/worker/ledgerDatabase.ts';
import { toPlainError } from '../../../src/shared/errors.ts';
import { makeEvidence } from '../../support/evidence.ts';
import { TestChain, makeCommitCertificate, makeGenesis } from '../../support/ledger.ts';
import { makeDirectory } from '../../support/stores.ts';
import { makeNewView, makeViewChange } from './promises.ts';

const network = makeGenesis();
let directory: Awaited<ReturnType<typeof makeDirectory>>;
/** The file as it was written, and all that is read from it. */
let sound: Buffer;
let expected: unknown[];
let ids: string[];
/** Hashes of the rolled-back blocks, with their heights. */
let leaving: (readonly [height: number, hash: string])[];
const PAGE_BYTES = 4_096;
const STABLE = 8;
const TIP = 13;
/** A block that records evidence, on the chain and above the stable one. */
const RECORDING = 11;

const append = ({ block, order }: AcceptedBlock): StoredOperation => ({
  type: 'append',
  header: block.header,
  order,
  requests: block.requests.map(({ id, supervisor, timestampMs, payload, bytes }) => {
    const { kind } = payload;
    const title = titleOf(payload);
    return { id, supervisor, timestampMs, kind, title, bytes };
  }),
  evidence: block.evidence,
});

const open = (path: string): LedgerMethods =>
  openLedgerDatabase({ store: 'ledger', path, genesis: network.genesis, maxSizeBytes: null });

/** Everything that can be read, piece by piece. */
const readers = (): ((store: LedgerMethods) => unknown)[] => [
  (store) => store.load(),
  (store) => store.requests(ids),
  (store) => store.headers(0, 100),
  (store) => store.blocks(0, 100, 100),
  (store) => store.checkpoints(100),
  (store) => store.search({ limit: 100 }),
  ...leaving.map(
    ([height, hash]) =>
      (store: LedgerMethods) =>
        store.blockByHash(height, hash),
  ),
  ...Array.from({ length: STABLE + 1 }, (_, height) => (store: LedgerMethods) => store.block(height)),
];

beforeAll(async () => {
  directory = await makeDirectory();
  const path = join(directory.path, 'ledger.sqlite');
  const chain = new TestChain(network);
  const store = open(path);
  const evidence = [makeEvidence(network, 1), makeEvidence(network, 3)];
  const blocks = Array.from({ length: TIP - 1 }, (_, index) =>
    chain.append(3, 0, 1_000, index + 1 === RECORDING ? evidence : []),
  );
  for (const block of blocks) store.commit([append(block)]);
  // The first block for the height of the tip is rolled back; its requests are ordered again, otherwise.
  const requests = chain.requests(3);
  const fork = chain.append(requests.toReversed());
  chain.rollback(TIP - 1);
  const tip = chain.append(requests);
  store.commit([append(fork), { type: 'rollback', height: TIP - 1 }, append(tip)]);
  // The two above the tip are rolled back as well: what they were stays, and so do their bodies.
  const above = [chain.append(3), chain.append(3, 0, 1_000, evidence)];
  leaving = [fork, ...above].map(({ block: { header } }) => [header.height, header.hash]);
  ids = [...blocks, tip, ...above].flatMap(({ block }) => block.requests.map(({ id }) => id));
  store.commit([
    ...above.map(append),
    { type: 'rollback', height: TIP },
    { type: 'checkpoint', checkpoint: chain.checkpoint(4) },
    { type: 'checkpoint', checkpoint: chain.checkpoint(STABLE) },
    { type: 'commitCertificate', certificate: makeCommitCertificate(network, chain.header(STABLE), 0) },
  ]);
  chain.rollback(TIP);
  const stable = chain.checkpoint(STABLE).certificate;
  const viewChange = makeViewChange(chain, 1, { stable });
  const mode = { ...FIRST_POSITION, mode: 'changing', target: 1 } as const;
  store.commit([
    { type: 'position', position: mode },
    { type: 'viewChange', viewChange },
    { type: 'newView', opening: { newView: makeNewView(network, viewChange), signature: null } },
    { type: 'evidence', known: { evidence: evidence[0]!, recordedHeight: RECORDING } },
    { type: 'learner', reason: 'stateOld', publicKey: 'ab'.repeat(32) },
  ]);
  expected = readers().map((read) => read(store));
  store.close();
  sound = await readFile(path);
});
afterAll(async () => await directory.remove());

type Outcome = 'refused' | 'refusedInPart' | 'unaffected';

/** What becomes of a store whose file is `bytes`. Throws where anything is read that was not written. */
async function outcomeOf(bytes: Uint8Array, what: string): Promise<Outcome> {
  const path = join(directory.path, 'rotten.sqlite');
  await rm(`${path}-wal`, { force: true });
  await writeFile(path, bytes);
  const attempt = <T>(work: () => T): { value: T } | undefined => {
    try {
      return { value: work() };
    } catch (error) {
      if (toPlainError(error).code.startsWith('storage.')) return undefined;
      throw error;
    }
  };
  const store = attempt(() => open(path))?.value;
  if (store === undefined) return 'refused';
  try {
    let refused = false;
    for (const [index, read] of readers().entries()) {
      const found = attempt(() => read(store));
      refused ||= found === undefined;
      if (found === undefined && index === 0) return 'refused';
      if (found !== undefined && !isDeepStrictEqual(found.value, expected[index])) {
        throw new Error(`${what}: reader ${index} found what was not written`);
      }
    }
    return refused ? 'refusedInPart' : 'unaffected';
  } finally {
    attempt(() => store.close());
  }
}

/** A small generator of fixed numbers (mulberry32), so that a failure can be repeated. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('a file with a flipped bit', () => {
  it('is refused, or nothing that it holds has changed', async () => {
    expect(await outcomeOf(sound, 'sound')).toBe('unaffected');
    const next = numbers(1);
    const counts: Record<Outcome, number> = { refused: 0, refusedInPart: 0, unaffected: 0 };
    // Every byte of the file's header, and bytes from everywhere.
    const offsets = [
      ...Array.from({ length: 100 }, (_, offset) => offset),
      ...Array.from({ length: 900 }, () => Math.floor(next() * sound.length)),
    ];
    for (const offset of offsets) {
      const rotten = Buffer.from(sound);
      const bit = 1 << Math.floor(next() * 8);
      rotten[offset] = rotten[offset]! ^ bit;
      counts[await outcomeOf(rotten, `bit ${bit} at ${offset}`)] += 1;
    }
    // Most of a small file is in use.
    expect(counts.refused).toBeGreaterThan(200);
    expect(counts.unaffected).toBeGreaterThan(0);
  }, 120_000);

  it('is refused as corrupt, with what to do, where it is in a request', async () => {
    const body = Buffer.from(ids.at(-1)!, 'hex');
    const offset = sound.indexOf(body);
    expect(offset).toBeGreaterThan(0);
    const rotten = Buffer.from(sound);
    rotten[offset + 1] = rotten[offset + 1]! ^ 1;
    const path = join(directory.path, 'rotten.sqlite');
    await writeFile(path, rotten);
    let failure: unknown;
    try {
      const store = open(path);
      try {
        store.load();
      } finally {
        store.close();
      }
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'storage.corrupt', data: { path } });
    expect(toPlainError(failure).data['problem']).toContain('backup');
  });

  it('is refused, or nothing has changed, where it is cut off', async () => {
    const next = numbers(2);
    for (let index = 0; index < 30; index++) {
      const length = Math.floor(next() * sound.length);
      // An empty file is a new one; that it was not, only the other replicas know.
      if (length === 0) continue;
      const outcome = await outcomeOf(sound.subarray(0, length), `cut at ${length}`);
      // The last page may be a free one: what is missing of it is nothing.
      const allowed = length <= sound.length - PAGE_BYTES ? ['refused'] : ['refused', 'unaffected'];
      expect(allowed, `cut at ${length} of ${sound.length}`).toContain(outcome);
    }
  });
});

/** Puts the block of the chain at `height` in the place of the rolled-back one whose requests are on the chain. */
function replacedBy(height: number): string {
  return `UPDATE rolled_back_blocks SET (hash, header, evidence, height, request_ids) = (SELECT hash, header,
    evidence, height, (SELECT CAST(unhex(group_concat(hex(id), '' ORDER BY position)) AS BLOB) FROM requests
    WHERE height = ${height}) FROM blocks WHERE height = ${height}) WHERE height = ${TIP}`;
}

describe('rows that were changed where SQLite is satisfied', () => {
  const changes: [string, string][] = [
    ['a block above the stable one', `DELETE FROM blocks WHERE height = ${TIP - 1}`],
    ['the tip', `DELETE FROM blocks WHERE height = ${TIP}`],
    [
      'a block beyond the tip',
      `INSERT INTO blocks SELECT ${TIP + 1}, time_ms, size_bytes, hash, header,
      order_view, order_signature, evidence, row_check FROM blocks WHERE height = ${TIP}`,
    ],
    ['the signature of an order', `UPDATE blocks SET order_signature = zeroblob(64) WHERE height = ${TIP}`],
    ['the view of an order', `UPDATE blocks SET order_view = 1 WHERE height = ${TIP}`],
    ['the evidence of a block', `UPDATE blocks SET evidence = x'80' WHERE height = ${RECORDING}`],
    [
      'the evidence of a block that records none',
      `UPDATE blocks SET evidence = (SELECT evidence FROM blocks WHERE height = ${RECORDING})
      WHERE height = ${TIP}`,
    ],
    ['a rolled-back block', `DELETE FROM rolled_back_blocks WHERE height = ${TIP + 1}`],
    [
      'a rolled-back block whose requests are on the chain',
      `DELETE FROM rolled_back_blocks WHERE height = ${TIP}`,
    ],
    ['all rolled-back blocks', 'DELETE FROM rolled_back_blocks'],
    [
      'a rolled-back block that is on the chain',
      `INSERT INTO rolled_back_blocks SELECT height, hash, header, evidence, (SELECT
      CAST(unhex(group_concat(hex(id), '' ORDER BY position)) AS BLOB) FROM requests WHERE height = ${TIP})
      FROM blocks WHERE height = ${TIP}`,
    ],
    ['a rolled-back block in the place of another', replacedBy(TIP)],
    ['a rolled-back block in the place of another, and covered', replacedBy(STABLE)],
    [
      'a request off the chain that no rolled-back block holds',
      `INSERT INTO requests SELECT zeroblob(32), height, position, keep_height, supervisor, timestamp_ms, kind,
      title, size_bytes, row_check, body_check, body FROM requests WHERE height IS NULL LIMIT 1`,
    ],
    ['the height of a rolled-back block', `UPDATE rolled_back_blocks SET height = height + 100`],
    [
      'the hash of a rolled-back block',
      `UPDATE rolled_back_blocks SET hash = zeroblob(32) WHERE height = ${TIP + 1}`,
    ],
    [
      'the header of a rolled-back block',
      `UPDATE rolled_back_blocks SET header = (SELECT header FROM blocks WHERE height = ${TIP})`,
    ],
    [
      'the requests of a rolled-back block',
      'UPDATE rolled_back_blocks SET request_ids = substr(request_ids, 33)',
    ],
    [
      'a part of an id in a rolled-back block',
      'UPDATE rolled_back_blocks SET request_ids = substr(request_ids, 1, 80)',
    ],
    [
      'the order of the requests in a rolled-back block',
      `UPDATE rolled_back_blocks
      SET request_ids = CAST(substr(request_ids, 33) || substr(request_ids, 1, 32) AS BLOB)`,
    ],
    [
      'the evidence of a rolled-back block',
      `UPDATE rolled_back_blocks SET evidence = x'80' WHERE height = ${TIP + 2}`,
    ],
    ['a rolled-back request', `DELETE FROM requests WHERE keep_height = ${TIP + 1} AND height IS NULL`],
    ['a request above the stable block', `DELETE FROM requests WHERE height = ${TIP} AND position = 1`],
    ['an order of requests', `UPDATE requests SET position = 2 - position + 10 WHERE height = ${TIP}`],
    ['an executed request', 'DELETE FROM requests WHERE height = 2 AND position = 1'],
    ['the timestamp of an executed request', 'UPDATE requests SET timestamp_ms = 1 WHERE height = 2'],
    [
      'the height of an executed request',
      'UPDATE requests SET height = 3, position = 9 WHERE height = 2 AND position = 1',
    ],
    ['a body', `UPDATE requests SET body = zeroblob(300) WHERE height = ${TIP}`],
    ['the body of a rolled-back request', 'UPDATE requests SET body = zeroblob(300) WHERE height IS NULL'],
    ['how long a rolled-back request stays', 'UPDATE requests SET keep_height = 1 WHERE height IS NULL'],
    ['the stable checkpoint', `DELETE FROM checkpoints WHERE height = ${STABLE}`],
    ['the certificate', `UPDATE checkpoints SET certificate = zeroblob(9) WHERE height = ${STABLE}`],
    ['the running count', `UPDATE checkpoints SET executed_count = 1 WHERE height = ${STABLE}`],
    ['the position', "DELETE FROM standing WHERE name = 'position'"],
    ['the bytes of the position', "UPDATE standing SET value = zeroblob(6) WHERE name = 'position'"],
    ['the commit certificate', "DELETE FROM standing WHERE name = 'commitCertificate'"],
    ['the ends of the chain', "DELETE FROM standing WHERE name = 'chain'"],
    ['the own view change', "DELETE FROM standing WHERE name = 'viewChange'"],
    ['that there is an own view change', "UPDATE standing SET value = x'f6' WHERE name = 'viewChange'"],
    [
      'a part of the own view change',
      "UPDATE standing SET value = substr(value, 1, 300) WHERE name = 'viewChange'",
    ],
    ['the new view', "DELETE FROM standing WHERE name = 'opening'"],
    ['that there is a new view', "UPDATE standing SET value = x'f6' WHERE name = 'opening'"],
    ['the evidence', "DELETE FROM standing WHERE name = 'evidence'"],
    ['that there is evidence', "UPDATE standing SET value = x'80' WHERE name = 'evidence'"],
    ['that it only learns', "DELETE FROM standing WHERE name = 'learner'"],
    ['why it only learns', "UPDATE standing SET value = x'f6' WHERE name = 'learner'"],
    [
      'a value that belongs to another name',
      `UPDATE standing SET (value, row_check) = (SELECT value, row_check FROM standing
      WHERE name = 'commitCertificate') WHERE name = 'viewChange'`,
    ],
    ['everything of which there is one', 'DELETE FROM standing'],
    ['all blocks', 'DELETE FROM blocks'],
  ];
  it.each(changes)('%s: refused', async (_what, sql) => {
    const path = join(directory.path, 'changed.sqlite');
    await rm(`${path}-wal`, { force: true });
    await writeFile(path, sound);
    const database = new DatabaseSync(path);
    try {
      expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
    } finally {
      database.close();
    }
    expect(() => {
      const store = open(path);
      try {
        store.load();
      } finally {
        store.close();
      }
    }).toThrow(/^storage\.corrupt/);
  });
});

describe('what has rotted on the chain', () => {
  const changes: [string, string][] = [
    ['a request that is gone', `DELETE FROM requests WHERE height = ${TIP} AND position = 1`],
    ['a block that is gone', `DELETE FROM blocks WHERE height = ${TIP - 1}`],
    ['another order of requests', `UPDATE requests SET position = 5 WHERE height = ${TIP} AND position = 0`],
    ['other evidence', `UPDATE blocks SET evidence = x'80' WHERE height = ${RECORDING}`],
  ];
  it.each(changes)('is not kept as a rolled-back block: %s', async (_what, sql) => {
    const path = join(directory.path, 'changed.sqlite');
    await rm(`${path}-wal`, { force: true });
    await writeFile(path, sound);
    const database = new DatabaseSync(path);
    try {
      expect(database.prepare(sql).run().changes).toBe(1);
    } finally {
      database.close();
    }
    const store = open(path);
    try {
      expect(() => store.commit([{ type: 'rollback', height: STABLE }])).toThrow(
        /^(storage\.corrupt|invariant\.broken)/,
      );
      expect(store.counts().rolledBackBlocks).toBe(leaving.length);
    } finally {
      store.close();
    }
  });
});
