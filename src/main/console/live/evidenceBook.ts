/**
 * The evidence that this replica has, one piece for each accused replica of an epoch, as the pages see it.
 * @module
 */
import type { EvidenceView, StatementView } from '../../../shared/contract/model.ts';
import type { ReplicaEntry } from '../../../shared/domain/registry.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { toHex } from '../../../shared/encoding/hex.ts';
import type { KnownEvidence } from '../../consensus/effects.ts';
import { epochOf, type Evidence } from '../../ledger/evidence.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { statementDigest, type SignedStatement } from '../../ledger/statement.ts';
import { memberView } from './networkView.ts';
import type { ReplicaSets } from './replicaSets.ts';

interface Entry {
  readonly evidence: Evidence;
  readonly view: EvidenceView;
}

/** The replicas of the epochs that there is evidence of. */
export type KnownSets = Pick<ReplicaSets, 'of'>;

export class EvidenceBook {
  readonly #networkId: Hex;
  readonly #sets: KnownSets;
  /** By epoch and replica. */
  readonly #entries = new Map<string, Entry>();

  /** `known`: what the replica had when the program started. When it learnt of that is not known any more. */
  constructor(genesis: Genesis, sets: KnownSets, known: Iterable<KnownEvidence>) {
    this.#networkId = networkIdOf(genesis);
    this.#sets = sets;
    for (const one of known) this.#put(one, null);
  }

  /** In the order of epochs, and of the replicas' indexes in them. */
  get views(): EvidenceView[] {
    return [...this.#entries.values()]
      .map(({ view }) => view)
      .sort((left, right) => left.epoch - right.epoch || left.accused.index - right.accused.index);
  }

  /** Evidence that is new here, or stands at another place of the chain than before. */
  take(known: KnownEvidence, nowMs: number): EvidenceView {
    const before = this.#entries.get(keyOf(epochOf(known.evidence), known.evidence.replica));
    return this.#put(known, before === undefined ? nowMs : before.view.learntAtMs);
  }

  /** The evidence against a replica of an epoch. Throws `evidence.notFound`. */
  against(epoch: number, replica: number): Evidence {
    const entry = this.#entries.get(keyOf(epoch, replica));
    if (entry === undefined) throw new CountersignError('evidence.notFound', { replica });
    return entry.evidence;
  }

  #put({ evidence, recordedHeight }: KnownEvidence, learntAtMs: number | null): EvidenceView {
    const epoch = epochOf(evidence);
    const replicas = this.#sets.of(epoch) ?? [];
    const view = evidenceView(this.#networkId, replicas, evidence, recordedHeight, learntAtMs);
    this.#entries.set(keyOf(epoch, evidence.replica), { evidence, view });
    return view;
  }
}

function keyOf(epoch: number, replica: number): string {
  return `${String(epoch)} ${String(replica)}`;
}

/** Evidence as a page sees it. `replicas`: those of its epoch. Throws `evidence.notFound` where it accuses none of them. */
export function evidenceView(
  networkId: Hex,
  replicas: readonly ReplicaEntry[],
  evidence: Evidence,
  recordedHeight: number | null,
  learntAtMs: number | null,
): EvidenceView {
  const { replica: index, first, second } = evidence;
  // Agreement keeps no evidence against a replica that is not there.
  const accused = replicas[index];
  if (accused === undefined) throw new CountersignError('evidence.notFound', { replica: index });
  return {
    epoch: epochOf(evidence),
    accused: { ...memberView(accused), index },
    kind: first.statement.type,
    statements: [statementView(networkId, first), statementView(networkId, second)],
    learntAtMs,
    recordedHeight,
  };
}

function statementView(networkId: Hex, { statement, signature }: SignedStatement): StatementView {
  const { epoch, view } = statement;
  return {
    epoch,
    view,
    height: 'height' in statement ? statement.height : null,
    hash: 'hash' in statement ? statement.hash : null,
    stateDigest: 'stateDigest' in statement ? statement.stateDigest : null,
    contentDigest: 'contentDigest' in statement ? statement.contentDigest : null,
    digest: toHex(statementDigest(networkId, statement)),
    signature,
  };
}
