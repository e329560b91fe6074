/** Small pictures for the tests of the stores, as the contract has them. */
import type { HistoryPoint, ItemView, Snapshot } from '../../../src/shared/contract/model.ts';

export function item(id: string): ItemView {
  return {
    id,
    kind: 'assessments',
    title: id,
    source: `${id}.csv`,
    createdAtMs: 1,
    updatedAtMs: 1,
    state: 'draft',
    contentHash: 'c'.repeat(64),
    subject: null,
    decision: null,
    sizeBytes: 10,
    count: 1,
    requestId: null,
    signedAtMs: null,
    origin: 'here',
    signer: null,
    expectedSigners: [],
    note: '',
    accepted: 0,
    replicas: 0,
    height: null,
    finality: null,
    finalAtMs: null,
    receiptReady: false,
    error: null,
  };
}

export function snapshot(sequence: number, itemIds: readonly string[]): Snapshot {
  return {
    sequence,
    nowMs: 1_000,
    version: '0.1.0',
    confirmation: 'page',
    dataDirectory: '/data',
    stage: { name: 'running', sinceMs: 1 },
    setup: null,
    network: null,
    replica: null,
    peers: [],
    key: {
      publicKey: 'a'.repeat(64),
      name: 'A',
      registered: true,
      revokedHeight: null,
      unlocked: false,
      unlockedUntilMs: null,
    },
    items: itemIds.map(item),
    itemCount: itemIds.length,
    blocks: [{ height: 1, hash: 'b'.repeat(64), timeMs: 1, requestCount: 1, stable: false }],
    checkpoints: [],
    round: null,
    history: [],
    views: null,
    viewChanges: [],
    evidence: [],
    faults: null,
    registry: null,
  };
}

export function point(atMs: number): HistoryPoint {
  return {
    atMs,
    requestsPerSecond: 2,
    checkpointDistance: 3,
    acceptedMs: null,
    finalMs: { median: 4, p95: 5 },
  };
}
