/**
 * What a ledger store in memory holds, and what each operation makes of it: values that are never changed in place.
 * @module
 */
import {
  FIRST_POSITION,
  type AcceptedBlock,
  type KnownEvidence,
  type LearnerMark,
  type Opening,
  type PersistOperation,
  type StableCheckpoint,
  type ViewPosition,
} from '../../src/main/consensus/effects.ts';
import { genesisHeader, type Block, type HashedHeader } from '../../src/main/ledger/block.ts';
import type { Genesis } from '../../src/main/ledger/genesis.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import { LedgerState } from '../../src/main/ledger/state.ts';
import type { CommitCertificate } from '../../src/main/ledger/statement.ts';
import type { ViewChange } from '../../src/main/ledger/viewChange.ts';
import { markedLearner, withEvidence } from '../../src/main/storage/derive.ts';
import {
  checkAppend,
  checkCheckpoint,
  checkCommitCertificate,
  checkEpoch,
  checkOpening,
  checkOrderSigned,
  checkPosition,
  checkPromises,
  checkRollback,
  checkViewChange,
} from '../../src/main/storage/rules.ts';
import type { Hex } from '../../src/shared/encoding/hex.ts';
import { invariant } from '../../src/shared/errors.ts';

interface Body {
  readonly request: SignedRequest;
  readonly keepHeight: number;
}

/** What has become durable: a commit replaces it whole. */
export interface Contents {
  readonly networkId: Hex;
  readonly position: ViewPosition;
  readonly commitCertificate: CommitCertificate | null;
  readonly viewChange: ViewChange | null;
  readonly opening: Opening | null;
  readonly evidence: readonly KnownEvidence[];
  readonly learner: LearnerMark | null;
  /** By height; genesis at 0. */
  readonly blocks: readonly AcceptedBlock[];
  /** Lowest first; genesis at 0. */
  readonly checkpoints: readonly StableCheckpoint[];
  /** By hash. */
  readonly rolledBack: ReadonlyMap<Hex, Block>;
  readonly bodies: ReadonlyMap<Hex, Body>;
  /** Where each request of the chain stands. */
  readonly places: ReadonlyMap<Hex, { readonly height: number; readonly index: number }>;
}

/** A store with genesis alone. */
export function emptyContents(genesis: Genesis, networkId: Hex): Contents {
  const state = new LedgerState(genesis);
  const header = genesisHeader(genesis, state.digest);
  return {
    networkId,
    position: FIRST_POSITION,
    commitCertificate: null,
    viewChange: null,
    opening: null,
    evidence: [],
    learner: null,
    blocks: [{ block: { header, requests: [], evidence: [] }, order: null }],
    checkpoints: [{ height: 0, hash: header.hash, certificate: null, ...state.valuesAt(0) }],
    rolledBack: new Map(),
    bodies: new Map(),
    places: new Map(),
  };
}

/** What a commit leads to. Throws `invariant.broken`. */
export function committed(
  genesis: Genesis,
  before: Contents,
  operations: readonly PersistOperation[],
): Contents {
  const after = operations.reduce((contents, operation) => applied(genesis, contents, operation), before);
  checkPromises(after.position, after.viewChange, after.opening);
  checkEpoch(after.position, stableHeader(after), after.position.epoch !== before.position.epoch);
  return after;
}

function stableHeader({ blocks, checkpoints }: Contents): HashedHeader {
  return blocks[checkpoints.at(-1)!.height]!.block.header;
}

function markOf({ reason, publicKey }: LearnerMark): LearnerMark {
  return { reason, publicKey };
}

function applied(genesis: Genesis, contents: Contents, operation: PersistOperation): Contents {
  const tip = contents.blocks.at(-1)!.block.header;
  const stableHeight = contents.checkpoints.at(-1)!.height;
  switch (operation.type) {
    case 'position':
      checkPosition(contents.position, operation.position);
      return { ...contents, position: operation.position };
    case 'append':
      return appended(contents, tip, operation.accepted);
    case 'orderSigned': {
      const { height, view, signature } = operation;
      const known = contents.blocks[height];
      checkOrderSigned(height, known?.order, view, signature);
      const signed = { block: known!.block, order: { view, signature } };
      return { ...contents, blocks: contents.blocks.with(height, signed) };
    }
    case 'rollback': {
      checkRollback(tip.height, stableHeight, operation.height);
      const blocks = contents.blocks.slice(0, operation.height + 1);
      const places = new Map([...contents.places].filter(([, { height }]) => height <= operation.height));
      const rolledBack = new Map(contents.rolledBack);
      for (const { block } of contents.blocks.slice(operation.height + 1)) {
        rolledBack.set(block.header.hash, block);
      }
      return { ...contents, blocks, places, rolledBack };
    }
    case 'commitCertificate':
      checkCommitCertificate(contents.commitCertificate, operation.certificate);
      return { ...contents, commitCertificate: operation.certificate };
    case 'checkpoint':
      return settled(genesis, contents, stableHeight, operation.checkpoint);
    case 'viewChange':
      checkViewChange({ ...contents, stable: stableHeader(contents), tip }, operation.viewChange);
      return { ...contents, viewChange: operation.viewChange };
    case 'newView':
      checkOpening(contents.opening, operation.opening);
      return { ...contents, opening: operation.opening };
    case 'evidence':
      return { ...contents, evidence: withEvidence(contents.evidence, operation.known) };
    case 'learner':
      return { ...contents, learner: markedLearner(contents.learner, markOf(operation)) };
  }
}

function settled(
  genesis: Genesis,
  contents: Contents,
  stableHeight: number,
  checkpoint: StableCheckpoint,
): Contents {
  const { height } = checkpoint;
  checkCheckpoint(genesis, stableHeight, contents.blocks[height]?.block.header, checkpoint);
  if (height === stableHeight) return contents;
  const bodies = [...contents.bodies].filter(
    ([id, { keepHeight }]) => contents.places.has(id) || keepHeight > height,
  );
  const rolledBack = [...contents.rolledBack].filter(([, { header }]) => header.height > height);
  return {
    ...contents,
    checkpoints: [...contents.checkpoints, checkpoint],
    bodies: new Map(bodies),
    rolledBack: new Map(rolledBack),
  };
}

/** A rolled-back block with the bodies that were accepted last. */
export function asKept({ bodies }: Contents, { header, requests, evidence }: Block): Block {
  return { header, requests: requests.map(({ id }) => bodies.get(id)!.request), evidence };
}

function appended(contents: Contents, tip: HashedHeader, accepted: AcceptedBlock): Contents {
  const { header, requests, evidence } = accepted.block;
  const ids = requests.map(({ id }) => id);
  checkAppend(tip, header, ids, evidence);
  const bodies = new Map(contents.bodies);
  const places = new Map(contents.places);
  for (const [index, request] of requests.entries()) {
    invariant(!places.has(request.id), 'a request is executed once', () => request.id);
    const keepHeight = Math.max(header.height, bodies.get(request.id)?.keepHeight ?? 0);
    bodies.set(request.id, { request, keepHeight });
    places.set(request.id, { height: header.height, index });
  }
  const rolledBack = new Map(contents.rolledBack);
  rolledBack.delete(header.hash);
  return { ...contents, blocks: [...contents.blocks, accepted], bodies, places, rolledBack };
}
