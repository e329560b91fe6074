/**
 * What correct replicas sign: no two statements that contradict one another, none before it is durable, none that the
 * rules forbid (RELIABILITY.md, invariants 3 and 4).
 * @module
 */
import type { OwnStatement } from '../../../../src/main/consensus/effects.ts';
import {
  compareCertificates,
  type CheckpointVoteStatement,
  type ViewChangeStatement,
} from '../../../../src/main/ledger/statement.ts';
import { reportedKey, type CertificateKey, type ReplicaHistory } from './history.ts';
import { termOf } from './term.ts';
import type { Restored } from './restored.ts';
import { Violation } from './violation.ts';

export class Statements {
  readonly #histories: readonly ReplicaHistory[];
  /** What each replica has signed: the content, by replica, view, phase and height. */
  readonly #signed = new Map<string, string>();
  /** The highest certificate that each replica voted for. */
  readonly #voted = new Map<number, CertificateKey>();
  /** What each replica reported in the view changes it signed. */
  readonly #reported = new Map<number, { readonly view: number; readonly key: CertificateKey }[]>();

  /** The epoch in which each replica signed last. */
  readonly #epochs = new Map<number, number>();
  readonly #restored: Restored;

  constructor(histories: readonly ReplicaHistory[], restored: Restored) {
    this.#histories = histories;
    this.#restored = restored;
  }

  /** Its ledger is an older copy: what it reported since is not on its disk any more. */
  forgetReports(replica: number): void {
    this.#voted.delete(replica);
    this.#reported.delete(replica);
  }

  /** A correct replica is about to sign. */
  check(replica: number, statement: OwnStatement): void {
    const history = this.#histories[replica]!;
    if (history.isLearner) throw new Violation('a learner signs nothing', { replica, statement });
    const { epoch } = history.position;
    if (statement.epoch !== epoch) {
      throw new Violation('nothing is signed but in the epoch', { replica, statement, epoch });
    }
    this.#checkOnce(replica, statement);
    switch (statement.type) {
      case 'order':
        // An order that was durable in a view may be signed for the view alone.
        if (statement.view > history.position.lastNormalView) {
          throw new Violation('durable before signed', { replica, statement });
        }
        return this.#checkAccepted(history, statement);
      case 'localCommit':
        return this.#checkAccepted(history, statement);
      case 'checkpointVote':
        return this.#checkVote(history, statement);
      case 'viewChange':
        return this.#checkViewChange(history, statement);
      case 'newView':
        if (history.opening(termOf(statement)) !== statement.contentDigest) {
          throw new Violation('durable before signed', { replica, statement });
        }
    }
  }

  /** What was voted for and reported in an epoch counts for nothing in the next (rule E3). */
  #enterEpoch(replica: number, epoch: number): void {
    if ((this.#epochs.get(replica) ?? 0) === epoch) return;
    this.#epochs.set(replica, epoch);
    this.forgetReports(replica);
  }

  #checkOnce(replica: number, statement: OwnStatement): void {
    const { type, epoch, view } = statement;
    const height = 'height' in statement ? statement.height : 0;
    const key = [replica, epoch, view, type, height].join(' ');
    const content =
      type === 'checkpointVote'
        ? `${statement.hash} ${statement.stateDigest}`
        : 'hash' in statement
          ? statement.hash
          : statement.contentDigest;
    const before = this.#signed.get(key) ?? content;
    if (this.#restored.has(replica)) return this.#restored.check(replica, statement);
    if (before !== content) throw new Violation('one statement for each view, height, phase', { key });
    this.#signed.set(key, content);
  }

  #checkAccepted(
    history: ReplicaHistory,
    statement: Extract<OwnStatement, { type: 'order' | 'localCommit' }>,
  ): void {
    const problem = history.acceptProblem(termOf(statement), statement.height, statement.hash);
    if (problem !== undefined) throw new Violation(problem, { replica: history.replica, statement });
  }

  /** Rule C3: the certificate is durable, and every later view change reported it or a higher one. */
  #checkVote(history: ReplicaHistory, statement: CheckpointVoteStatement): void {
    const { replica } = history;
    this.#enterEpoch(replica, statement.epoch);
    if (compareCertificates(history.certificate, statement) < 0) {
      throw new Violation('durable before signed', { replica, statement, held: history.certificate });
    }
    for (const { view, key } of this.#reported.get(replica) ?? []) {
      if (view > statement.view && compareCertificates(key, statement) < 0) {
        throw new Violation('a view change reports what was voted for', { replica, statement, view, key });
      }
    }
    const voted = this.#voted.get(replica);
    if (voted === undefined || compareCertificates(statement, voted) > 0) {
      this.#voted.set(replica, { view: statement.view, height: statement.height });
    }
  }

  /** Rule V2: the mode is durable before, and nothing that was voted for is hidden. */
  #checkViewChange(history: ReplicaHistory, statement: ViewChangeStatement): void {
    const { replica, position } = history;
    this.#enterEpoch(replica, statement.epoch);
    const content = history.viewChange(statement.contentDigest);
    if (content === undefined || position.target < statement.view) {
      throw new Violation('durable before signed', { replica, statement, position });
    }
    const key = reportedKey(content, history.firstKey);
    const voted = this.#voted.get(replica);
    if (voted !== undefined && voted.view < statement.view && compareCertificates(key, voted) < 0) {
      throw new Violation('a view change reports what was voted for', { replica, statement, voted, key });
    }
    const reported = this.#reported.get(replica) ?? [];
    reported.push({ view: statement.view, key });
    this.#reported.set(replica, reported);
  }
}
