/**
 * False claims in view changes: a false last view, a shorter or a forged chain, a hidden certificate or checkpoint,
 * and different ones to different replicas.
 * @module
 */
import { hashed, type HashedHeader } from '../../../../src/main/ledger/block.ts';
import {
  viewChangeStatement,
  type SignedViewChange,
  type ViewChange,
} from '../../../../src/main/ledger/viewChange.ts';
import type { Behaviour, ByzantineReplica } from './node.ts';

/** Kinds of lies, mixed. */
const LIES: readonly ((self: ByzantineReplica, truth: ViewChange) => ViewChange)[] = [
  // The chain counts for more than it should.
  (_self, truth) => ({ ...truth, lastNormalView: truth.view - 1 }),
  (_self, truth) => ({ ...truth, lastNormalView: 0 }),
  (self, truth) => ({ ...truth, lastNormalView: self.random.integer(0, truth.view - 1) }),
  // The certificate is hidden, and with it whatever it could have saved.
  (_self, truth) => ({ ...truth, commit: null, commitHeaders: [] }),
  (_self, truth) => ({ ...truth, commit: null, commitHeaders: [], chain: [] }),
  (_self, truth) => ({ ...truth, commit: null, commitHeaders: [], chain: [], stable: null }),
  (self, truth) => shorter(truth, self.random.integer(0, truth.chain.length)),
  // Blocks that nobody has.
  (self, truth) => forged(truth, self.random.integer(0, truth.chain.length), truth.view - 1),
  (self, truth) => forged(truth, self.random.integer(0, truth.chain.length), 0),
];

/** A false view change, that can be verified like a true one. */
export function lie(self: ByzantineReplica, truth: ViewChange): ViewChange {
  let said = self.random.pick(LIES)(self, truth);
  if (self.random.chance(0.4)) said = self.random.pick(LIES)(self, said);
  return said;
}

/** Lies in every view change that it sends; `split` to each replica another way. */
export function falseViewChanges(split: boolean): Behaviour {
  const told = new Map<string, ViewChange>();
  return {
    outgoing: (self, to, message) => {
      if (message.type !== 'viewChange') return undefined;
      const { epoch, view } = message.viewChange;
      const key = `${String(epoch)} ${String(view)} ${split ? String(to) : ''}`;
      const said = told.get(key) ?? lie(self, message.viewChange);
      told.set(key, said);
      return [{ type: 'viewChange', viewChange: said, signature: self.sign(viewChangeStatement(said)) }];
    },
  };
}

/** Wants another view all the time, and calls every primary slow. */
export function restless(): Behaviour {
  return {
    everyMs: 40,
    tick: (self) => {
      const { view, epoch } = self;
      self.toAll({ type: 'suspect', epoch, view });
      if (!self.inner.isUp || !self.random.chance(0.3)) return;
      const own = self.inner.store.viewChange;
      const truth = own?.epoch === epoch ? own : null;
      const { certificate } = self.inner.store.stable;
      const viewChange: ViewChange = {
        epoch,
        lastNormalView: 0,
        stable: certificate?.epoch === epoch ? certificate : null,
        commit: null,
        commitHeaders: [],
        chain: [],
        ...(truth ?? {}),
        view: view + self.random.integer(1, 3),
      };
      self.toAll({ type: 'viewChange', viewChange, signature: self.sign(viewChangeStatement(viewChange)) });
    },
  };
}

/** The view change with the signature of the member of the coalition that makes it. */
export function signedLie(self: ByzantineReplica, replica: number, truth: ViewChange): SignedViewChange {
  const viewChange = lie(self, truth);
  return { replica, viewChange, signature: self.sign(viewChangeStatement(viewChange), replica) };
}

function shorter(truth: ViewChange, length: number): ViewChange {
  return { ...truth, chain: truth.chain.slice(0, length), commit: null, commitHeaders: [] };
}

/** The chain up to `length`, then a block that was never ordered. */
function forged(truth: ViewChange, length: number, lastNormalView: number): ViewChange {
  const kept = truth.chain.slice(0, length);
  const template = truth.chain[length] ?? truth.chain.at(-1);
  if (template === undefined) return truth;
  const below = kept.at(-1);
  const place = below === undefined ? template : { height: below.height + 1, previousHash: below.hash };
  if (below === undefined && length !== 0) return truth;
  const { hash: _hash, ...fields } = template;
  const invented: HashedHeader = hashed({
    ...fields,
    height: place.height,
    previousHash: place.previousHash,
    timeMs: Math.max(template.timeMs, below?.timeMs ?? 0) + 1,
  });
  return { ...truth, lastNormalView, chain: [...kept, invented], commit: null, commitHeaders: [] };
}
