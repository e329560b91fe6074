/**
 * Two new views for one view: with different quorums, or with different view changes of the coalition, each to one
 * half of the others.
 * @module
 */
import {
  newViewStatement,
  viewChangeStatement,
  type NewView,
  type SignedViewChange,
} from '../../../../src/main/ledger/viewChange.ts';
import { quorumSizes } from '../../../../src/main/ledger/genesis.ts';
import type { PeerMessage } from '../../../../src/main/consensus/messages.ts';
import { lie } from './viewChanges.ts';
import type { Behaviour, ByzantineReplica } from './node.ts';

/** Most views of which view changes are remembered. */
const VIEWS_MAX = 16;

/** Opens each view that it is primary of twice. `eager`: as soon as it can, and again and again. */
export function twoNewViews(split: number, eager: boolean): Behaviour {
  const gathered = new Map<number, Map<number, SignedViewChange>>();
  const opened = new Map<string, PeerMessage>();
  let lastEpoch = 0;
  const gather = (signed: SignedViewChange) => {
    const { epoch, view } = signed.viewChange;
    if (epoch > lastEpoch) {
      gathered.clear();
      opened.clear();
    }
    lastEpoch = Math.max(epoch, lastEpoch);
    if (epoch < lastEpoch) return;
    const members = gathered.get(view) ?? new Map<number, SignedViewChange>();
    gathered.set(view, members);
    members.set(signed.replica, signed);
    if (gathered.size > VIEWS_MAX) gathered.delete(gathered.keys().next().value!);
  };
  const opening = (self: ByzantineReplica, view: number, to: number): PeerMessage | undefined => {
    const face = (split >> to) & 1;
    const key = `${String(view)} ${String(face)}`;
    const made = opened.get(key) ?? makeNewView(self, view, gathered.get(view) ?? new Map());
    if (made !== undefined) opened.set(key, made);
    return made;
  };
  return {
    incoming: (self, from, message) => {
      if (message.type !== 'viewChange') return false;
      gather({ replica: from, viewChange: message.viewChange, signature: message.signature });
      const { view } = message.viewChange;
      if (!eager || view % self.replicas !== self.index) return false;
      for (const to of self.others) {
        const made = opening(self, view, to);
        if (made !== undefined) self.send(to, made);
      }
      return false;
    },
    outgoing: (self, to, message) => {
      if (message.type !== 'newView' || message.newView.view % self.replicas !== self.index) return undefined;
      for (const signed of message.newView.viewChanges) gather(signed);
      const made = opening(self, message.newView.view, to);
      return made === undefined ? undefined : [made];
    },
  };
}

/** A quorum of what was gathered, chosen by chance; what the coalition says in it is chosen anew. */
function makeNewView(
  self: ByzantineReplica,
  view: number,
  gathered: ReadonlyMap<number, SignedViewChange>,
): PeerMessage | undefined {
  const { q } = quorumSizes(self.replicas);
  const truths = [...gathered.values()].filter(({ replica }) => !self.colluders.includes(replica));
  const template = truths[0]?.viewChange;
  if (template === undefined) return undefined;
  const own = self.colluders.map((replica): SignedViewChange => {
    const viewChange = lie(self, gathered.get(replica)?.viewChange ?? template);
    return { replica, viewChange, signature: self.sign(viewChangeStatement(viewChange), replica) };
  });
  const chosen = [...own];
  while (chosen.length < q && truths.length > 0) {
    chosen.push(...truths.splice(self.random.integer(0, truths.length - 1), 1));
  }
  if (chosen.length < q) return undefined;
  const viewChanges = chosen.slice(0, q).toSorted((left, right) => left.replica - right.replica);
  const newView: NewView = { epoch: template.epoch, view, viewChanges };
  return { type: 'newView', newView, signature: self.sign(newViewStatement(newView)) };
}
