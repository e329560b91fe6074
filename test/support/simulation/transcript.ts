/**
 * What happened in a run, one line for each event, in words that stay the same when encodings change: blocks and
 * requests have names in place of hashes.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Announcement, PersistOperation } from '../../../src/main/consensus/effects.ts';
import type { PeerMessage, ToClientMessage, ToReplicaMessage } from '../../../src/main/consensus/messages.ts';
import type { ViewChange } from '../../../src/main/ledger/viewChange.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';

/** How many lines are kept to be shown: the last ones of a long run. */
const LINES_MAX = 4_000;

export class Transcript {
  readonly #blocks = new Map<Hex, string>();
  readonly #blocksAtHeight = new Map<number, number>();
  readonly #requests = new Map<Hex, string>();
  readonly #digest = createHash('sha256');
  /** Whether lines are kept: long runs do without. */
  readonly isOn: boolean;
  #lines: string[] = [];

  constructor(isOn = true) {
    this.isOn = isOn;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Hash over all lines so far: equal runs have equal ones. */
  get hash(): Hex {
    return this.#digest.copy().digest('hex');
  }

  add(nowMs: number, line: string): void {
    const full = `${nowMs.toFixed(0).padStart(6)} ms  ${line}`;
    this.#digest.update(full).update('\n');
    this.#lines.push(full);
    if (this.#lines.length > 2 * LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX);
  }

  nameRequest(id: Hex, name: string): void {
    this.#requests.set(id, name);
  }

  request(id: Hex): string {
    return this.#requests.get(id) ?? `request ${id.slice(0, 6)}`;
  }

  /** `3` for the first block that was seen at height 3, `3'` for the second. */
  block(height: number, hash: Hex): string {
    const known = this.#blocks.get(hash);
    if (known !== undefined) return known;
    const before = this.#blocksAtHeight.get(height) ?? 0;
    this.#blocksAtHeight.set(height, before + 1);
    const name = `block ${String(height)}${"'".repeat(before)}`;
    this.#blocks.set(hash, name);
    return name;
  }

  message(message: PeerMessage | ToReplicaMessage | ToClientMessage): string {
    switch (message.type) {
      case 'orderedRequest': {
        const { view, header, references, bodies } = message;
        const block = this.block(header.height, header.hash);
        const requests = references.map(({ id }) => this.request(id)).join(', ');
        return `orderedRequest: ${block} in view ${String(view)} of ${requests}; bodies: ${String(bodies.length)}`;
      }
      case 'orders':
        return `orders: ${message.orders.map(({ header }) => this.block(header.height, header.hash)).join(', ')}`;
      case 'localCommit':
      case 'checkpointVote':
        return `${message.type}: ${this.block(message.height, message.hash)} in view ${String(message.view)}`;
      case 'commit':
        return `commit: ${this.block(message.height, message.hash)}`;
      case 'getBlock':
        return `getBlock: ${this.block(message.height, message.hash)}`;
      case 'block':
        return `block: ${this.block(message.height, message.hash)}`;
      case 'headers': {
        const { height, hash } = message.certificate;
        return `headers: ${String(message.headers.length)} up to ${this.block(height, hash)}`;
      }
      case 'stable':
        return `stable: ${this.block(message.certificate.height, message.certificate.hash)}`;
      case 'getRequests':
        return `getRequests: ${message.ids.map((id) => this.request(id)).join(', ')}`;
      case 'requests':
        return `requests: ${String(message.requests.length)}`;
      case 'getOrders':
      case 'getHeaders':
        return `${message.type} from ${String(message.fromHeight)}`;
      case 'suspect':
        return `suspect: view ${String(message.view)}`;
      case 'viewChange':
        return `viewChange: ${this.#viewChange(message.viewChange)}`;
      case 'newView': {
        const { view, viewChanges } = message.newView;
        const said = viewChanges.map(
          ({ replica, viewChange }) => `r${String(replica)} ${this.#viewChange(viewChange)}`,
        );
        return `newView: ${String(view)} from ${said.join('; ')}`;
      }
      case 'getNewView':
        return `getNewView: ${String(message.view)}`;
      case 'evidence':
        return `evidence against r${String(message.evidence.replica)}`;
      case 'beacon':
        return `beacon: stable ${String(message.stableHeight)}, tip ${String(message.tipHeight)}`;
      case 'response':
        return `response: ${this.request(message.requestId)} in ${this.block(message.height, message.hash)}`;
      case 'final':
        return `final: ${this.request(message.requestId)} in ${this.block(message.height, message.hash)}`;
      case 'refusal':
        return `refusal: ${this.request(message.requestId)}: ${message.error.code}`;
      default:
        return message.type;
    }
  }

  operation(operation: PersistOperation): string {
    switch (operation.type) {
      case 'position': {
        const { epoch, view, mode, target, baseHeight } = operation.position;
        if (epoch > 0 && view === 0 && mode === 'normal') {
          return `position: epoch ${String(epoch)}, base ${String(baseHeight)}`;
        }
        const where = mode === 'normal' ? `base ${String(baseHeight)}` : `to ${String(target)}`;
        return `position: view ${String(view)}, ${mode}${view === 0 && mode === 'normal' ? '' : `, ${where}`}`;
      }
      case 'append': {
        const { height, hash } = operation.accepted.block.header;
        return `append ${this.block(height, hash)}`;
      }
      case 'orderSigned':
        return `order ${String(operation.height)} signed`;
      case 'rollback':
        return `roll back to ${String(operation.height)}`;
      case 'commitCertificate': {
        const { height, hash } = operation.certificate;
        return `commit certificate of ${this.block(height, hash)}`;
      }
      case 'checkpoint':
        return `checkpoint at ${this.block(operation.checkpoint.height, operation.checkpoint.hash)}`;
      case 'viewChange':
        return `view change: ${this.#viewChange(operation.viewChange)}`;
      case 'newView':
        return `new view ${String(operation.opening.newView.view)}`;
      case 'evidence':
        return `evidence against r${String(operation.known.evidence.replica)}`;
      case 'learner':
        return `that it only learns: ${operation.reason}`;
    }
  }

  announcement(announcement: Announcement): string | undefined {
    switch (announcement.type) {
      case 'suspicion': {
        const { replica, reason, height } = announcement;
        return `suspects r${String(replica)}: ${reason} at ${String(height)}`;
      }
      case 'eager':
        return announcement.eager ? 'is eager' : 'is no longer eager';
      case 'catchingUp':
        return `catches up from ${String(announcement.fromHeight)} to ${String(announcement.toHeight)}`;
      case 'rolledBack':
        return `rolled back to ${String(announcement.height)}`;
      case 'changingView': {
        const { view, target, cause } = announcement;
        return `leaves view ${String(view)} for ${String(target)}: ${cause}`;
      }
      case 'enteredView': {
        const { view, baseHeight, how } = announcement;
        return `enters view ${String(view)} at ${String(baseHeight)}, by ${how}`;
      }
      case 'epochEnded':
        return `ends epoch ${String(announcement.epoch)} at ${String(announcement.height)}`;
      case 'learner':
        return `only learns: ${announcement.reason}`;
      case 'clockSkew':
        return `holds a block that lies ${String(announcement.skewMs)} ms ahead`;
      default:
        return undefined;
    }
  }

  #viewChange({ view, lastNormalView, stable, commit, chain }: ViewChange): string {
    const parts = [`to ${String(view)}`, `last ${String(lastNormalView)}`];
    if (stable !== null) parts.push(`stable ${this.block(stable.height, stable.hash)}`);
    if (commit !== null)
      parts.push(`cc ${this.block(commit.height, commit.hash)} of view ${String(commit.view)}`);
    const tip = chain.at(-1);
    if (tip !== undefined) parts.push(`tip ${this.block(tip.height, tip.hash)}`);
    return parts.join(', ');
  }
}
