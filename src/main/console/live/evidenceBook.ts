/**
 * The evidence that this replica has, one piece for each accused replica, as the pages see it.
 * @module
 */
import type { EvidenceView, StatementView } from '../../../shared/contract/model.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { toHex } from '../../../shared/encoding/hex.ts';
import type { KnownEvidence } from '../../consensus/effects.ts';
import type { Evidence } from '../../ledger/evidence.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import { statementDigest, type SignedStatement } from '../../ledger/statement.ts';
import { memberView } from './networkView.ts';

interface Entry {
  readonly evidence: Evidence;
  readonly view: EvidenceView;
}

export class EvidenceBook {
  readonly #genesis: Genesis;
  readonly #entries = new Map<number, Entry>();

  /** `known`: what the replica had when the program started. When it learnt of that is not known any more. */
  constructor(genesis: Genesis, known: Iterable<KnownEvidence>) {
    this.#genesis = genesis;
    for (const one of known) this.#put(one, null);
  }

  /** In the order of the replicas' indexes. */
  get views(): EvidenceView[] {
    return [...this.#entries.values()]
      .map(({ view }) => view)
      .sort((left, right) => left.accused.index - right.accused.index);
  }

  /** Evidence that is new here, or stands at another place of the chain than before. */
  take(known: KnownEvidence, nowMs: number): EvidenceView {
    const before = this.#entries.get(known.evidence.replica);
    return this.#put(known, before === undefined ? nowMs : before.view.learntAtMs);
  }

  /** The evidence against a replica. Throws `evidence.notFound`. */
  against(replica: number): Evidence {
    const entry = this.#entries.get(replica);
    if (entry === undefined) throw new CountersignError('evidence.notFound', { replica });
    return entry.evidence;
  }

  #put({ evidence, recordedHeight }: KnownEvidence, learntAtMs: number | null): EvidenceView {
    const view = evidenceView(this.#genesis, evidence, recordedHeight, learntAtMs);
    this.#entries.set(evidence.replica, { evidence, view });
    return view;
  }
}

/** Evidence as a page sees it. */
export function evidenceView(
  genesis: Genesis,
  evidence: Evidence,
  recordedHeight: number | null,
  learntAtMs: number | null,
): EvidenceView {
  const { replica: index, first, second } = evidence;
  const networkId = networkIdOf(genesis);
  // Agreement keeps no evidence against a replica that the genesis does not name.
  const accused = genesis.replicas[index];
  if (accused === undefined) throw new CountersignError('evidence.notFound', { replica: index });
  return {
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
