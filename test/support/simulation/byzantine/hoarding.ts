/**
 * Keeping certificates that nobody else has, and showing them, or the chain of whoever is behind, in later view
 * changes: what was given up long ago comes back when it does most harm.
 * @module
 */
import { hashed, type HashedHeader } from '../../../../src/main/ledger/block.ts';
import { quorumSizes } from '../../../../src/main/ledger/genesis.ts';
import type { CommitCertificate } from '../../../../src/main/ledger/statement.ts';
import { viewChangeStatement, type ViewChange } from '../../../../src/main/ledger/viewChange.ts';
import type { PeerMessage } from '../../../../src/main/consensus/messages.ts';
import type { Hex } from '../../../../src/shared/encoding/hex.ts';
import type { Behaviour, ByzantineReplica } from './node.ts';

/** Certificates that one replica put together, with the headers that lead to them. */
class Hoard {
  readonly certificates: CommitCertificate[] = [];
  readonly #headers = new Map<Hex, HashedHeader>();
  readonly #signatures = new Map<string, Map<number, Hex>>();

  /** Learns headers, and localCommits, to which it adds its own. */
  hear(self: ByzantineReplica, from: number, message: PeerMessage): void {
    if (message.type === 'orderedRequest') this.#headers.set(message.header.hash, message.header);
    if (message.type === 'viewChange') {
      for (const header of message.viewChange.chain) this.#headers.set(header.hash, hashed(header));
    }
    if (message.type !== 'localCommit') return;
    const { signature, ...statement } = message;
    const { epoch, view, height, hash } = statement;
    const key = `${String(epoch)} ${String(view)} ${String(height)} ${hash}`;
    const signatures = this.#signatures.get(key) ?? new Map<number, Hex>();
    this.#signatures.set(key, signatures);
    signatures.set(from, signature);
    for (const member of self.colluders) signatures.set(member, self.sign(statement, member));
    const { q } = quorumSizes(self.replicas);
    if (signatures.size !== q) return;
    const listed = [...signatures].map(([replica, item]) => ({ replica, signature: item }));
    listed.sort((left, right) => left.replica - right.replica);
    this.certificates.push({ epoch, view, height, hash, signatures: listed });
  }

  /** The headers above `base` to the certified block; `undefined` where they are not all known. */
  path(
    certificate: CommitCertificate,
    base: { readonly height: number; readonly hash: Hex },
  ): HashedHeader[] | undefined {
    const path: HashedHeader[] = [];
    let { hash } = certificate;
    for (;;) {
      if (hash === base.hash) return path.reverse();
      const header = this.#headers.get(hash);
      if (header === undefined || header.height <= base.height) return undefined;
      path.push(header);
      hash = header.previousHash;
    }
  }
}

/** Certifies in secret; hides all it has in one view change, and shows what is old in another. */
export function hoarding(): Behaviour {
  const hoard = new Hoard();
  const told = new Map<string, ViewChange>();
  return {
    incoming: (self, from, message) => {
      hoard.hear(self, from, message);
      return false;
    },
    outgoing: (self, _to, message) => {
      if (message.type === 'orderedRequest') hoard.hear(self, self.index, message);
      if (message.type === 'localCommit' || message.type === 'checkpointVote') return [];
      if (message.type !== 'viewChange') return undefined;
      const { epoch, view } = message.viewChange;
      const key = `${String(epoch)} ${String(view)}`;
      const said = told.get(key) ?? shown(self, hoard, message.viewChange);
      told.set(key, said);
      return [{ type: 'viewChange', viewChange: said, signature: self.sign(viewChangeStatement(said)) }];
    },
  };
}

/** Nothing at all, or a certificate of the hoard, the older the better. */
function shown(self: ByzantineReplica, hoard: Hoard, truth: ViewChange): ViewChange {
  const nothing = { ...truth, stable: null, commit: null, commitHeaders: [], chain: [] };
  const base = self.first;
  for (const certificate of hoard.certificates) {
    if (certificate.epoch !== truth.epoch) continue;
    // Right after its view it is hidden, so that its block is given up.
    const isOld = certificate.view + 1 < truth.view;
    if (certificate.view >= truth.view || self.random.chance(isOld ? 0.1 : 0.9)) continue;
    const commitHeaders = hoard.path(certificate, base);
    if (commitHeaders === undefined) continue;
    const lastNormalView = self.random.pick([certificate.view, truth.lastNormalView]);
    return { ...nothing, lastNormalView, commit: certificate, commitHeaders };
  }
  return nothing;
}

/** Says the same as whoever is furthest behind, as far as it has heard: two say it then. */
export function copying(): Behaviour {
  const told = new Set<string>();
  const tell = (self: ByzantineReplica, model: ViewChange) => {
    const { epoch, view } = model;
    const key = `${String(epoch)} ${String(view)}`;
    if (told.has(key)) return;
    told.add(key);
    const claims = { ...model, commit: null, commitHeaders: [] };
    const viewChange = self.random.chance(0.5) ? claims : { ...claims, lastNormalView: view - 1 };
    self.toAll({ type: 'viewChange', viewChange, signature: self.sign(viewChangeStatement(viewChange)) });
  };
  return {
    incoming: (self, _from, message) => {
      if (message.type !== 'viewChange') return false;
      const { viewChange } = message;
      const hasNone = viewChange.commit === null && self.random.chance(0.7);
      const behind = viewChange.lastNormalView < self.view || hasNone;
      if (behind && viewChange.chain.length > 0) tell(self, viewChange);
      return false;
    },
    outgoing: (_self, _to, message) => (message.type === 'viewChange' ? [] : undefined),
  };
}
